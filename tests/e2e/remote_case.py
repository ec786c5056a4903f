"""What the tests of skiff against a server share: a server with a port for operators, and who skiff is there."""

import os

from case import FleetCase
from operators import Operators
from programs import run, run_well

OK, FAILURE, USAGE = 0, 1, 2
PASSWORD = "correct horse battery"


class RemoteCase(FleetCase):
    server_options = ("--operator-listen", "127.0.0.1:0")

    def setUp(self):
        super().setUp()
        self.operators = Operators(self.fleet, self.server)
        self.config = self.fleet.folder / "config"
        self.url = f"https://localhost:{self.operators.port}"
        self.environment = {**os.environ, "XDG_CONFIG_HOME": str(self.config), "NO_PROXY": "*", "no_proxy": "*"}
        for name in ("SKIFF_SERVER", "SKIFF_TOKEN", "SKIFF_CA"):
            self.environment.pop(name, None)

    def skiff(self, *words, **options):
        return run(self.fleet.programs.skiff, *words, env={**self.environment, **options.pop("env", {})}, **options)

    def skiff_well(self, *words, **options):
        done = self.skiff(*words, **options)
        self.assertEqual(done.returncode, OK, f"{words}: {done.stderr}")
        return done.stdout

    def check_refused(self, *words, code=FAILURE, says="", **options):
        done = self.skiff(*words, **options)
        self.assertEqual((done.returncode, done.stdout), (code, ""), done.stderr)
        self.assertIn(says, done.stderr)

    def user(self, name, role):
        """A user with a password."""
        state = ("--state", self.operators.state)
        for verb in (("add", name), ("grant", name, role)):
            run_well(self.fleet.programs.server, "user", *verb, *state)
        run_well(self.fleet.programs.server, "user", "password", name, *state, input=PASSWORD + "\n")

    def log_in(self, name="ada", role="admin"):
        self.user(name, role)
        self.skiff_well("login", self.url, "--ca", self.operators.ca, input=f"{name}\n{PASSWORD}\n\n")

    def as_program(self, role="releaser"):
        """From here on skiff is a program with a token."""
        token = self.operators.token("ci", role)
        self.environment |= {"SKIFF_SERVER": self.url, "SKIFF_TOKEN": token, "SKIFF_CA": str(self.operators.ca)}
        self.secrets.add(token)
