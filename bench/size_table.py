"""bench/sizes.csv: exact sizes of deltas under version control, by (pair, codec, profile)."""

import csv

FIELDS = ["pair", "codec", "profile", "bytes"]


def read(path):
    with path.open(newline="") as file:
        return {(row["pair"], row["codec"], row["profile"]): int(row["bytes"]) for row in csv.DictReader(file)}


def write(path, sizes):
    with path.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(FIELDS)
        writer.writerows([*key, size] for key, size in sizes.items())


def moved(sizes, known):
    """A line for each size that is not the known one."""
    lines = []
    for key, size in sizes.items():
        before = known.get(key)
        if before != size:
            share = f" ({100 * (size - before) / before:+.2f} %)" if before else ""
            lines.append(f"{' '.join(key)}: {before} → {size}{share}")
    return lines


def grown(sizes, known):
    """The keys whose size is larger than the known one, or not known at all."""
    return [key for key, size in sizes.items() if key not in known or size > known[key]]
