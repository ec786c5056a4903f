"""What the agent takes on a device: memory in an update, and the size of its programs."""

import tempfile
import unittest
from pathlib import Path

import memory_group
from case import FleetCase
from programs import TIMEOUT, programs, run_well

MIB = 1 << 20


def is_release():
    """Other builds have assertions, and are not made small."""
    return "CMAKE_BUILD_TYPE:STRING=Release" in (programs().agent.parents[1] / "CMakeCache.txt").read_text()


def memory(process):
    """Bytes by the names of /proc/PID/status (proc(5)): VmHWM, RssAnon, RssFile and others."""
    lines = (line.split() for line in Path(f"/proc/{process}/status").read_text().splitlines())
    return {words[0].rstrip(":"): int(words[1]) * 1024 for words in lines if words[-1] == "kB"}


class Memory(FleetCase):
    """`own`: bytes of agent and decoder together that are no pages of files, which the kernel can drop and programs share;
    `resident`: their largest resident sets, such pages counted twice where both have them."""

    own, resident = 8 * MIB, 22 * MIB
    group = 16 * MIB  # bytes the kernel charges both for, pages of files and of the kernel among them

    def test_of_agent_and_decoder_is_bounded(self):
        self.proxy.bytes_per_second = 500_000  # the rest of the download leaves time to look
        reached = self.proxy.when_down(self.delta.stat().st_size * 2 // 3)
        agent = self.device.start("once")
        self.assertTrue(reached.wait(TIMEOUT))
        (decoder,) = Path(f"/proc/{agent.pid}/task/{agent.pid}/children").read_text().split()
        seen = [memory(process) for process in (agent.pid, decoder)]
        self.assertEqual(agent.wait(TIMEOUT), self.device.REBOOT, self.device.log())
        self.assertLess(sum(part["RssAnon"] for part in seen), self.own)
        self.assertEqual(self.device.boot(), "B")
        self.check_step(self.device.OK)
        self.assertLess(self.server.reports()[-1]["peak_memory"], self.resident)


    @unittest.skipIf(memory_group.why_not(), f"no group: {memory_group.why_not()}")
    def test_of_a_group_that_gets_no_more_is_enough(self):
        agent = programs().agent
        files = [agent, agent.with_name("skiff-decode")]
        files += set.union(*(memory_group.libraries(program) for program in files))
        with tempfile.TemporaryDirectory() as scratch:
            with memory_group.MemoryGroup(self.group, files, Path(scratch)) as group:
                self.device.runner = group.runner
                self.check_step(self.device.REBOOT)
                self.assertGreater(group.peak, self.own // 2, "the agent was not in its group")
        self.assertTrue(self.device.holds("B", self.two))


class MemoryByTinyDeltas(Memory):
    diff_options = ("--profile", "tiny")
    own, resident = 3 * MIB, 17 * MIB

    def setUp(self):
        super().setUp()
        self.group = (6 if is_release() else 10) * MIB
        self.device.configure(decoder_memory=MIB)


class Size(unittest.TestCase):
    """Stripped, with the system's libraries shared."""

    limits = {"skiff-agent": 2_500_000, "skiff-decode": 2_800_000, "skiff-warden": 2_000_000}

    def test_of_each_program_is_bounded(self):
        if not is_release():
            self.skipTest("no release build")
        folder = programs().agent.parent
        with tempfile.TemporaryDirectory() as scratch:
            for name, limit in self.limits.items():
                stripped = Path(scratch) / name
                run_well("strip", "-o", stripped, folder / name)
                self.assertLessEqual(stripped.stat().st_size, limit, name)


if __name__ == "__main__":
    unittest.main(verbosity=2)  # names what was skipped, and why
