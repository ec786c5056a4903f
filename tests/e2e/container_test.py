"""packaging/Dockerfile, as far as it goes without a registry: its form, and its command on a root that is read-only, as its user."""

import json
import os
import re
import subprocess
import unittest
from pathlib import Path

from case import FleetCase
from programs import TIMEOUT, run, run_well

DOCKERFILE = Path(__file__).resolve().parents[2] / "packaging" / "Dockerfile"

# Everything is read-only but the volume; the user has no rights, and gets none.
CONTAINER = """
mount --bind "$1" "$1"
for place in $(findmnt --noheadings --raw --output TARGET | sort); do
  case $place in "$1"|/proc*|/dev*|/sys*) ;; *) mount -o remount,bind,ro "$place" || true ;; esac
done
cd /
if touch "$2/probe" 2>/dev/null; then echo "the root can be written"; exit 1; fi
exec setpriv --reuid "$3" --regid "$3" --clear-groups --no-new-privs --bounding-set=-all "${@:4}"
"""


def instructions():
    """(name, the rest) of each instruction, continuation lines joined."""
    text = re.sub(r"(?m)^#.*\n", "", DOCKERFILE.read_text())
    lines = [line for line in text.replace("\\\n", " ").splitlines() if line.strip()]
    return [tuple(line.split(None, 1)) for line in lines]


class ContainerTest(FleetCase):
    server_options = ()

    def test_it_has_the_form_that_it_should(self):
        known = {"FROM", "WORKDIR", "COPY", "RUN", "USER", "VOLUME", "EXPOSE", "ENTRYPOINT", "CMD"}
        self.assertLessEqual({name for name, _ in instructions()}, known)
        stages = [rest for name, rest in instructions() if name == "FROM"]
        self.assertEqual(stages, ["debian:12-slim AS build", "debian:12-slim"])
        for name, rest in instructions():
            if name == "RUN":
                self.assertEqual(run("sh", "-nc", rest).returncode, 0, rest)
            if "apt-get install" in rest:
                self.assertIn("--no-install-recommends", rest)
                self.assertIn("rm -rf /tmp/*.deb /var/lib/apt/lists/*", rest)
            if name in ("ENTRYPOINT", "CMD", "VOLUME"):
                self.assertIsInstance(json.loads(rest), list)  # no shell between
        users = [rest for name, rest in instructions() if name == "USER"]
        self.assertEqual(len(users), 1)
        self.assertRegex(users[0], r"^[1-9]\d+:[1-9]\d+$")

    @unittest.skipIf(os.geteuid() != 0 or run("unshare", "--mount", "true").returncode, "needs a mount namespace")
    def test_its_command_serves_on_a_read_only_root_without_rights(self):
        self.server.stop()
        rest = dict(instructions())
        command = json.loads(rest["ENTRYPOINT"]) + json.loads(rest["CMD"])
        user = rest["USER"].split(":")[0]
        volume = self.fleet.folder / "volume"
        volume.mkdir()
        self.fleet.repo.rename(volume / "repo")
        run_well("chown", "-R", user, volume, self.fleet.online_keys, self.fleet.ca)
        self.fleet.folder.chmod(0o755)
        replaced = {
            "skiff-server": str(self.fleet.programs.server),
            "/etc/skiff/online-keys": str(self.fleet.online_keys),
            "/etc/skiff/ca": str(self.fleet.ca),
            "0.0.0.0:8443": "127.0.0.1:0",
        }
        words = [replaced.get(word, word.replace("/var/lib/skiff-server", str(volume))) for word in command]
        with (self.fleet.folder / "container.log").open("w") as log:
            server = subprocess.Popen(
                ["unshare", "--mount", "--propagation", "private", "bash", "-euc", CONTAINER, "bash", volume,
                 self.fleet.folder, user, *words], stdout=log, stderr=log)  # fmt: skip
        self.addCleanup(server.wait, TIMEOUT)
        self.addCleanup(server.terminate)
        log = self.fleet.folder / "container.log"
        while "event=started" not in log.read_text():
            self.assertIsNone(server.poll(), log.read_text())
            os.sched_yield()
        port = int(re.search(r"\bport=(\d+)", log.read_text()).group(1))
        self.device.link(port)
        self.assertEqual(self.device.once(), self.device.REBOOT, self.device.log() + log.read_text())
        self.assertTrue((volume / "state" / "skiff.sqlite").stat().st_uid == int(user))


if __name__ == "__main__":
    unittest.main()
