"""The report of delta tools: the smallest peer is found, ratios are right, and the picture is well-formed."""

import unittest
from xml.etree import ElementTree

import picture
import report
from cost import Cost

COST = Cost(1.5, 3 << 20)


def section(pair, ours, *others):
    rows = [report.Row("Skiff", True, ours, COST, COST)]
    rows += [report.Row(f"other {i}", False, size, size and COST, size and COST, "failed") for i, size in enumerate(others)]
    return report.Section(pair, 1000, 2000, rows)


class ReportTest(unittest.TestCase):
    def test_the_table_shows_each_tool_and_why_one_has_no_delta(self):
        table = report.table(section("p", 200, None))
        self.assertIn("| **Skiff** | 200 | 10.00 % | 1.500 | 3.0 | 1.500 | 3.0 |", table)
        self.assertIn("| other 0 | failed |", table)

    def test_the_summary_compares_with_the_smallest_of_the_others(self):
        summary = report.summary([section("p", 200, 500, 400, None)])
        self.assertIn("| p | 200 | 400 | other 1 | 0.50 |", summary)

    def test_the_mean_of_the_ratios_is_geometric(self):
        summary = report.summary([section("p", 100, 400), section("q", 400, 400)])
        self.assertIn("| **0.50** |", summary)

    def test_a_summary_row_has_as_many_cells_as_its_head(self):
        lines = report.summary([section("p", 100, 400)]).splitlines()
        self.assertEqual({line.count("|") for line in lines}, {lines[0].count("|")})

    def test_the_picture_has_a_mark_for_each_delta_in_each_panel(self):
        root = ElementTree.fromstring(picture.draw([section("p<", 200, 400, None)]))
        titles = [element.text for element in root.iter("{http://www.w3.org/2000/svg}title")]
        self.assertEqual(sorted(titles), ["Skiff"] * 5 + ["other 0"] * 5)

    def test_smaller_costs_lie_further_left(self):
        scale = picture.Scale([0.5, 200], 100)
        self.assertLess(scale.x(0.5), scale.x(200))
        self.assertEqual(scale.ticks()[0], 0.1)


if __name__ == "__main__":
    unittest.main()
