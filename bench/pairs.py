"""The pairs of datasets/index.tsv: their names, and how to have them on disk."""

import csv
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def names(stability=None):
    """All pairs in the order of the index, or those that are "pinned" or "dated"."""
    rows = csv.DictReader((ROOT / "datasets/index.tsv").read_text().splitlines(), delimiter="\t")
    return [row["name"] for row in rows if stability in (None, row["stability"])]


def make(wanted, folder):
    """Has FOLDER/NAME/{old,new} made for those that are not there; raises CalledProcessError if one cannot be."""
    missing = [name for name in wanted if not (folder / name / "new").exists()]
    if missing:
        subprocess.run([ROOT / "datasets/make", *missing, folder], check=True)
