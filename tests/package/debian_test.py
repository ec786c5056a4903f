"""The Debian packages: what is in them, what they depend on, and that their programs run.

debian_test.py CPACK BUILD [unittest arguments]
"""

import subprocess
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

    def files(self, root):
        names = {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()}
        return {name for name in names if not name.startswith("DEBIAN/md5sums")}

    def check_account(self, root, name):
        (root / "etc").mkdir()  # of a whole system
        run("systemd-sysusers", f"--root={root}", root / f"usr/lib/sysusers.d/{name}.conf")
        self.assertIn(f"{name}:", (root / "etc/passwd").read_text())
        self.assertIn(f"systemd-sysusers {name}.conf", (root / "DEBIAN/postinst").read_text())

    def test_there_is_one_for_each_of_the_command_line_the_server_and_the_agent(self):
        self.assertEqual(self.packages.keys(), {"skiff", "skiff-server", "skiff-agent"})

    def test_the_server_comes_with_unit_user_and_settings(self):
        root = self.unpack("skiff-server")
        self.assertEqual(self.files(root), {
            "usr/bin/skiff-server", "usr/lib/systemd/system/skiff-server.service", "usr/share/doc/skiff-server/server.env",
            "usr/lib/sysusers.d/skiff-server.conf", "DEBIAN/control", "DEBIAN/postinst"})  # fmt: skip
        self.check_account(root, "skiff-server")
        self.assertIn("libssl3", run("dpkg-deb", "--field", self.packages["skiff-server"], "Depends"))

    def test_the_agent_comes_with_its_processes_units_and_account(self):
        root = self.unpack("skiff-agent")
        units = ("skiff-agent.service", "skiff-warden.service", "skiff-trial.service")
        self.assertEqual(self.files(root), {
            "usr/bin/skiff-agent", "usr/bin/skiff-decode", "usr/bin/skiff-warden", "usr/libexec/skiff-trial",
            *(f"usr/lib/systemd/system/{unit}" for unit in units), "usr/lib/systemd/system.conf.d/skiff-watchdog.conf",
            "usr/lib/sysusers.d/skiff-agent.conf", "usr/share/doc/skiff-agent/agent.json", "DEBIAN/control",
            "DEBIAN/postinst"})  # fmt: skip
        self.check_account(root, "skiff-agent")
        run("systemctl", f"--root={root}", "enable", "skiff-agent.service")
        enabled = {path.name for path in (root / "etc/systemd/system").rglob("*.service")}
        self.assertEqual(enabled, {"skiff-agent.service", "skiff-trial.service"})
        self.assertIn("libseccomp2", run("dpkg-deb", "--field", self.packages["skiff-agent"], "Depends"))
        settings = root / "usr/share/doc/skiff-agent/agent.json"
        done = subprocess.run([root / "usr/bin/skiff-agent", "status", "--config", settings], capture_output=True, text=True, check=False)
        self.assertNotIn("config:", done.stderr, "the example is a configuration")

    def test_their_programs_run(self):
        for name in self.packages:
            program = self.unpack(name) / "usr/bin" / name
            self.assertRegex(run(program, "--version"), r"\d+\.\d+\.\d+")


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]])
