"""skiff against a server: logging in, and every verb once."""

import http.client
import json
import sqlite3
import ssl
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
        self.skiff_well("group", "create", "labs")
        self.skiff_well("budget", "set", "devices", "labs", "--bytes", 5)
        self.secrets |= set(self.skiff_well("webhook", "add", "https://hooks.example/").split()[1:])
        self.raise_alarm()
        for words, path in (
            (("device", "list"), "/v1/devices"),
            (("device", "claims"), "/v1/claims"),
            (("user", "list"), "/v1/users"),
            (("deploy", "list"), "/v1/deployments"),
            (("audit", "list"), "/v1/audit"),
            (("release", "list"), "/v1/releases"),
            (("group", "list"), "/v1/groups"),
            (("budget", "list"), "/v1/budgets"),
            (("webhook", "list"), "/v1/webhooks"),
            (("token", "list"), "/v1/tokens"),
            (("alarm", "list"), "/v1/alarms"),
            (("delta", "list"), "/v1/deltas"),
        ):
            answered = json.loads(self.skiff_well(*words, "--json"))
            self.assertEqual(answered["v"], 1)
            name = next(iter(answered.keys() - {"v"}))
            heading, *lines = self.skiff_well(*words).splitlines()
            self.assertTrue(set(heading.split("\t")) <= answered[name][0].keys(), heading)
            self.assertGreaterEqual(len(lines), len(answered[name]), path)
            self.assertGreater(len(lines), 0)
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

    def raise_alarm(self):
        """A key says that it is a device which has another."""
        self.device.once()
        key, certificate = self.device.folder / "other.pem", self.device.folder / "other.crt"
        issue = ("--serial", "device-1", "--out", certificate, "--key", key)
        run_well(self.fleet.programs.server, "ca", "issue", self.fleet.ca, *issue)
        context = ssl.create_default_context(cafile=self.operators.ca)
        context.load_cert_chain(certificate, key)
        connection = http.client.HTTPSConnection("localhost", self.server.address[1], context=context, timeout=TIMEOUT)
        connection.request("GET", "/v1/metadata/timestamp.json")
        self.assertEqual(connection.getresponse().status, 403)
        connection.close()

    def test_groups_and_budgets(self):
        self.log_in()
        self.skiff_well("group", "create", "labs", "--metered")
        self.skiff_well("group", "add", "labs", "SN-1", "SN-2", "SN-3")
        self.skiff_well("group", "take", "labs", "SN-1", "SN-3")
        self.skiff_well("device", "accept", "SN-2")
        self.assertEqual(self.skiff_well("group", "list"), "name\tdevices\tprotected\tmetered\tfilter\nlabs\t1\tno\tyes\t\n")
        self.check_refused("group", "take", "labs", "SN-9", says="group labs: it does not list SN-9")
        self.check_refused("group", "create", "labs", "--filter", "pets=cat", says="filter: 'pets=cat'")
        self.check_refused("group", "add", "labs", code=USAGE, says="SERIAL")
        self.skiff_well("budget", "set", "devices", "labs", "--bytes", 5_000_000)
        self.skiff_well("budget", "set", "group", "", "--bytes", 7, "--period", "day")
        number = self.skiff_well("deploy", "create", "--release", "releases/two.img").strip()
        self.skiff_well("budget", "set", "deployment", number, "--bytes", 9, "--period", "all")
        listed = [line.split("\t")[:5] for line in self.skiff_well("budget", "list").splitlines()[1:]]
        self.assertEqual(listed, [["deployment", "", number, "all", "9"], ["devices", "labs", "0", "month", "5000000"], ["group", "", "0", "day", "7"]])
        self.skiff_well("budget", "remove", "deployment", number, "--period", "all")
        self.check_refused("budget", "remove", "devices", "labs", "--period", "day", says="there is no such budget")
        self.check_refused("budget", "set", "pets", "labs", "--bytes", 1, says="a budget is of devices, group or deployment")
        self.check_refused("budget", "set", "deployment", "labs", "--bytes", 1, code=USAGE, says="'labs' is not the number of a deployment")
        self.check_refused("budget", "set", "devices", "labs", code=USAGE, says="--bytes")
        self.skiff_well("group", "create", "vault", "--protected")
        self.check_refused("group", "remove", "vault", says="group vault is protected")
        self.skiff_well("group", "remove", "labs")
        self.as_program("operator")
        self.check_refused("group", "create", "mine", says="the server: no grant of ci allows this")
        self.check_refused("budget", "set", "group", "vault", "--bytes", 1, says="the server: no grant of ci allows this")

    def test_a_metered_link_waits_for_leave_to_fetch_a_full_image(self):
        self.log_in()
        odd = self.fleet.write_image("odd.img", b"an image that nobody released" * 1000)
        newcomer = self.fleet.device("device-2", odd, self.proxy.port)
        self.skiff_well("group", "create", "far", "--filter", "serial=device-2", "--metered")
        reach = ("--release", "releases/two.img", "--group", "far")
        self.assertEqual(json.loads(self.skiff_well("deploy", "create", *reach, "--json"))["id"], 1)
        self.assertEqual(newcomer.once(), self.device.OK, newcomer.log())
        reason = "its link is metered, and nothing allows a full image: the image that it runs is no release's"
        self.assertIn(f"device-2\t{reason}", self.skiff_well("deploy", "show", 1))
        self.assertIn(reason, self.skiff_well("device", "list"))
        costs = [json.loads(self.skiff_well("deploy", "cost", *reach, *more, "--json"))["all"] for more in ((), ("--allow-full",))]
        self.assertEqual([cost["held"] for cost in costs], [1, 0])
        self.assertEqual(self.server.logged("plan=wait"), [])
        self.skiff_well("deploy", "create", *reach, "--allow-full")
        newcomer.once()
        self.server.wait_for("check-in", "serial=device-2", "plan=wait")  # the full image is still to be made
        shown = self.skiff_well("deploy", "show", 2)
        self.assertIn("allow_full\tyes", shown)
        self.assertNotIn(reason, shown)

    def test_lists_come_in_pages_and_deltas_are_cancelled_and_tried_again(self):
        self.log_in()
        first = json.loads(self.skiff_well("release", "list", "--limit", 1, "--json"))
        self.assertEqual([release["release"] for release in first["releases"]], ["releases/one.img"])
        second = json.loads(self.skiff_well("release", "list", "--limit", 1, "--after", first["next"], "--json"))
        self.assertEqual([release["release"] for release in second["releases"]], ["releases/two.img"])
        self.assertNotIn("next", second)
        self.check_refused("device", "list", "--limit", -1, says="limit must be")
        delta = json.loads(self.skiff_well("delta", "list", "--json"))["deltas"][0]
        self.assertEqual((delta["state"], delta["release"]), ("queued", "releases/two.img"))
        pair = (delta["base"], delta["result"])
        self.skiff_well("delta", "cancel", *pair)
        self.assertIn("cancelled by ada", self.skiff_well("delta", "list"))
        self.check_refused("delta", "cancel", *pair, says="the job is abandoned")
        self.skiff_well("delta", "retry", *pair)
        self.check_refused("delta", "retry", *pair, says="the job is queued")
        self.check_refused("delta", "retry", "none", "none", says="base must be")

    def test_webhooks_tokens_and_alarms(self):
        self.log_in()
        number, secret = self.skiff_well("webhook", "add", "https://hooks.example/a-secret-path", "--event", "alarm.*", "--event", "update.failed").split()
        self.secrets |= {secret}
        self.assertIn(f"{number}\tactive\thttps://hooks.example/a-secret-path\talarm.* update.failed", self.skiff_well("webhook", "list"))
        self.assertRegex(self.skiff_well("webhook", "test", number), r"^msg_[0-9a-f]{32}\n$")
        self.skiff_well("webhook", "remove", number)
        self.check_refused("webhook", "remove", number, says="the server: there is no webhook")
        self.check_refused("webhook", "add", "ftp://hooks.example/", says="https://")
        for role in ("viewer", "auditor"):
            self.skiff_well("user", "grant", "ada", role)
        token = self.skiff_well("token", "issue", "--days", 3, "--role", "viewer", "--role", "auditor").strip()
        self.secrets.add(token)
        self.assertEqual(self.operators.get(token, "/v1/audit")[0], 200)
        self.assertEqual(self.operators.get(token, "/v1/webhooks")[0], 403)
        issued = next(line.split("\t") for line in self.skiff_well("token", "list").splitlines() if "\ttoken\t" in line)
        self.assertEqual(issued[2], "viewer auditor")
        self.skiff_well("token", "revoke", issued[0])
        self.assertEqual(self.operators.get(token, "/v1/audit")[0], 401)
        self.check_refused("token", "issue", "--role", "king", says="roles must be names of roles")
        self.raise_alarm()
        kind, subject = self.skiff_well("alarm", "list").splitlines()[1].split("\t")[1:3]
        self.assertEqual((kind, subject), ("duplicate-identity", "device-1"))
        self.skiff_well("alarm", "clear", kind, subject)
        self.check_refused("alarm", "clear", kind, subject, says="there is no such alarm")
        self.as_program()
        self.check_refused("token", "issue", says="only a session may do this, not a token")


if __name__ == "__main__":
    unittest.main()
