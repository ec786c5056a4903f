"""What was measured of delta tools, as Markdown."""

import math
from dataclasses import dataclass

from cost import Cost


@dataclass(frozen=True)
class Row:
    """One tool on one pair."""

    tool: str
    is_ours: bool
    size: int | None = None  # bytes of the delta; None: there is none, and `note` says why
    diff: Cost | None = None
    apply: Cost | None = None
    note: str = ""


@dataclass(frozen=True)
class Section:
    """All tools on one pair."""

    pair: str
    old: int  # bytes
    new: int
    rows: list

    def best_peer(self):
        """The smallest delta that is not Skiff's, or None."""
        return min((row for row in self.rows if row.size and not row.is_ours), key=lambda row: row.size, default=None)

    def ours(self):
        return [row for row in self.rows if row.is_ours and row.size]


def mib(number):
    return f"{number / 2**20:,.1f}"


def table(section):
    lines = [
        f"### {section.pair}",
        "",
        f"{section.old:,} → {section.new:,} bytes",
        "",
        "| tool | delta, bytes | of the image | diff, CPU s | diff, MiB | apply, CPU s | apply, MiB |",
        "|---|--:|--:|--:|--:|--:|--:|",
    ]
    for row in section.rows:
        if row.size is None:
            lines.append(f"| {row.tool} | {row.note} | | | | | |")
            continue
        label = f"**{row.tool}**" if row.is_ours else row.tool
        lines.append(
            f"| {label} | {row.size:,} | {100 * row.size / section.new:.2f} % | {row.diff.cpu:.3f} "
            f"| {mib(row.diff.memory)} | {row.apply.cpu:.3f} | {mib(row.apply.memory)} |"
        )
    return "\n".join(lines) + "\n"


def geometric_mean(ratios):
    return math.exp(sum(map(math.log, ratios)) / len(ratios))


def summary(sections):
    """A line for each pair that Skiff and another tool made a delta of, and the geometric means of the ratios."""
    complete = [section for section in sections if section.ours() and section.best_peer()]
    if not complete:
        return ""
    tools = [row.tool for row in complete[0].ours()]
    ratios = {tool: [] for tool in tools}
    lines = [
        "| pair | " + " | ".join(f"{tool}, bytes" for tool in tools) + " | smallest other, bytes | | "
        + " | ".join(f"{tool} / it" for tool in tools) + " |",
        "|---|" + "--:|" * (len(tools) + 1) + "---|" + "--:|" * len(tools),
    ]
    for section in complete:
        best = section.best_peer()
        sizes = {row.tool: row.size for row in section.ours()}
        cells = [f"{sizes[tool]:,}" if tool in sizes else "" for tool in tools]
        shares = []
        for tool in tools:
            share = sizes[tool] / best.size if tool in sizes else None
            ratios[tool] += [share] if share else []
            shares.append(f"{share:.2f}" if share else "")
        lines.append(f"| {section.pair} | {' | '.join(cells)} | {best.size:,} | {best.tool} | {' | '.join(shares)} |")
    means = " | ".join(f"**{geometric_mean(ratios[tool]):.2f}**" for tool in tools)
    lines.append("| geometric mean | " + "| " * (len(tools) + 2) + f"| {means} |".replace("| ", "", 1))
    return "\n".join(lines) + "\n"
