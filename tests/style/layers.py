#!/usr/bin/env python3
"""Checks who includes whom: each room of the tree may use the rooms and libraries its layer names, and no others."""

import re
import sys
from dataclasses import dataclass
from pathlib import Path

import tree

PUBLIC = "engine/include"


@dataclass(frozen=True)
class Layer:
    rooms: frozenset = frozenset()
    libraries: frozenset = frozenset()


def layer(rooms="", libraries=""):
    return Layer(
        frozenset(f"engine/{name}" for name in rooms.split()) | {PUBLIC},
        frozenset(libraries.split()) | {"tl-expected"},
    )


# A room may always include itself and the public headers.
LAYERS = {
    PUBLIC: layer(),
    "engine/base": layer(libraries="xxhash"),
    "engine/format": layer("base"),
    "engine/entropy": layer("base", "zstd"),
    "engine/predict": layer("base"),
    "engine/unpack": layer("base entropy", "zlib lzma zstd lz4 lzo"),
    "engine/codec": layer("base format entropy predict"),
    "engine/apply": layer("base format entropy predict codec unpack"),
    "engine/typing": layer("base predict"),
    "engine/match": layer("base"),
    "engine/diff": layer("base format entropy predict codec unpack typing match"),
    "engine/trust": layer("base", "cryptopp openssl nlohmann p11-kit"),
    "engine/shell": layer(libraries="cli11"),
    "engine/cli": layer("shell", "cli11 curl"),
    "server": layer("shell", "boost openssl soci sqlite cli11 spdlog argon2 curl"),
    "agent": layer(libraries="boost openssl cli11 spdlog seccomp"),
    "bench": layer("base entropy predict match unpack", "benchmark zlib zstd openssl"),
}

# Tests see what they test, but the server's know nothing of the agent and the other way round.
STRANGERS = {"tests/server": "agent", "tests/agent": "server"}

LIBRARY_HEADERS = {
    "tl-expected": r"tl/expected\.hpp",
    "xxhash": r"xxhash\.h|xxh3\.h",
    "zstd": r"zstd(_errors)?\.h|zdict\.h",
    "zlib": r"zlib\.h",
    "lzma": r"lzma\.h",
    "lz4": r"lz4\w*\.h",
    "lzo": r"lzo/.*",
    "cryptopp": r"(crypto\+\+|cryptopp)/.*",
    "openssl": r"openssl/.*",
    "nlohmann": r"nlohmann/.*",
    "p11-kit": r"p11-kit/pkcs11\.h",
    "argon2": r"argon2\.h",
    "boost": r"boost/.*",
    "soci": r"soci/.*",
    "sqlite": r"sqlite3\.h",
    "cli11": r"CLI/.*",
    "spdlog": r"spdlog/.*",
    "curl": r"curl/.*",
    "seccomp": r"seccomp\.h",
    "benchmark": r"benchmark/.*",
    "googletest": r"(gtest|gmock)/.*",
}

# The C++ standard library has no dot in its names; the rest is C and POSIX.
SYSTEM_HEADER = re.compile(
    r"[a-z_0-9]+|(sys|linux|netinet|arpa|net)/\w+\.h"
    r"|(assert|ctype|dirent|dlfcn|endian|errno|fcntl|getopt|grp|inttypes|limits|malloc|netdb|poll|pthread|pwd|sched|signal|spawn"
    r"|stdarg|stdbool|stddef|stdint|stdio|stdlib|string|termios|time|unistd)\.h"
)

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.MULTILINE)


def room_of(relative):
    """The room of a file given by its path from the root, or None: "engine/base", "server", …"""
    parts = Path(relative).parts
    for name in ("/".join(parts[:2]), parts[0]):
        if name in LAYERS:
            return name
    return None


def library_of(header):
    for name, pattern in LIBRARY_HEADERS.items():
        if re.fullmatch(pattern, header):
            return name
    return None


def resolve(root, including, header):
    """The path from the root that a quoted include means, tried in the order of the compiler's include folders."""
    if header.startswith("skiff/"):
        return f"{PUBLIC}/{header}"
    own_top = including.parts[0]
    for folder in (including.parent, Path(own_top), Path("engine"), Path(".")):
        if (root / folder / header).is_file():
            return (root / folder / header).resolve().relative_to(root.resolve()).as_posix()
    return None


def complaint(root, relative, room, bracket, header):
    """What is wrong with one include of a file in `room`, or None."""
    if bracket == '"' or header.startswith("skiff/"):
        target = resolve(root, relative, header)
        if target is None:
            return f'"{header}" is nowhere'
        target_room = room_of(target)
        if target_room != room and target_room not in LAYERS[room].rooms:
            return f"{room} may not include {target}"
        return None
    library = library_of(header)
    if library in LAYERS[room].libraries or (library is None and SYSTEM_HEADER.fullmatch(header)):
        return None
    return f"{room} may not use {library or 'the unknown library of'} <{header}>"


def check_file(root, relative, content):
    """The problems of one file, as lines of text."""
    room = room_of(relative.as_posix())
    problems = []
    for match in INCLUDE.finditer(content):
        bracket, header = match.groups()
        if room:
            problem = complaint(root, relative, room, bracket, header)
        else:
            problem = stranger(relative, header)
        if problem:
            line = content.count("\n", 0, match.start(1)) + 1
            problems.append(f"{relative}:{line}: {problem}")
    return problems


def stranger(relative, header):
    other = STRANGERS.get("/".join(relative.parts[:2]))
    if other and header.startswith(f"{other}/"):
        return f"tests of one side may not include {header}"
    return None


def check(root=tree.ROOT):
    problems = []
    for path in tree.files(root):
        relative = path.relative_to(root)
        if path.suffix in tree.CXX and relative.parts[0] in ("engine", "server", "agent", "bench", "tests"):
            problems += check_file(root, relative, tree.text(path) or "")
    return problems


if __name__ == "__main__":
    sys.exit(tree.report(check()))
