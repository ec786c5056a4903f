"""The delta tools of Debian beside Skiff: how each makes a delta and applies it, on one thread, as small as it can."""

from dataclasses import dataclass
from typing import Callable

import skiff

WINDOW_LOG_MIN, WINDOW_LOG_MAX = 10, 31
BSDIFF_LIMIT = 64 << 20  # bytes of an image; beyond, its suffix sort takes gigabytes
CASYNC_LEAST = 16 << 20  # below, there are too few chunks to share any

# Chunks of the new image that the old one does not have, and the index: what a device would fetch.
CASYNC_DIFF = """
casync make --store="$3.old" "$3.old.caibx" "$1" >&2 && casync make --store="$3.new" "$3.new.caibx" "$2" >&2 &&
(cd "$3.old" && find . -type f | sort) >"$3.have" && (cd "$3.new" && find . -type f | sort) >"$3.want" &&
comm -13 "$3.have" "$3.want" >"$3.fetch" &&
tar -cf "$3" -C "$3.new" -T "$3.fetch" -C "$(dirname "$3")" "$(basename "$3.new.caibx")"
"""
CASYNC_APPLY = """
mkdir "$2.store" && tar -xf "$2" -C "$2.store" &&
casync extract --store="$2.store" --seed="$1" "$2.store/$(basename "$2").new.caibx" "$3" >&2
"""
RDIFF_DIFF = 'rdiff signature "$1" "$3.sig" && rdiff delta "$3.sig" "$2" "$3.raw" && zstd -q -19 "$3.raw" -o "$3"'
RDIFF_APPLY = 'zstd -q -d "$2" -o "$2.open" && rdiff patch "$1" "$2.open" "$3"'


@dataclass(frozen=True)
class Tool:
    name: str
    diff: Callable  # (pair, delta) → command
    apply: Callable  # (pair, delta, out) → command
    package: str | None = None  # of Debian; None: Skiff
    suits: Callable = lambda size: True  # whether it is for images of so many bytes

    @property
    def is_ours(self):
        return self.package is None


def shell(script, *arguments):
    return ["sh", "-c", script, "sh", *arguments]


def window_log(*paths):
    """The smallest zstd window that holds all the files."""
    need = sum(path.stat().st_size for path in paths)
    return min(max(need.bit_length(), WINDOW_LOG_MIN), WINDOW_LOG_MAX)


def zstd_options(pair):
    return ["-q", f"--long={window_log(pair / 'old', pair / 'new')}", f"--patch-from={pair / 'old'}"]


def xdelta_window(pair):
    return str(max((pair / "old").stat().st_size, 1 << 20))


def ours(program, codec):
    return Tool(
        f"Skiff {codec}",
        lambda pair, delta: skiff.diff(program, pair, delta, codec),
        lambda pair, delta, out: skiff.apply(program, pair, delta, out),
    )


def peers():
    return [
        Tool(
            "bsdiff 4",
            lambda pair, delta: ["bsdiff", pair / "old", pair / "new", delta],
            lambda pair, delta, out: ["bspatch", pair / "old", out, delta],
            "bsdiff",
            lambda size: size <= BSDIFF_LIMIT,
        ),
        Tool(
            "zstd -19 --patch-from",
            lambda pair, delta: ["zstd", "-19", "-T1", *zstd_options(pair), pair / "new", "-o", delta],
            lambda pair, delta, out: ["zstd", "-d", *zstd_options(pair), delta, "-o", out],
            "zstd",
        ),
        Tool(
            "xdelta3 -9 -S lzma",
            lambda pair, delta: ["xdelta3", "-e", "-9", "-S", "lzma", "-D", "-B", xdelta_window(pair), "-s"]
            + [pair / "old", pair / "new", delta],
            lambda pair, delta, out: ["xdelta3", "-d", "-D", "-B", xdelta_window(pair), "-s", pair / "old", delta, out],
            "xdelta3",
        ),
        Tool(
            "rdiff + zstd -19",
            lambda pair, delta: shell(RDIFF_DIFF, pair / "old", pair / "new", delta),
            lambda pair, delta, out: shell(RDIFF_APPLY, pair / "old", delta, out),
            "rdiff",
        ),
        Tool(
            "casync",
            lambda pair, delta: shell(CASYNC_DIFF, pair / "old", pair / "new", delta),
            lambda pair, delta, out: shell(CASYNC_APPLY, pair / "old", delta, out),
            "casync",
            lambda size: size >= CASYNC_LEAST,
        ),
        Tool(
            "whole image, zstd -19",
            lambda pair, delta: ["zstd", "-q", "-T1", "-19", f"--long={min(window_log(pair / 'new'), 27)}"]
            + [pair / "new", "-o", delta],
            lambda pair, delta, out: ["zstd", "-q", "-d", f"--long={min(window_log(pair / 'new'), 27)}", delta, "-o", out],
            "zstd",
        ),
    ]


def beside_each_other(program):
    """Skiff with each codec, then the others."""
    return [ours(program, "cm"), ours(program, "zstd"), *peers()]
