"""The command line of Skiff, as the benchmarks use it."""

import itertools
import subprocess
import tempfile
from pathlib import Path

PROFILES = ("tiny", "standard", "max")
CODECS = ("zstd", "cm")
VARIANTS = tuple(itertools.product(CODECS, PROFILES))
MAX_MEMORY = 4 << 30  # bytes; what opened streams take is more than devices have by default


def in_build(build):
    """The program in a build folder."""
    return build / "engine/cli/skiff"


def diff(skiff, pair, delta, codec="cm", profile="standard"):
    options = ["--codec", codec, "--profile", profile, "--threads", "1"]
    return [skiff, "diff", pair / "old", pair / "new", "-o", delta, *options]


def apply(skiff, pair, delta, out):
    return [skiff, "apply", pair / "old", delta, "-o", out, "--max-memory", str(MAX_MEMORY)]


def delta_size(skiff, pair, codec, profile):
    """Bytes of a delta that was found to give the new image; raises CalledProcessError if it does not."""
    with tempfile.TemporaryDirectory() as folder:
        delta = Path(folder, "delta")
        subprocess.run(diff(skiff, pair, delta, codec, profile), check=True, stdout=subprocess.DEVNULL)
        subprocess.run([skiff, "verify", delta, "--base", pair / "old"], check=True, stdout=subprocess.DEVNULL)
        return delta.stat().st_size
