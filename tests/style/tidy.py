#!/usr/bin/env python3
"""Runs clang-tidy over the sources of a build folder: tidy.py BUILD [REVISION], only what changed since REVISION."""

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import tree

CHECKED = ("engine", "server", "agent", "bench")


def sources(build):
    """The project's own sources that the build compiles; tests are not tidied."""
    commands = json.loads((Path(build) / "compile_commands.json").read_text())
    found = {Path(command["directory"], command["file"]).resolve() for command in commands}
    return sorted(p for p in found if p.is_relative_to(tree.ROOT) and p.relative_to(tree.ROOT).parts[0] in CHECKED)


def changed_since(revision):
    done = subprocess.run(
        ["git", "-C", tree.ROOT, "diff", "--name-only", revision], capture_output=True, text=True, check=True
    )
    return {tree.ROOT / name for name in done.stdout.split()}


def tidy(build, source):
    done = subprocess.run(
        ["clang-tidy", "-p", build, "--quiet", "--extra-arg=-Wno-unknown-warning-option", str(source)],
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout if done.returncode else ""


def main(build, revision=None):
    chosen = sources(build)
    if revision:
        changed = changed_since(revision)
        chosen = [source for source in chosen if source in changed]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return tree.report([text for text in pool.map(lambda source: tidy(build, source), chosen) if text])


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
