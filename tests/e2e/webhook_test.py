#!/usr/bin/env python3
"""Webhooks of real servers: signed events, in order and at least once, whatever the receiver and the server go through."""

import email.utils
import http.client
import json
import re
import ssl
import time
import unittest

from case import FleetCase
from postgresql import Postgresql
from programs import TIMEOUT, run_well
from receiver import HANG, Receiver

RELEASE = "releases/two.img"
OPTIONS = ("--operator-listen", "127.0.0.1:0")


class WebhookCase(FleetCase):
    database = ()  # options that say where it is

    def setUp(self):
        super().setUp()
        self.admin = self.make_admin()

    def make_admin(self):
        self.operate("user", "add", "ada")
        self.operate("user", "grant", "ada", "admin")
        token = self.operate("user", "token", "ada").strip()
        self.secrets.add(token)
        return token

    def operate(self, *words):
        return run_well(self.fleet.programs.server, *words, "--state", self.fleet.folder / "server-state", *self.database)

    def ask(self, method, path, **body):
        port = int(re.findall(r"\boperator-port=(\d+)", self.server.log.read_text())[-1])
        context = ssl.create_default_context(cafile=self.fleet.ca / "server-ca.pem")
        connection = http.client.HTTPSConnection("localhost", port, context=context, timeout=60)
        text = json.dumps({"v": 1, **body}) if method == "POST" else None
        connection.request(method, path, text, {"Authorization": f"Bearer {self.admin}"})
        answer = connection.getresponse()
        found = answer.status, json.loads(answer.read())
        connection.close()
        self.assertEqual(found[0], 200, found)
        return found[1]

    def receiver(self, *answers, **tls):
        receiver = Receiver(**tls)
        self.addCleanup(receiver.close)
        receiver.answers += answers
        return receiver

    def add_hook(self, receiver, *events):
        made = self.ask("POST", "/v1/webhooks/add", url=receiver.url, events=events)
        self.secrets |= {made["secret"], made["secret"].removeprefix("whsec_")}
        return made

    def hook(self, number=0):
        return self.ask("GET", "/v1/webhooks")["webhooks"][number]

    def wait_until(self, is_so):
        until = time.monotonic() + TIMEOUT
        while not is_so():
            self.assertLess(time.monotonic(), until, self.server.log.read_text())
            time.sleep(0.05)

    def deploy(self):
        return self.ask("POST", "/v1/deployments/create", release=RELEASE)["id"]

    def set_state(self, deployment, state):
        self.ask("POST", "/v1/deployments/state", id=deployment, state=state)

    def restart_server(self):
        self.server.kill()
        options = ("--workers", "0", *self.server_options)
        self.server = self.testbed.server = self.fleet.start_server(*options)


class OutlivingTests:
    """What holds on every database."""

    def test_a_killed_server_sends_what_it_had_written_down_with_the_same_id(self):
        receiver = self.receiver(HANG)
        self.add_hook(receiver)
        deployment = self.deploy()
        first = receiver.wait_for(1)[0]  # it has it, and did not say so
        self.set_state(deployment, "paused")
        self.restart_server()
        events = receiver.wait_for(3)
        self.assertEqual([event.id == first.id for event in events], [True, True, False])
        self.assertEqual(events[1].body, first.body)
        self.assertEqual(events[2].type, "deployment.paused")
        self.wait_until(lambda: self.hook()["waiting"] == 0)


class WebhookTest(OutlivingTests, WebhookCase):
    server_options = (*OPTIONS, "--webhook-allow-plain")

    def test_events_that_are_not_taken_are_sent_again_in_order(self):
        receiver = self.receiver(500, 302)
        made = self.add_hook(receiver, "deployment.*")
        deployment = self.deploy()
        for state in ("paused", "running", "aborted"):
            self.set_state(deployment, state)
        events = receiver.wait_for(6)
        kinds = ["created", "created", "created", "paused", "resumed", "aborted"]
        self.assertEqual([event.type for event in events], [f"deployment.{kind}" for kind in kinds])
        self.assertEqual(len({event.id for event in events[:3]}), 1)
        self.assertEqual(len({event.id for event in events}), 4)
        self.assertEqual({event.path for event in events}, {"/hook"}, "a redirect was followed")
        for event in events:
            self.assertTrue(event.is_signed_by(made["secret"]))
        created = events[0].data
        self.assertEqual((created["id"], created["release"], created["who"]), (deployment, RELEASE, "ada"))
        self.server.wait_for("webhook-failed", "500")
        self.server.wait_for("webhook-failed", "302")

    def test_a_receiver_that_says_when_is_not_asked_sooner(self):
        in_an_hour = email.utils.formatdate(time.time() + 3600, usegmt=True)
        for number, (answer, least, most) in enumerate(
            (((429, "77"), 77, 77), ((503, in_an_hour), 3000, 3600), ((503, "99999999"), 21600, 21600), ((500, "77"), 1, 5)), start=1
        ):
            receiver = self.receiver(answer)
            self.add_hook(receiver, "webhook.test")
            self.ask("POST", "/v1/webhooks/test", id=number)
            self.server.wait_for("webhook-failed", f"webhook={number} ")
            wait = int(re.search(r"\bwait=(\d+)", self.server.logged("webhook-failed", f"webhook={number} ")[0]).group(1))
            self.assertTrue(least <= wait <= most, (answer, wait))
            self.assertEqual(len(receiver.events), 1)

    def test_an_update_is_told_from_its_release_to_its_commit(self):
        receiver = self.receiver()
        self.add_hook(receiver, "release.*", "update.*")
        self.fleet.release(self.fleet.write_image("three.img", self.one.read_bytes()), hardware="another")
        self.assertEqual(receiver.wait_for(1)[0].data["release"], "releases/three.img")
        self.check_updates()
        committed = receiver.wait_for(2)[1]
        self.assertEqual(committed.type, "update.committed")
        self.assertEqual((committed.data["serial"], committed.data["release"]), ("device-1", RELEASE))
        self.assertEqual(committed.data["wire"], self.server.reports()[0]["wire_bytes"])

    def test_410_disables_a_webhook_with_an_alarm(self):
        receiver, witness = self.receiver(410), self.receiver()
        self.add_hook(receiver, "webhook.test")
        self.add_hook(witness, "alarm.raised")
        self.ask("POST", "/v1/webhooks/test", id=1)
        alarm = witness.wait_for(1)[0].data
        self.assertEqual((alarm["kind"], alarm["subject"]), ("failing-webhook", "webhook 1"))
        self.assertEqual(self.hook()["state"], "disabled: it answered 410")
        self.assertEqual((self.hook()["waiting"], len(receiver.events)), (0, 1))

    def test_one_that_hangs_holds_up_neither_the_server_nor_the_others(self):
        slow, other = self.receiver(HANG, HANG), self.receiver()
        self.add_hook(slow)
        self.add_hook(other)
        began = time.monotonic()
        deployment = self.deploy()
        slow.wait_for(1)
        for state in ("paused", "running", "aborted"):
            self.set_state(deployment, state)
        self.assertEqual([event.type for event in other.wait_for(4)][-1], "deployment.aborted")
        self.check_step(self.device.OK)  # a device is served, too
        self.assertLess(time.monotonic() - began, 25, "it took as long as the one that hangs")
        self.assertEqual(len(slow.events), 1)
        self.assertEqual(self.hook()["waiting"], 4)

    def test_the_command_line_makes_tests_and_ends_webhooks(self):
        receiver = self.receiver()
        number, secret = self.operate("webhook", "add", receiver.url, "--event", "alarm.*").split()
        self.secrets.add(secret)
        event = self.operate("webhook", "test", number).strip()
        got = receiver.wait_for(1)[0]
        self.assertEqual((got.id, got.type, got.data), (event, "webhook.test", {}))
        self.assertTrue(got.is_signed_by(secret))
        self.wait_until(lambda: self.hook()["waiting"] == 0)
        listed = json.loads(self.operate("webhook", "list", "--json"))
        self.assertEqual(listed, self.ask("GET", "/v1/webhooks"))
        self.assertIn(f"{number}\tactive\t{receiver.url}\talarm.*", self.operate("webhook", "list"))
        self.operate("webhook", "remove", number)
        self.assertEqual(self.ask("GET", "/v1/webhooks")["webhooks"], [])


class PostgresqlWebhookTest(OutlivingTests, WebhookCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.postgresql = cls.enterClassContext(Postgresql())
        cls.database = ("--database", cls.postgresql.url)
        cls.server_options = (*OPTIONS, "--webhook-allow-plain", *cls.database)


class SecureWebhookTest(WebhookCase):
    server_options = (*OPTIONS, "--webhook-allow-local")

    def tls(self):
        return {"certificate": self.fleet.ca / "server.pem", "key": self.fleet.ca / "server.key"}

    def start_server(self, *options):
        self.server.stop()
        self.server = self.testbed.server = self.fleet.start_server("--workers", "0", *options)

    def test_https_is_spoken_with_those_alone_whom_an_authority_vouches_for(self):
        receiver = self.receiver(**self.tls())
        made = self.add_hook(receiver)
        self.ask("POST", "/v1/webhooks/test", id=1)
        self.server.wait_for("webhook-failed", "certificate")
        self.assertEqual(receiver.events, [])
        self.start_server(*self.server_options, "--webhook-ca", self.fleet.ca / "server-ca.pem")
        self.assertTrue(receiver.wait_for(1)[0].is_signed_by(made["secret"]))

    def test_addresses_that_only_the_server_can_reach_are_refused(self):
        self.start_server(*OPTIONS, "--webhook-ca", self.fleet.ca / "server-ca.pem")
        plain, secure = self.receiver(), self.receiver(**self.tls())
        for number, (receiver, why) in enumerate(((plain, "not allowed here"), (secure, "not one that events")), start=1):
            self.add_hook(receiver)
            self.ask("POST", "/v1/webhooks/test", id=number)
            self.server.wait_for(f"webhook={number}", why)
        self.wait_until(lambda: "not one that events may be sent to" in self.hook(1)["error"])
        self.assertEqual(plain.events + secure.events, [])


if __name__ == "__main__":
    unittest.main()
