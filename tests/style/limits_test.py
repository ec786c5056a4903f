"""The length check counts what it should, and refuses what is too long."""

import tempfile
import unittest
from pathlib import Path

import limits


def lengths(code):
    return [length for _, length in limits.cxx_functions(code)]


class LimitsTest(unittest.TestCase):
    def test_a_function_is_counted_from_its_head_to_its_brace(self):
        self.assertEqual(limits.cxx_functions("\nint f(int a,\n      int b) {\n  return a;\n}\n"), [(2, 4)])

    def test_members_constructors_operators_and_templates_are_functions(self):
        code = (
            "namespace a {\nclass B : public C {\n public:\n  B() : x_(1), y_(f(2)) {}\n"
            "  [[nodiscard]] int size() const noexcept override { return x_; }\n"
            "  bool operator==(const B& b) const { return true; }\n};\n"
            "template <typename T>\nauto g(T t) -> std::vector<int> {\n  return {};\n}\n}\n"
        )
        self.assertEqual(lengths(code), [1, 1, 1, 4])

    def test_types_tables_and_namespaces_are_not(self):
        code = "struct S {\n  int a = 1;\n};\nenum class E { kA };\nconstexpr int kT[] = {1, 2};\nextern \"C\" {\n}\n"
        self.assertEqual(lengths(code), [])

    def test_braces_of_a_constructors_initialisers_are_not_its_body(self):
        self.assertEqual(lengths("B::B(int a)\n    : x_{a}, y_{1} {\n  f();\n}\nint z{1};\nvoid g() {}\n"), [4, 1])

    def test_inner_braces_belong_to_the_outer_function(self):
        code = "void f() {\n  auto g = [&](int x) {\n    if (x) { h(); }\n  };\n  struct L {\n    void m() {}\n  };\n}\n"
        self.assertEqual(lengths(code), [8])

    def test_braces_in_text_and_comments_do_not_count(self):
        code = 'void f() {\n  // {\n  g("{", \'{\', R"x({{)x");\n  int n = 1\'000; /* { */\n}\nvoid h() {}\n'
        self.assertEqual(lengths(code), [5, 1])

    def test_test_macros_are_functions(self):
        self.assertEqual(lengths("TEST(Cursor, Reads) {\n  EXPECT_TRUE(x);\n}\n"), [3])

    def test_python_functions_are_counted(self):
        self.assertEqual(limits.python_functions("def f():\n    a = 1\n    return a\n"), [(1, 3)])

    def test_long_files_and_functions_are_problems(self):
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder)
            (root / "long.cpp").write_text("int a;\n" * (limits.MAX_FILE_LINES + 1))
            (root / "deep.hpp").write_text("void f() {\n" + "  g();\n" * limits.MAX_FUNCTION_LINES + "}\n")
            (root / "fine.hpp").write_text("void f() {\n" + "  g();\n" * (limits.MAX_FUNCTION_LINES - 2) + "}\n")
            problems, _, _ = limits.measure(root)
        self.assertEqual(len(problems), 2)
        self.assertTrue(problems[0].startswith("deep.hpp:1:"))
        self.assertTrue(problems[1].startswith("long.cpp:"))


if __name__ == "__main__":
    unittest.main()
