"""Updates over a slow link that goes down every few seconds and gives the device another address every other time: they get to
their end, and what the report says they cost is what the link carried."""

import unittest

import images
import radio
from case import FleetCase

BASE_BLOCKS, NEW_BLOCKS = 256, 32
DOWN = 1  # seconds
MAX_RUNS = 20
RECORD = (1 << 12) + 22  # bytes of a TLS record on a slow link
HANDSHAKE = 3_000  # bytes down beside bodies that a connection costs: handshake, heads
GOODBYE = 64  # bytes, both ways, when a connection is closed after the ledger was written
PACKET = 1_460
UNREAD = radio.QUEUE + PACKET  # bytes that are on their way when the device gives its connection up


@unittest.skipIf(radio.why_not(), f"no network namespace with a shaped link: {radio.why_not()}")
class RadioTest(FleetCase):
    host = radio.SERVER

    @classmethod
    def setUpClass(cls):
        radio.enter_own_namespace()
        super().setUpClass()

    @classmethod
    def make_images(cls):
        base = images.image(50, BASE_BLOCKS)
        return base, images.revised(base, 51, NEW_BLOCKS)

    def setUp(self):
        pass  # each test has a link of its own, and the server listens on it

    def begin(self, kilobits):
        self.radio = radio.Radio(kilobits)
        self.addCleanup(self.radio.close)
        super().setUp()
        self.packets = self.radio.watch(self.server.address[1])
        self.addCleanup(self.packets.close)
        self.device.configure(server=f"https://{self.host}:{self.server.address[1]}", stall_timeout=3)
        self.device.runner = self.radio.command()

    def update(self, up):
        """Runs the agent until the other slot is armed, then ends what was seen of the link."""
        codes = []
        with self.radio.failing(up, DOWN):
            while codes[-1:] in ([], [self.device.LATER]) and len(codes) < MAX_RUNS:
                self.radio.wait_until_up()
                codes.append(self.device.once())
        self.assertEqual(codes[-1], self.device.REBOOT, self.device.log())
        self.assertTrue(self.device.holds("B", self.two))
        self.packets.close()

    def check_ledger(self):
        """What the device says it spent against what the link carried."""
        ledger = self.device.status()["update"]["bytes"]
        down, up = self.packets.down(), self.packets.up()
        carried = sum(len(flow.stream) for flow in [*down, *up])
        content, around, unfinished = (sum(part) for part in zip(*(flow.records() for flow in down)))
        print(f"{self.radio.outages} outages, {len(down)} connections, {self.packets.raw} bytes of packets, {carried} of TCP's "
              f"payload; down: {content} within TLS, {around} around it, {unfinished} of records that never ended; {ledger}")
        self.assertLessEqual(abs(carried - ledger["wire"]), GOODBYE * len(down) + UNREAD * (len(down) - 1))
        self.assertEqual(ledger["payload"], self.delta.stat().st_size + ledger["wasted"])
        self.assertEqual(ledger["wasted"], 0)
        bodies = ledger["payload"] + ledger["metadata"]
        self.assertGreaterEqual(content, bodies)
        self.assertLessEqual(content - bodies, HANDSHAKE * len(down) + UNREAD * (len(down) - 1))
        self.assertLessEqual(unfinished, RECORD * (len(down) - 1))

    def commit(self):
        self.assertEqual(self.device.boot(), "B")
        self.check_step(self.device.OK)
        self.assertEqual([report["outcome"] for report in self.server.reports()], ["committed"])

    def check_over(self, kilobits, up):
        self.begin(kilobits)
        self.update(up)
        self.assertGreaterEqual(self.radio.outages, 3)
        self.check_ledger()
        self.commit()

    def test_64_kilobits_a_second(self):
        self.check_over(64, up=4)

    def test_256_kilobits_a_second(self):
        self.check_over(256, up=2)


if __name__ == "__main__":
    unittest.main()
