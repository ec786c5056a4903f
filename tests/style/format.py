#!/usr/bin/env python3
"""Checks that clang-format (.clang-format in the root) would change no C++ file."""

import subprocess
import sys

import tree


def main():
    sources = [str(path) for path in tree.files() if path.suffix in tree.CXX]
    done = subprocess.run(["clang-format", "--dry-run", "-Werror", *sources], check=False)
    return 1 if done.returncode else 0


if __name__ == "__main__":
    sys.exit(main())
