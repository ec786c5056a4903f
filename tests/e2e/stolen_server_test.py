"""The server is stolen, with any of the keys it holds, every file and every answer: what a thief can make of that is delay."""

import hashlib
import itertools
import random
import shutil
import unittest

from case import FleetCase
from forger import Forger, Key, newest
from keys_case import ONLINE
from programs import run_json, run_well
from stolen_server import StolenServer

FRAME = 65_536
NEW = 100_000  # bytes of release three that no device has: the last frame has nothing else
FORMER, OTHER, NEXT, EVIL = "releases/one.img", "releases/other.img", "releases/three.img", "releases/evil.img"


def folder_content(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def with_other_content(delta, head):
    """A delta whose last frame is another than the encoder's; the frame table vouches for it. `head` is the head's length."""
    frames, at = [], head
    while at < len(delta):
        number = len(frames)
        grown = hashlib.sha256()
        for end in range(at, at + FRAME):
            grown.update(delta[end : end + 1])
            if grown.digest() in delta[:head]:
                frames.append((at, end + 1, delta.index(grown.digest(), 0, head)))
                break
        assert len(frames) > number, "no frame ends here"
        at = frames[-1][1]
    start, end, place = frames[-1]
    changed = bytearray(delta)
    changed[(start + end) // 2] ^= 0x10
    changed[place : place + 32] = hashlib.sha256(changed[start:end]).digest()
    return bytes(changed)


class Workshop:
    """The thief's own repository: where Skiff makes what will be smuggled in. `entries` are targets as metadata lists them."""

    def __init__(self, fleet, programs):
        self.skiff, self.folder = programs.skiff, fleet.folder / "workshop"
        self.fleet, self.repo, self.keys = fleet, self.folder / "repo", self.folder / "keys"
        self.base = fleet.folder / "two.img"
        run_well(self.skiff, "repo", "init", self.repo, "--keys", self.keys)
        self.names = {}  # deltas by the release that they end in

    def release(self, name, image, hardware, counter):
        words = ["--image", image, "--name", name.partition("/")[2], "--hardware", hardware]
        words += ["--version", f"{counter}.0", "--counter", counter, "--keys", self.keys]
        run_well(self.skiff, "repo", "add-release", self.repo, *words)
        delta = self.folder / "delta.skd"
        run_well(self.skiff, "diff", self.base, image, "-o", delta)
        before = set(self.entries("deltas"))
        self.add(delta)
        self.names[name] = (set(self.entries("deltas")) - before).pop()
        return delta

    def add(self, delta):
        run_well(self.skiff, "repo", "add-delta", self.repo, delta, "--keys", self.keys)

    def entries(self, role):
        return newest(folder_content(self.repo / "metadata"), role)["targets"]


class StolenServerTest(FleetCase):
    def setUp(self):
        super().setUp()
        self.check_updates()  # to release two, which is this device's floor
        self.other = self.fleet.write_image("other.img", self.one.read_bytes()[::-1])
        self.fleet.release(self.other, "gw2")
        self.old = folder_content(self.fleet.repo / "metadata")
        self.three = self.fleet.write_image("three.img", self.two.read_bytes()[4096:] + random.Random(12).randbytes(NEW))
        self.fleet.release(self.three)
        self.fleet.add_delta(self.two, self.three)
        self.honest = folder_content(self.fleet.repo / "metadata")
        self.stolen = {role: Key.stolen(self.fleet.online_keys / f"{role}.key") for role in ONLINE}
        self.make_loot()
        self.thief = StolenServer(self.fleet.ca)
        self.addCleanup(self.thief.close)
        self.kept = self.fleet.folder / "device-as-it-was"
        shutil.copytree(self.device.folder, self.kept)

    def make_loot(self):
        """Everything that the thief would like installed, in the form in which devices take it."""
        self.workshop = Workshop(self.fleet, self.fleet.programs)
        evil = self.fleet.write_image("evil.img", self.two.read_bytes()[::-1])
        self.workshop.release(FORMER, self.one, "gw1", 1)
        self.workshop.release(EVIL, evil, "gw1", 66)
        self.workshop.release(OTHER, self.other, "gw2", 67)
        delta = self.workshop.release(NEXT, self.three, "gw1", 68)
        self.releases, self.deltas = self.workshop.entries("releases"), self.workshop.entries("deltas")
        head = run_json(self.fleet.programs.skiff, "inspect", delta, "--json")["bytes"]["head"]
        delta.write_bytes(with_other_content(delta.read_bytes(), head))
        self.workshop.add(delta)
        self.made_up = self.workshop.entries("deltas")[self.workshop.names[NEXT]]
        self.targets = folder_content(self.workshop.repo / "targets") | folder_content(self.fleet.repo / "targets")

    def offer(self, forger, name):
        """Lists the delta to a release, and tells devices to install it."""
        delta = self.workshop.names[name]
        forger.add_target("deltas", delta, self.deltas[delta])
        self.thief.suggest(name, delta)

    # What it meets in the end, if the thief has all three keys.
    LIMITS = {
        "unsigned_release": "releases: 0 of 1 signatures",
        "release_listed_by_deltas": "no role vouches for releases/evil.img",
        "releases_role_of_its_own": "targets: 0 of 1 signatures",
        "older_image": "release_counter: 1 is below this device's 2",
        "image_of_other_hardware": "hardware: releases/other.img is not for gw1",
        "delta_that_is_not_the_listed_one": "the head is not the one that was signed",
        "delta_of_its_own_making": "result bytes from 0 on differ",
        "metadata_from_before": "no role vouches for releases/three.img",
    }

    # Each attack forges metadata, chooses a plan, and may change what is served.

    def unsigned_release(self, forger):
        forger.add_target("releases", EVIL, self.releases[EVIL])
        self.offer(forger, EVIL)

    def release_listed_by_deltas(self, forger):
        forger.add_target("deltas", EVIL, self.releases[EVIL])
        self.offer(forger, EVIL)

    def releases_role_of_its_own(self, forger):
        targets = forger.newest("targets")
        delegations = targets["delegations"]
        delegations["keys"][forger.own.id] = forger.own.json
        for role in delegations["roles"]:
            role["keyids"] = [forger.own.id]
        forger.write("targets", targets)
        self.unsigned_release(forger)

    def older_image(self, forger):
        self.offer(forger, FORMER)

    def image_of_other_hardware(self, forger):
        self.offer(forger, OTHER)

    def delta_that_is_not_the_listed_one(self, forger):
        delta = self.workshop.names[NEXT]
        self.thief.suggest(NEXT, delta)
        folder, name = delta.split("/")
        listed = self.deltas[delta]["hashes"]["sha256"]
        written = self.made_up["hashes"]["sha256"]
        self.thief.targets[f"{folder}/{listed}.{name}"] = self.targets[f"{folder}/{written}.{name}"]

    def delta_of_its_own_making(self, forger):
        delta = self.workshop.names[NEXT]
        forger.add_target("deltas", delta, self.made_up)
        self.thief.suggest(NEXT, delta)

    def metadata_from_before(self, forger):
        forger.metadata = dict(self.old)
        self.thief.suggest(NEXT, self.workshop.names[NEXT])

    ATTACKS = (unsigned_release, release_listed_by_deltas, releases_role_of_its_own, older_image, image_of_other_hardware,
               delta_that_is_not_the_listed_one, delta_of_its_own_making, metadata_from_before)  # fmt: skip

    def as_it_was(self):
        shutil.rmtree(self.device.folder)
        shutil.copytree(self.kept, self.device.folder)

    def meet(self, attack, roles):
        """One step of the device against the thief's server; gives the exit code."""
        self.as_it_was()
        forger = Forger(self.honest, {role: self.stolen[role] for role in roles})
        self.thief.targets = dict(self.targets)
        attack(self, forger)
        self.thief.metadata = forger.metadata
        self.device.link(self.thief.port)
        return self.device.once()

    def check_nothing_came_of_it(self, code, may_decode):
        self.assertIn(code, (self.device.OK, self.device.FAILURE, self.device.LATER), self.device.log())
        self.assertTrue(self.device.holds("B", self.two))
        self.assertEqual(self.device.boot(), "B")
        self.assertNotEqual(self.device.status()["boot"]["A"], "armed")
        if not may_decode:
            self.check_unwritten(self.device.slots["A"])

    def check_unwritten(self, slot):
        """It may have been made longer; no decoder wrote to it."""
        before, found = self.one.read_bytes(), slot.read_bytes()
        self.assertTrue(found == before.ljust(len(found), b"\0"), "a byte came through to the slot")

    def check_the_way_back(self):
        """Nothing is left of it where the thief could not drive versions up: the true server updates the device."""
        self.device.link(self.proxy.port)
        self.check_step(self.device.REBOOT)
        self.assertTrue(self.device.holds("A", self.three))

    def test_no_subset_of_the_online_keys_does_more_than_delay(self):
        subsets = [roles for size in range(1 + len(ONLINE)) for roles in itertools.combinations(ONLINE, size)]
        for roles, attack in itertools.product(subsets, self.ATTACKS):
            with self.subTest(stolen=roles, attack=attack.__name__):
                code = self.meet(attack, roles)
                # With all three the thief vouches for frames itself; what they decode to is no signed image.
                may_decode = roles == ONLINE and attack is StolenServerTest.delta_of_its_own_making
                self.check_nothing_came_of_it(code, may_decode)
                if roles == ONLINE:
                    self.assertIn(self.LIMITS[attack.__name__], self.device.log())
                if not roles:
                    self.check_the_way_back()

    def test_the_same_server_with_what_was_signed_updates_the_device(self):
        def nothing(case, _):
            case.thief.suggest(NEXT, case.workshop.names[NEXT])

        self.assertEqual(self.meet(nothing, ()), self.device.REBOOT, self.device.log())
        self.assertTrue(self.device.holds("A", self.three))

    def test_frames_of_the_thief_are_decoded_only_with_all_keys_and_never_armed(self):
        self.assertEqual(self.meet(StolenServerTest.delta_of_its_own_making, ONLINE), self.device.OK, self.device.log())
        self.assertEqual(self.device.status()["boot"]["A"], "bad")
        self.check_nothing_came_of_it(self.device.OK, may_decode=True)


if __name__ == "__main__":
    unittest.main()
