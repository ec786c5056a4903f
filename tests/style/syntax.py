#!/usr/bin/env python3
"""Checks that every script parses: Python by the compiler, shell by bash -n and, where it is installed, shellcheck."""

import shutil
import subprocess
import sys
import warnings

import tree


def python_problems(path):
    warnings.simplefilter("error")
    try:
        compile(path.read_text(encoding="utf-8"), str(path), "exec")
    except (SyntaxError, SyntaxWarning) as error:
        return [f"{path}: {error}"]
    return []


def shell_problems(path):
    commands = [["bash", "-n", path]]
    if shutil.which("shellcheck"):
        commands.append(["shellcheck", "--severity=style", "--external-sources", path])
    problems = []
    for command in commands:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            problems.append(f"{path}: {command[0]}\n{done.stdout}{done.stderr}")
    return problems


def check(root=tree.ROOT):
    problems = []
    for path in tree.files(root):
        kind = tree.language(path)
        if kind == ".py":
            problems += python_problems(path)
        elif kind == ".sh":
            problems += shell_problems(path)
    return problems


if __name__ == "__main__":
    sys.exit(tree.report(check()))
