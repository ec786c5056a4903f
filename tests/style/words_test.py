"""The word check finds what it should and leaves ordinary terms alone."""

import unittest

import words


class WordsTest(unittest.TestCase):
    def test_unfinished_work_is_found(self):
        for line in ("// TODO: later", "# FIXME", "XXX"):
            self.assertEqual(len(words.check_text("f", line)), 1, line)

    def test_package_hosts_are_found(self):
        for host in ("deb.debian.org", "security.debian.org", "registry.npmjs.org", "pypi.org", "crates.io"):
            self.assertEqual(len(words.check_text("f", f"get http://{host}/x")), 1, host)

    def test_talk_about_the_work_is_found(self):
        for line in ("as issue #12 asks", "an LLM wrote", "see /work/shared/design", "asked by the brief"):
            self.assertEqual(len(words.check_text("f", line)), 1, line)

    def test_terms_of_the_field_are_left_alone(self):
        text = "a TLS session\nissue a certificate\nmkstemp XXXXXX\na prompt answer\ndebian package\ntasks of a pool\n"
        self.assertEqual(words.check_text("f", text), [])

    def test_catch_all_file_names_are_found(self):
        for name in ("a/util.hpp", "b/string_utils.cpp", "job_manager.cpp", "misc.py", "test-helper.py"):
            self.assertEqual(len(words.check_name(name)), 1, name)
        for name in ("utility_meter.cpp", "manage.cpp", "common_run.hpp"):
            self.assertEqual(words.check_name(name), [], name)


if __name__ == "__main__":
    unittest.main()
