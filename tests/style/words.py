#!/usr/bin/env python3
"""Checks words: no unfinished work, no package hosts, no talk about how the work was done, no catch-all file names."""

import re
import sys

import tree

RULES = {
    "unfinished work is finished or left out": re.compile(r"\b(TODO|FIXME|XXX|HACK)\b"),
    "package sources are the machine's own configuration": re.compile(
        r"\b(deb|security|snapshot|ftp|archive|registry|index|files|static|proxy)\."
        r"(\w+\.)?(debian|ubuntu|npmjs|yarnpkg|crates|golang|pythonhosted)\.(org|com|io)\b"
        r"|\b(pypi|npmjs|crates|rubygems|packagist|nuget)\.(org|com|io)\b",
        re.IGNORECASE,
    ),
    "the project speaks of itself alone": re.compile(
        r"\b(LLM|GPT|chatbot|language model|prompt engineering|sub-?agents?|coding agent)\b"
        r"|\b(issue|ticket|PR) #\d+|/work/(main|briefs|shared|pairs)\b|\bthe (brief|lead engineer)\b",
        re.IGNORECASE,
    ),
}
CATCH_ALL_NAME = re.compile(r"(^|[_-])(utils?|helpers?|managers?|misc)([_.-]|$)")
EXEMPT = {"tests/style/words.py", "tests/style/words_test.py"}


def check_text(name, content):
    problems = []
    for number, line in enumerate(content.splitlines(), start=1):
        for rule, pattern in RULES.items():
            match = pattern.search(line)
            if match:
                problems.append(f'{name}:{number}: "{match.group()}": {rule}')
    return problems


def check_name(name):
    if CATCH_ALL_NAME.search(name.rsplit("/", 1)[-1]):
        return [f"{name}: a name that could hold anything"]
    return []


def check(root=tree.ROOT):
    problems = []
    for path in tree.files(root):
        name = path.relative_to(root).as_posix()
        problems += check_name(name)
        content = tree.text(path)
        if content is not None and name not in EXEMPT:
            problems += check_text(name, content)
    return problems


if __name__ == "__main__":
    sys.exit(tree.report(check()))
