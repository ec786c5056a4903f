"""The programs under test: where they are, and how they are run."""

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

TIMEOUT = 300  # seconds; no single command of these tests takes nearly as long


@dataclass(frozen=True)
class Programs:
    skiff: Path
    server: Path
    agent: Path

    @classmethod
    def of_build(cls, build):
        build = Path(build).resolve()
        return cls(build / "engine/cli/skiff", build / "server/skiff-server", build / "agent/skiff-agent")


def programs():
    """Those of the build folder that the environment names."""
    return Programs.of_build(os.environ["SKIFF_BUILD"])


def run(*command, **options):
    """Runs a command to its end, its output captured as text."""
    words = [str(word) for word in command]
    return subprocess.run(words, capture_output=True, text=True, timeout=TIMEOUT, check=False, **options)


def run_well(*command, **options):
    """As run(), but the command must succeed; gives what it printed."""
    done = run(*command, **options)
    if done.returncode:
        text = " ".join(str(word) for word in command)
        raise AssertionError(f"{text} gave {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def run_json(*command):
    return json.loads(run_well(*command))
