"""skiff against a server: logging in, and every verb once."""

import json
import sqlite3
import stat
import unittest

from programs import TIMEOUT, run_well
from remote_case import PASSWORD, USAGE, RemoteCase


class RemoteTest(RemoteCase):
    def test_a_login_is_kept_for_its_owner_alone_and_ends(self):
        self.check_refused("device", "list", code=USAGE, says="skiff login")
        self.user("ada", "admin")
        self.check_refused("login", self.url, "--ca", self.operators.ca, "--user", "ada", input="wrong password\n", says="the server: no such user")
        self.skiff_well("login", self.url, "--ca", self.operators.ca, "--user", "ada", input=PASSWORD + "\n")
        kept = self.config / "skiff" / "login.json"
        self.assertEqual(stat.S_IMODE(kept.stat().st_mode), 0o600)
        self.assertEqual(stat.S_IMODE(kept.parent.stat().st_mode), 0o700)
        self.assertNotIn(PASSWORD, kept.read_text())
        token = json.loads(kept.read_text())["token"]
        self.secrets |= {token, PASSWORD}
        self.skiff_well("user", "list")
        self.skiff_well("logout")
        self.assertFalse(kept.exists())
        self.assertEqual(self.operators.get(token, "/v1/users")[0], 401)
        self.check_refused("logout", code=USAGE, says="skiff login")

    def test_a_login_that_ran_out_says_so(self):
        self.log_in()
        kept = self.config / "skiff" / "login.json"
        with sqlite3.connect(self.server.database, timeout=TIMEOUT) as database:
            database.execute("UPDATE tokens SET expires = 1")
        self.check_refused("device", "list", says="the server: no token, or one that is unknown or has expired")
        kept.write_text(json.dumps({**json.loads(kept.read_text()), "expires": 1}))
        self.check_refused("device", "list", says="has run out")
        self.skiff_well("logout")

    def test_nobody_else_is_taken_for_the_server(self):
        self.as_program()
        run_well(self.fleet.programs.server, "ca", "init", self.fleet.folder / "other-ca")
        for ca in (str(self.fleet.folder / "other-ca" / "server-ca.pem"), ""):
            self.check_refused("device", "list", env={"SKIFF_CA": ca}, says="certificate")
        self.check_refused("device", "list", env={"SKIFF_TOKEN": ""}, code=USAGE, says="SKIFF_TOKEN")
        self.check_refused("device", "list", env={"SKIFF_SERVER": self.url.replace("https", "http")}, code=USAGE, says="https://")
        self.server.stop()
        self.check_refused("device", "list", says="localhost")

    def test_every_list_is_a_table_or_what_the_api_answers(self):
        self.log_in()
        self.assertEqual(self.device.once(), self.device.REBOOT, self.device.log())
        self.skiff_well("deploy", "create", "--release", "releases/two.img")
        for words, path in (
            (("device", "list"), "/v1/devices"),
            (("user", "list"), "/v1/users"),
            (("deploy", "list"), "/v1/deployments"),
            (("audit", "list"), "/v1/audit"),
            (("release", "list"), "/v1/releases"),
        ):
            answered = json.loads(self.skiff_well(*words, "--json"))
            self.assertEqual(answered["v"], 1)
            name = next(iter(answered.keys() - {"v"}))
            heading, *lines = self.skiff_well(*words).splitlines()
            self.assertTrue(set(heading.split("\t")) <= answered[name][0].keys(), heading)
            self.assertGreaterEqual(len(lines), len(answered[name]), path)
            self.assertGreater(len(lines), 0)
        self.assertEqual(json.loads(self.skiff_well("device", "claims", "--json")), {"v": 1, "claims": []})
        self.assertEqual(json.loads(self.skiff_well("release", "uploads", "--json")), {"v": 1, "uploads": []})

    def test_deployments_are_run(self):
        self.log_in()
        run_well(self.fleet.programs.server, "group", "create", "labs", "--filter", "hardware=gw1", "--protected", "--state", self.operators.state)
        reach = ("--release", "releases/two.img", "--group", "labs")
        number = self.skiff_well("deploy", "create", *reach, "--phases", "1 100%", "--window", "22:00-04:00", "--attempts", 2, "--retry-after", 60).strip()
        self.assertEqual(number, "1")
        cost = self.skiff_well("deploy", "cost", *reach).splitlines()
        self.assertEqual([line.split("\t")[0] for line in cost], ["group", "(all)", "labs"])
        self.assertEqual(json.loads(self.skiff_well("deploy", "cost", *reach, "--json"))["v"], 1)
        for verb, state in (("pause", "paused"), ("resume", "running"), ("abort", "aborted")):
            self.skiff_well("deploy", verb, number, "--reason", "rain")
            deployment = json.loads(self.skiff_well("deploy", "list", "--json"))["deployments"][0]
            self.assertEqual((deployment["state"], deployment["phases"]), (state, "1 100%"))
        self.check_refused("deploy", "approve", number, "--group", "labs", says="the server: ")
        self.as_program()
        self.assertEqual(self.skiff_well("deploy", "create", *reach).strip(), "2")
        self.log_in("bob", "releaser")
        self.environment.pop("SKIFF_SERVER")
        self.skiff_well("deploy", "approve", 2, "--group", "labs")
        self.check_refused("deploy", "create", "--release", "releases/no.img", says="no published release is named releases/no.img")
        self.check_refused("deploy", "create", *reach, "--phases", "5", says="phases")
        self.check_refused("deploy", "create", code=USAGE, says="--release")

    def test_devices_users_and_the_audit_log(self):
        self.log_in()
        self.skiff_well("device", "accept", "SN-7")
        for verb, admission in (("reject", "rejected"), ("decommission", "decommissioned")):
            self.skiff_well("device", verb, "SN-7")
            listed = json.loads(self.skiff_well("device", "list", "--json"))["devices"]
            self.assertIn(("SN-7", admission), [(device["serial"], device["admission"]) for device in listed])
        self.check_refused("device", "accept", "SN-7", "--key", "none", says="makes no claim on SN-7")
        self.check_refused("device", "accept", "a/b", says="serial must be a serial")
        self.skiff_well("user", "add", "cy")
        self.skiff_well("user", "grant", "cy", "operator", "--group", "labs")
        users = {user["user"]: user for user in json.loads(self.skiff_well("user", "list", "--json"))["users"]}
        self.assertEqual(users["cy"]["grants"], [{"group": "labs", "role": "operator"}])
        self.skiff_well("user", "revoke", "cy", "operator", "--group", "labs")
        self.skiff_well("user", "disable", "cy")
        self.assertIn("cy\tyes", self.skiff_well("user", "list"))
        head = self.skiff_well("audit", "head").strip()
        self.assertRegex(head, r"^\d+:[0-9a-f]{64}$")
        run_well(self.fleet.programs.server, "audit", "verify", "--state", self.operators.state, "--noted", head)
        self.assertIn("/v1/users/disable\tcy\tallowed", self.skiff_well("audit", "list"))
        self.as_program("viewer")
        self.check_refused("user", "add", "dan", says="the server: no grant of ci allows this")


if __name__ == "__main__":
    unittest.main()
