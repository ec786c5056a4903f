#!/usr/bin/env python3
"""Checks lengths: no file over 450 lines, no function over 60; prints medians and 90th percentiles."""

import ast
import re
import statistics
import sys

import tree

MAX_FILE_LINES = 450
MAX_FUNCTION_LINES = 60

# Comments, literals and preprocessor lines are blanked, so that braces in them do not count.
NOISE = re.compile(
    r'//[^\n]*|/\*.*?\*/|R"(?P<mark>[^()\s]*)\(.*?\)(?P=mark)"|"(?:\\.|[^"\\\n])*"'
    r"|(?<![\w'])'(?:\\.|[^'\\\n])+'|^[ \t]*#(?:[^\n\\]|\\.|\\\n)*",
    re.DOTALL | re.MULTILINE,
)
CONTROL = re.compile(r"\b(if|for|while|switch|catch|do|else|return|namespace|class|struct|union|enum)\b")
FUNCTION_HEAD = re.compile(
    r"\)\s*((const|noexcept(\([^)]*\))?|override|final|mutable|&&?|->[\w:<>,&*\s]+|try|requires[^{]*)\s*)*(:[^;]*)?$"
)
HEAD_LEAD = re.compile(r"\s*((public|private|protected)\s*:\s*)*")


def blank(match):
    return re.sub(r"[^\n]", " ", match.group())


def starts_function(head):
    """Whether the text before a brace, outside of any function, declares a function."""
    head = re.sub(r"\btemplate\s*<[^{}]*?>\s*(?=[\w\[:])", "", head)
    head = head[HEAD_LEAD.match(head).end() :]
    first_parenthesis = head.find("(")
    if first_parenthesis < 0 or not FUNCTION_HEAD.search(head.rstrip()):
        return False
    return not CONTROL.search(head[:first_parenthesis])


def cxx_functions(content):
    """(first line, length in lines) of each outermost function body."""
    code = NOISE.sub(blank, content)
    found, open_braces, head_start, function_start = [], [], 0, None
    for match in re.finditer(r"[{};]", code):
        position, kind = match.start(), "other"
        if match.group() == "{":
            head = code[head_start:position]
            if re.search(r"[\w>]$", head):
                kind = "initialiser"
            elif function_start is None and starts_function(head):
                kind = "function"
                function_start = head_start + HEAD_LEAD.match(head).end()
            open_braces.append(kind)
        elif match.group() == "}" and open_braces:
            kind = open_braces.pop()
            if kind == "function":
                first = code.count("\n", 0, function_start) + 1
                found.append((first, code.count("\n", function_start, position) + 1))
                function_start = None
        if function_start is None and kind != "initialiser":
            head_start = position + 1
    return found


def python_functions(content):
    return [
        (node.lineno, node.end_lineno - node.lineno + 1)
        for node in ast.walk(ast.parse(content))
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
    ]


def functions_of(path, content):
    kind = tree.language(path)
    if kind in tree.CXX:
        return cxx_functions(content)
    return python_functions(content) if kind == ".py" else []


def summary(name, lengths):
    if len(lengths) < 2:
        return f"{name}: {len(lengths)}"
    p90 = statistics.quantiles(lengths, n=10)[-1]
    return f"{name}: {len(lengths)}, median {statistics.median(lengths):g}, p90 {p90:g}, longest {max(lengths)}"


def measure(root):
    """Problems, then the lengths of C++ files and functions."""
    problems, file_lengths, function_lengths = [], [], []
    for path in tree.files(root):
        kind = tree.language(path)
        if kind not in tree.CXX | {".py", ".sh", ".cmake"}:
            continue
        content = tree.text(path) or ""
        lines = content.count("\n")
        functions = functions_of(path, content)
        name = path.relative_to(root)
        if lines > MAX_FILE_LINES:
            problems.append(f"{name}: {lines} lines, more than {MAX_FILE_LINES}")
        problems += [
            f"{name}:{first}: a function of {length} lines, more than {MAX_FUNCTION_LINES}"
            for first, length in functions
            if length > MAX_FUNCTION_LINES
        ]
        if kind in tree.CXX and name.parts[0] != "tests":
            file_lengths.append(lines)
            function_lengths += [length for _, length in functions]
    return problems, file_lengths, function_lengths


def main():
    problems, file_lengths, function_lengths = measure(tree.ROOT)
    print(summary("C++ files without tests", file_lengths))
    print(summary("functions in them", function_lengths))
    return tree.report(problems)


if __name__ == "__main__":
    sys.exit(main())
