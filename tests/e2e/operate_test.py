"""A device enrols, waits for a person, is updated by a deployment, and comes to its end; everything through the programs and ports."""

import json
import os
import re
import signal
import subprocess
import time
import unittest

from case import FleetCase
from operators import Operators
from programs import TIMEOUT, run, run_well

SERIAL = "device-2"


class OperateTest(FleetCase):
    server_options = ("--enrol-listen", "127.0.0.1:0", "--operator-listen", "127.0.0.1:0", "--deployments-only")

    def setUp(self):
        super().setUp()
        self.state = self.fleet.folder / "server-state"
        self.operators = Operators(self.fleet, self.server)
        self.newcomer = self.fleet.device(SERIAL, self.one, self.proxy.port)
        (self.newcomer.folder / "device.crt").unlink()  # it has a key of its own, and nothing that vouches for it

    def port(self, name):
        return int(re.search(rf"\b{name}=(\d+)", self.server.log.read_text()).group(1))

    def operate(self, *words):
        return run_well(self.fleet.programs.server, *words, "--state", self.state)

    def check_enrols(self, code):
        done = self.newcomer.agent("enrol", "--serial", SERIAL, "--url", f"https://localhost:{self.port('enrol-port')}")
        self.assertEqual(done.returncode, code, done.stderr)

    def claimed_key(self):
        rows = [line.split("\t") for line in self.operate("device", "claims").splitlines()[1:]]
        return next(row[-1] for row in rows if row[0] == SERIAL)

    def accept_newcomer(self):
        self.check_enrols(self.device.LATER)
        self.operate("device", "accept", SERIAL, "--key", self.claimed_key())
        self.check_enrols(self.device.OK)

    def ask(self, token, method, path, **body):
        return self.operators.post(token, path, **body) if method == "POST" else self.operators.get(token, path)

    def user(self, name, role):
        token = self.operators.token(name, role)
        self.secrets.add(token)
        return token

    def test_a_device_enrols_and_is_updated_when_a_deployment_lets_it(self):
        self.accept_newcomer()
        self.assertEqual(self.newcomer.once(), self.device.OK, self.newcomer.log())
        self.assertEqual(self.newcomer.boot(), "A")
        releaser, viewer = self.user("rea", "releaser"), self.user("vic", "viewer")
        order = {"release": "releases/two.img", "phases": "1 100%"}
        self.assertEqual(self.ask(viewer, "POST", "/v1/deployments/create", **order)[0], 403)
        self.assertEqual(self.ask(releaser, "POST", "/v1/deployments/create", **order), (200, {"v": 1, "id": 1}))
        self.assertEqual(self.newcomer.once(), self.device.REBOOT, self.newcomer.log())
        self.assertEqual(self.newcomer.boot(), "B")
        self.assertEqual(self.newcomer.once(), self.device.OK, self.newcomer.log())
        deployment = self.ask(viewer, "GET", "/v1/deployments")[1]["deployments"][0]
        self.assertEqual((deployment["started"], deployment["committed"]), (1, 1))
        devices = self.ask(viewer, "GET", "/v1/devices")[1]["devices"]
        self.assertEqual([device["version"] for device in devices if device["serial"] == SERIAL], ["2.0"])
        self.assertRegex(self.operate("audit", "verify"), r"^\d+:[0-9a-f]{64}\n$")

    def test_logs_in_json_are_whole_and_tell_no_secret(self):
        self.secrets |= {"a-secret-query", "a-secret-password", "a-secret-code", "a-secret-body"}
        server = self.fleet.start_server("--workers", "0", "--operator-listen", "127.0.0.1:0", "--json-logs")
        lines = [line for line in self.server.log.read_text().splitlines() if line.startswith("{")]
        port = next(line["operator-port"] for line in map(json.loads, lines) if line["event"] == "started")
        self.operators = Operators(self.fleet, server, port)
        viewer = self.user("vic", "viewer")
        for token, method, path, body in (
            (viewer, "GET", "/v1/devices?key=a-secret-query", {}),
            ("a-secret-body", "GET", "/v1/devices", {}),
            ("", "POST", "/v1/session", {"user": "vic", "password": "a-secret-password", "code": "a-secret-code"}),
            (viewer, "POST", "/v1/alarms/clear", {"kind": "a", "subject": 7, "odd": "a-secret-body"}),
        ):
            self.ask(token, method, path, **body)
        self.server.stop()
        server.stop()
        lines = [json.loads(line) for line in self.server.log.read_text().splitlines() if line.startswith("{")]
        requests = [line for line in lines if line["event"] == "request"]
        self.assertEqual([line["status"] for line in requests], [400, 401, 401, 400])
        self.assertEqual({line["path"] for line in requests}, {"/v1/devices", "/v1/session", "/v1/alarms/clear"})
        self.assertTrue(all({"time", "level", "event"} <= line.keys() for line in lines))

    def test_a_protected_group_waits_for_a_second_person(self):
        self.accept_newcomer()
        self.operate("group", "create", "hospitals", "--filter", f"serial={SERIAL}", "--protected")
        secret = self.operate("user", "first-admin").strip()
        ann = {"user": "ann", "password": "correct horse battery"}
        self.assertEqual(self.ask("", "POST", "/v1/first-admin", secret=secret, **ann)[0], 200)
        self.assertEqual(self.ask("", "POST", "/v1/first-admin", secret=secret, **ann)[0], 401)
        session = self.ask("", "POST", "/v1/session", **ann)[1]["token"]
        self.assertEqual(self.ask(session, "POST", "/v1/deployments/create", release="releases/no.img")[0], 404)
        self.assertEqual(self.ask(session, "POST", "/v1/deployments/create", release="releases/two.img")[0], 200)
        self.assertEqual(self.newcomer.once(), self.device.OK, self.newcomer.log())
        approval = {"id": 1, "group": "hospitals"}
        self.assertEqual(self.ask(session, "POST", "/v1/deployments/approve", **approval)[0], 400)
        self.assertEqual(self.ask(self.user("rea", "releaser"), "POST", "/v1/deployments/approve", **approval)[0], 200)
        self.assertEqual(self.newcomer.once(), self.device.REBOOT, self.newcomer.log())
        audited = self.operate("audit", "list")
        self.assertIn("first-admin\t/v1/first-admin\tann\tallowed", audited)
        self.secrets |= {secret, session, ann["password"]}
        for word in self.secrets:
            self.assertNotIn(word, audited)

    def test_lists_as_json_have_the_members_that_the_api_answers(self):
        self.check_enrols(self.device.LATER)  # a claim
        self.assertEqual(self.device.once(), self.device.OK)
        admin = self.user("ada", "admin")
        self.operate("group", "create", "labs", "--filter", "hardware=gw1")
        self.operate("deploy", "create", "--repo", self.fleet.repo, "--release", "releases/two.img", "--group", "labs")
        for words, path in (
            (("device", "list"), "/v1/devices"),
            (("device", "claims"), "/v1/claims"),
            (("user", "list"), "/v1/users"),
            (("deploy", "list"), "/v1/deployments"),
            (("audit", "list"), "/v1/audit"),
        ):
            status, answered = self.ask(admin, "GET", path)
            self.assertEqual(status, 200, answered)
            listed = json.loads(self.operate(*words, "--json"))
            self.assertEqual(listed.keys(), answered.keys())
            name = next(iter(listed.keys() - {"v"}))
            self.assertGreater(len(listed[name]), 0, words)
            self.assertEqual(listed[name][0].keys(), answered[name][0].keys())
        groups = json.loads(self.operate("group", "list", "--json"))["groups"]
        self.assertEqual(groups, [{"name": "labs", "filter": "hardware=gw1", "protected": False, "metered": False, "devices": 1}])
        self.assertEqual(json.loads(self.operate("alarm", "list", "--json")), {"v": 1, "alarms": []})

    def test_a_second_key_for_a_serial_waits_and_raises_an_alarm(self):
        self.accept_newcomer()
        certificate = (self.newcomer.folder / "device.crt").read_bytes()
        run_well("openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256",
                 "-out", self.newcomer.folder / "other.pem")  # fmt: skip
        self.newcomer.configure(key=str(self.newcomer.folder / "other.pem"))
        self.check_enrols(self.device.LATER)
        self.assertIn(f"duplicate-identity\t{SERIAL}", self.operate("alarm", "list"))
        self.assertEqual((self.newcomer.folder / "device.crt").read_bytes(), certificate)
        self.newcomer.configure(key=str(self.newcomer.folder / "device.pem"))
        self.assertEqual(self.newcomer.once(), self.device.OK, self.newcomer.log())

    def test_a_certificate_is_renewed_and_a_decommissioned_device_gets_nothing_more(self):
        self.accept_newcomer()
        certificate = (self.newcomer.folder / "device.crt").read_bytes()
        self.newcomer.agent_well("renew", "--serial", SERIAL)
        self.assertNotEqual((self.newcomer.folder / "device.crt").read_bytes(), certificate)
        self.assertEqual(self.newcomer.once(), self.device.OK, self.newcomer.log())
        self.operate("device", "decommission", SERIAL)
        self.assertNotEqual(self.newcomer.once(), self.device.OK)
        self.check_enrols(self.device.FAILURE)

    def test_the_daemon_renews_a_certificate_in_the_last_third_of_its_life(self):
        self.accept_newcomer()
        certificate = self.newcomer.folder / "device.crt"
        first = certificate.read_bytes()
        for days, is_renewed in ((200, False), (300, True)):  # of a certificate of 365 days
            command = ["faketime", "-f", f"+{days}d", *map(str, self.newcomer.command("run"))]
            environment = {**os.environ, "NO_FAKE_STAT": "1"}  # the certificate was written today
            with (self.newcomer.folder / "agent.log").open("a") as log:
                agent = subprocess.Popen(
                    command, stdout=subprocess.PIPE, stderr=log, start_new_session=True, env=environment
                )
            until = time.monotonic() + (TIMEOUT if is_renewed else 3)
            while certificate.read_bytes() == first and time.monotonic() < until:
                time.sleep(0.05)
            os.killpg(agent.pid, signal.SIGTERM)  # faketime and the agent, which is another process
            agent.communicate(timeout=TIMEOUT)  # until both have let go of the output
            self.assertEqual(certificate.read_bytes() != first, is_renewed, self.newcomer.log())
        self.assertEqual(self.newcomer.once(), self.device.OK, self.newcomer.log())

    def test_a_factory_list_admits_by_key(self):
        key = run("openssl", "pkey", "-in", self.newcomer.folder / "device.pem", "-pubout", "-outform", "DER",
                  "-out", self.newcomer.folder / "public.der")  # fmt: skip
        self.assertEqual(key.returncode, 0, key.stderr)
        digest = run_well("sha256sum", self.newcomer.folder / "public.der").split()[0]
        factory = self.fleet.folder / "factory.txt"
        factory.write_text(f"# serial and key\n{SERIAL} {digest}\ndevice-3 {'0' * 64}\n")
        self.assertEqual(self.operate("device", "preauthorise", factory), "2 of 2 devices are new\n")
        self.check_enrols(self.device.OK)
        factory.write_text("device-4 abc\n")
        done = run(self.fleet.programs.server, "device", "preauthorise", factory, "--state", self.state)
        self.assertIn("line 1", done.stderr)


if __name__ == "__main__":
    unittest.main()
