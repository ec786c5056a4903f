"""The Debian packages: what is in them, what they depend on, and that their programs run.

debian_test.py CPACK BUILD [unittest arguments]
"""

import sys
import tempfile
import unittest
from pathlib import Path

from commands import run

CPACK, BUILD = sys.argv[1:3]


class DebianTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        scratch = tempfile.TemporaryDirectory()
        cls.addClassCleanup(scratch.cleanup)
        cls.folder = Path(scratch.name)
        run(CPACK, "--config", Path(BUILD) / "CPackConfig.cmake", "-G", "DEB", "-B", cls.folder / "made")
        made = (cls.folder / "made").glob("*.deb")
        cls.packages = {run("dpkg-deb", "--field", path, "Package").strip(): path for path in made}

    def unpack(self, name):
        root = Path(tempfile.mkdtemp(dir=self.folder))
        run("dpkg-deb", "--raw-extract", self.packages[name], root)
        return root

    def test_there_is_one_for_the_command_line_and_one_for_the_server(self):
        self.assertEqual(self.packages.keys(), {"skiff", "skiff-server"})

    def test_the_server_comes_with_unit_user_and_settings(self):
        root = self.unpack("skiff-server")
        files = {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()}
        self.assertEqual({name for name in files if not name.startswith("DEBIAN/md5sums")}, {
            "usr/bin/skiff-server", "usr/lib/systemd/system/skiff-server.service", "usr/share/doc/skiff-server/server.env",
            "usr/lib/sysusers.d/skiff-server.conf", "DEBIAN/control", "DEBIAN/postinst"})  # fmt: skip
        (root / "etc").mkdir()  # of a whole system
        run("systemd-sysusers", f"--root={root}", root / "usr/lib/sysusers.d/skiff-server.conf")
        self.assertIn("skiff-server:", (root / "etc/passwd").read_text())
        self.assertIn("libssl3", run("dpkg-deb", "--field", self.packages["skiff-server"], "Depends"))

    def test_their_programs_run(self):
        for name in self.packages:
            program = self.unpack(name) / "usr/bin" / name
            self.assertRegex(run(program, "--version"), r"\d+\.\d+\.\d+")


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]])
