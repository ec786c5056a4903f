"""What the tests of whole updates share: a fleet with two releases, a delta between them, a server and a proxy."""

import re
import shutil
import tempfile
import unittest
from pathlib import Path

import images
from fleet import Fleet
from programs import programs
from testbed import Testbed

BASE_BLOCKS, NEW_BLOCKS = 1024, 384


def private_words(folder):
    """What the private keys below a folder consist of: lines of PEM, seeds in hexadecimal."""
    words = set()
    for path in [*folder.rglob("*.key"), *folder.rglob("*.pem")]:
        text = path.read_text(errors="replace")
        blocks = re.findall(r"-----BEGIN [A-Z ]*PRIVATE KEY-----(.*?)-----END", text, re.DOTALL)
        words.update(line for block in blocks for line in block.split() if len(line) >= 16)
        words.update(re.findall(r'"seed":"([0-9a-f]+)"', text))
    return words


class FleetCase(unittest.TestCase):
    """Each test has a fleet of its own, copied from one that is made once."""

    server_options = ()
    diff_options = ()  # of `skiff diff`, for the delta between both releases
    host = "127.0.0.1"  # where servers listen

    @classmethod
    def setUpClass(cls):
        scratch = tempfile.TemporaryDirectory()
        cls.addClassCleanup(scratch.cleanup)
        cls.template = Path(scratch.name)
        fleet = Fleet(programs(), cls.template, host=cls.host)
        base, revised = cls.make_images()
        one = fleet.write_image("one.img", base)
        two = fleet.write_image("two.img", revised)
        fleet.release(one)
        fleet.release(two)
        cls.delta_name = fleet.add_delta(one, two, *cls.diff_options).relative_to(cls.template)

    @classmethod
    def make_images(cls):
        """The images of both releases."""
        base = images.image(10, BASE_BLOCKS)
        return base, images.revised(base, 11, NEW_BLOCKS)

    def slots(self):
        """The device's two slots; None: files."""
        return None

    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        shutil.copytree(self.template, scratch.name, dirs_exist_ok=True)
        self.fleet = Fleet(programs(), scratch.name, host=self.host)
        self.secrets = set()  # what this test knows, and no log may have
        self.addCleanup(self.check_logs_tell_no_secret)
        self.addCleanup(self.fleet.close)
        self.one, self.two = self.fleet.folder / "one.img", self.fleet.folder / "two.img"
        self.delta = self.fleet.folder / self.delta_name
        # The deltas these tests need are there, so that none waits for the server's workers.
        self.testbed = Testbed(self.fleet, self.one, "--workers", "0", *self.server_options, slots=self.slots())
        self.addCleanup(self.testbed.close)
        self.server, self.proxy, self.device = self.testbed.server, self.testbed.proxy, self.testbed.device

    def check_logs_tell_no_secret(self):
        logs = "".join(path.read_text(errors="replace") for path in self.fleet.folder.rglob("*.log"))
        words = private_words(self.fleet.folder)
        self.assertTrue(words and logs, "there were no keys or no logs to compare")
        for word in words | self.secrets:
            self.assertNotIn(word, logs)

    def check_step(self, code):
        """One step of the agent ends with this exit code."""
        self.assertEqual(self.device.once(), code, self.device.log())

    def check_untouched(self):
        """The device still boots what it booted, and that is release one."""
        self.assertEqual(self.device.boot(), "A")
        self.assertTrue(self.device.holds("A", self.one))

    def check_given_up(self, reason):
        """One step of the agent begins the update and gives it up before anything is armed; the server is told why."""
        self.check_step(self.device.OK)
        self.check_untouched()
        self.assertEqual(self.device.status()["boot"]["B"], "bad")
        report = self.server.reports()[-1]
        self.assertEqual(report["outcome"], "failed")
        self.assertIn(reason, report["reason"])

    def check_updates(self):
        """From here on the update goes through to its commit."""
        self.check_step(self.device.REBOOT)
        self.assertTrue(self.device.holds("B", self.two))
        self.assertEqual(self.device.boot(), "B")
        self.check_step(self.device.OK)
        self.assertEqual(self.device.boot(), "B")
