"""What was measured of delta tools, as an SVG: a line for each pair, a panel for each cost, a mark for each tool."""

import math
from html import escape

ROW, TOP, BOTTOM, LABELS, PANEL, GAP = 22, 74, 30, 112, 156, 34  # pixels
OURS, OTHERS = ("#d1495b", "#edae49"), ("#3d7ea6", "#5fa777", "#8d6cab", "#7f8c8d", "#a0795b", "#9aa5b1")
STYLE = """
text { font: 11px system-ui, sans-serif; fill: #24292f; }
.axis { fill: #6e7781; font-size: 10px; }
.title { font-weight: 600; }
line { stroke: #8c959f; stroke-opacity: .3; }
@media (prefers-color-scheme: dark) { text { fill: #e6edf3; } .axis { fill: #9198a1; } }
"""

# (heading, the cost of a row of a section)
PANELS = (
    ("delta, % of the image", lambda section, row: 100 * row.size / section.new),
    ("diff, CPU s", lambda section, row: row.diff.cpu),
    ("diff, MiB", lambda section, row: row.diff.memory / 2**20),
    ("apply, CPU s", lambda section, row: row.apply.cpu),
    ("apply, MiB", lambda section, row: row.apply.memory / 2**20),
)
LEAST = 0.001  # CPU seconds, which the start of any process takes


class Scale:
    """A logarithmic axis over whole decades."""

    def __init__(self, values, left):
        logs = [math.log10(max(value, LEAST)) for value in values]
        self.low = math.floor(min(logs))
        self.high = max(math.ceil(max(logs)), self.low + 1)
        self.left = left

    def x(self, value):
        return self.left + PANEL * (math.log10(max(value, LEAST)) - self.low) / (self.high - self.low)

    def ticks(self):
        return [10.0**power for power in range(self.low, self.high + 1)]


def colours(sections):
    """tool → colour, in the order in which the tools were first seen."""
    tools = {row.tool: row.is_ours for section in sections for row in section.rows}
    ours, others = iter(OURS), iter(OTHERS)
    return {tool: next(ours if is_ours else others) for tool, is_ours in tools.items()}


def mark(x, y, row, colour):
    name = f"<title>{escape(row.tool)}</title>"
    if row.is_ours:
        return f'<rect x="{x - 4.5:.1f}" y="{y - 4.5}" width="9" height="9" fill="{colour}">{name}</rect>'
    return f'<circle cx="{x:.1f}" cy="{y}" r="3.5" fill="{colour}" fill-opacity=".85">{name}</circle>'


def legend(of_tool, ours):
    parts, x = [], LABELS
    for tool, colour in of_tool.items():
        shape = (
            f'<rect x="{x:.1f}" y="12" width="9" height="9" fill="{colour}"/>'
            if tool in ours
            else f'<circle cx="{x + 4.5:.1f}" cy="16.5" r="4" fill="{colour}"/>'
        )
        parts.append(f'{shape}<text x="{x + 14:.1f}" y="20">{escape(tool)}</text>')
        x += 28 + 6.2 * len(tool)
    return parts


def panel(sections, of_tool, heading, cost, left):
    measured = [(i, section, row) for i, section in enumerate(sections) for row in section.rows if row.size]
    scale = Scale([cost(section, row) for _, section, row in measured], left)
    bottom = TOP + ROW * len(sections)
    parts = [f'<text class="title" x="{left}" y="{TOP - 28}">{escape(heading)}</text>']
    for tick in scale.ticks():
        x = scale.x(tick)
        parts.append(f'<line x1="{x:.1f}" y1="{TOP - 6}" x2="{x:.1f}" y2="{bottom}"/>')
        parts.append(f'<text class="axis" x="{x:.1f}" y="{TOP - 11}" text-anchor="middle">{tick:g}</text>')
    # Skiff's marks lie on top, and those of its first codec on those of its second.
    for i, section, row in sorted(reversed(measured), key=lambda entry: entry[2].is_ours):
        parts.append(mark(scale.x(cost(section, row)), TOP + ROW * i + ROW / 2, row, of_tool[row.tool]))
    return parts


def draw(sections):
    """The SVG; fit for light and dark backgrounds. Scales are logarithmic, and further left is better."""
    of_tool = colours(sections)
    ours = {row.tool for section in sections for row in section.rows if row.is_ours}
    width = LABELS + len(PANELS) * (PANEL + GAP) + GAP
    height = TOP + ROW * len(sections) + BOTTOM
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}">',
        f"<style>{STYLE}</style>",
        *legend(of_tool, ours),
    ]
    for i, section in enumerate(sections):
        y = TOP + ROW * i + ROW / 2
        parts.append(f'<text x="{LABELS - 12}" y="{y + 4}" text-anchor="end">{escape(section.pair)}</text>')
        parts.append(f'<line x1="{LABELS - 6}" y1="{y}" x2="{width - GAP}" y2="{y}"/>')
    for i, (heading, cost) in enumerate(PANELS):
        parts += panel(sections, of_tool, heading, cost, LABELS + GAP + i * (PANEL + GAP))
    note = "Logarithmic scales; further left is better. One thread; memory is the largest resident set."
    parts.append(f'<text class="axis" x="{LABELS}" y="{height - 10}">{note}</text>')
    return "\n".join([*parts, "</svg>"]) + "\n"
