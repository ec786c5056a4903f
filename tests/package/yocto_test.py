"""The Yocto recipe, as far as it can be judged without bitbake: the form of its lines, and that it names what the tree has."""

import hashlib
import re
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
RECIPE = ROOT / "packaging/yocto/skiff-agent.bb"

ASSIGNMENT = re.compile(r'([A-Za-z_]+(?::\$\{PN\})?) (\?=|\+=|=) "([^"]*)"')
OTHER = re.compile(r"#.*|inherit( [a-z]+)+|")


def shell_functions(text):
    """The bodies of the recipe's functions, by name, and the text without them."""
    function = re.compile(r"^(\w+)\(\) \{\n(.*?)^\}\n", re.MULTILINE | re.DOTALL)
    return dict(function.findall(text)), function.sub("", text)


class YoctoTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.functions, cls.lines = shell_functions(RECIPE.read_text())
        cls.values = {name: value for name, _, value in ASSIGNMENT.findall(cls.lines)}

    def test_every_line_is_one_that_bitbake_knows(self):
        for line in self.lines.splitlines():
            self.assertTrue(ASSIGNMENT.fullmatch(line) or OTHER.fullmatch(line), line)
        self.assertEqual(self.functions.keys(), {"do_install"})

    def test_the_licence_is_the_one_that_is_there(self):
        digest = hashlib.md5((ROOT / "LICENSE").read_bytes(), usedforsecurity=False).hexdigest()
        self.assertEqual(self.values["LIC_FILES_CHKSUM"], f"file://LICENSE;md5={digest}")

    def test_its_programs_units_and_account_are_the_agents(self):
        built = (ROOT / "agent/CMakeLists.txt").read_text()
        programs = re.findall(r"add_executable\((\S+)", built)
        self.assertEqual(sorted(self.values["OECMAKE_TARGET_COMPILE"].split()), sorted(programs))
        units = {path.name for path in (ROOT / "packaging").glob("*.service")} - {"skiff-server.service"}
        self.assertEqual(set(self.values["SYSTEMD_SERVICE:${PN}"].split()), units)
        _, account, _ = (ROOT / "packaging/skiff-agent.sysusers").read_text().split(maxsplit=2)
        self.assertTrue(self.values["USERADD_PARAM:${PN}"].endswith(f" {account}"))
        self.assertTrue((ROOT / self.values["SKIFF_SETTINGS"].removeprefix("${S}/")).exists())


if __name__ == "__main__":
    unittest.main()
