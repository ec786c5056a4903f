"""Updates from a folder, as a USB stick has it: no byte over the network, and nothing believed that is not signed."""

import json
import shutil
import unittest

from case import FleetCase


class ImportTest(FleetCase):
    def setUp(self):
        super().setUp()
        self.stick = self.fleet.folder / "stick"
        shutil.copytree(self.fleet.repo / "metadata", self.stick / "metadata")
        self.file = self.stick / "targets" / self.delta.relative_to(self.fleet.repo / "targets")
        self.file.parent.mkdir(parents=True)
        shutil.copy(self.delta, self.file)
        delta = f"deltas/{self.delta.name.split('.', 1)[1]}"
        plan = {"v": 1, "plan": "delta", "release": "releases/two.img", "delta": delta, "poll_after": 0}
        (self.stick / "plan.json").write_text(json.dumps(plan))
        self.server.stop()

    def imported(self):
        """Imports; gives the exit code and what the agent said."""
        done = self.device.agent("import", self.stick)
        return done.returncode, done.stderr

    def check_refused(self, word):
        """Nothing of the device was touched, and what is wrong with the stick is named."""
        code, said = self.imported()
        self.assertEqual(code, self.device.FAILURE, said)
        self.assertIn(word, said)
        self.assertEqual(self.device.status()["state"], "IDLE")
        self.assertEqual(self.device.slots["B"].stat().st_size, 0)

    def test_a_stick_updates_a_device_without_a_network(self):
        code, said = self.imported()
        self.assertEqual(code, self.device.REBOOT, said)
        self.assertTrue(self.device.holds("B", self.two))
        self.assertEqual(self.device.boot(), "B")
        code, said = self.imported()
        self.assertEqual(code, self.device.OK, said)
        self.assertEqual(self.device.boot(), "B")
        self.assertEqual(self.device.status()["reports_waiting"], 1)
        self.assertEqual(self.proxy.connections, 0)

    def test_its_report_goes_to_the_server_that_is_back_and_then_from_the_device(self):
        self.assertEqual(self.imported()[0], self.device.REBOOT)
        self.device.boot()
        self.assertEqual(self.imported()[0], self.device.OK)
        server = self.fleet.start_server("--workers", "0")
        self.device.link(server.address[1])
        self.check_step(self.device.OK)
        self.assertEqual([report["outcome"] for report in server.reports()], ["committed"])
        self.assertEqual(self.device.status()["reports_waiting"], 0)
        self.assertEqual(list((self.device.folder / "state/reports").iterdir()), [])

    def test_a_delta_that_is_not_the_signed_one_is_given_up(self):
        content = bytearray(self.file.read_bytes())
        content[len(content) // 2] ^= 1
        self.file.write_bytes(content)
        code, said = self.imported()
        self.assertEqual(code, self.device.OK, said)
        self.assertIn("is not the one that was signed", said)
        self.check_untouched()

    def test_a_stick_that_lacks_something_is_refused_by_its_name(self):
        self.file.rename(self.file.with_suffix(".gone"))
        self.check_refused(self.file.name)
        self.file.write_bytes(b"short")
        self.check_refused("bytes long")
        (self.stick / "plan.json").unlink()
        self.check_refused("plan.json")

    def test_metadata_that_somebody_changed_is_refused(self):
        for path in (self.stick / "metadata").glob("*snapshot*.json"):
            path.write_text(path.read_text().replace('"version"', '"Version"', 1))
        self.check_refused("event=refused")


if __name__ == "__main__":
    unittest.main()
