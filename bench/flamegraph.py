"""Stacks of `perf script`, folded, as a table of where the time goes and as a flame graph.

Folded stacks are a dict: (outermost function, …, innermost function): samples.
"""

import re
from collections import Counter
from html import escape

FRAME = re.compile(r"^\s+[0-9a-f]+ (.*) \((.*)\)$")
OFFSET = re.compile(r"\+0x[0-9a-f]+$")
NO_SYMBOL = "[unknown]"

WIDTH = 1200  # of the picture, in pixels
ROW = 17
MARGIN = 10
HEAD = 40
LEAST = 0.6  # width of a box below which it is left out, in pixels
CHARACTER = 6.6  # width of one, in pixels

# What an object contributes, by a piece of its file's name; the first match counts. The rest is libraries.
COLOURS = (("waljet", "#e8883a"), ("postgres", "#7fa6d9"), ("kernel", "#c9c2b8"), ("libnats", "#8cc06d"), ("libpq", "#b69adf"),
           ("", "#e3d27c"))


def fold(lines):
    """Folds the output of `perf script -F comm,ip,sym,dso`, a frame a line, innermost first, samples apart by empty lines."""
    stacks = Counter()
    objects = {}
    frames = []
    for line in lines:
        match = FRAME.match(line)
        if match:
            name, file = match[1], match[2]
            frames.append(_function(name, file))
            objects.setdefault(frames[-1], file)
        elif not line.strip() and frames:
            stacks[tuple(reversed(frames))] += 1
            frames = []
    if frames:
        stacks[tuple(reversed(frames))] += 1
    return stacks, objects


def _function(name, file):
    name = OFFSET.sub("", name)
    if name == NO_SYMBOL:
        return f"[{file.rsplit('/', 1)[-1]}]"
    name = name.replace("(anonymous namespace)::", "")
    return re.sub(r"\(.*\)( const)?$", "", name) or name  # without parameters


def top_table(stacks, objects, rows=40):
    """Functions by samples of their own, and with what they call."""
    own, whole = Counter(), Counter()
    for stack, samples in stacks.items():
        own[stack[-1]] += samples
        for function in set(stack):
            whole[function] += samples
    total = sum(stacks.values()) or 1
    lines = [f"{total} samples", "", f"{'self':>7} {'whole':>7}  function"]
    for function, samples in own.most_common(rows):
        object_name = objects[function].rsplit("/", 1)[-1]
        lines.append(f"{samples / total:7.2%} {whole[function] / total:7.2%}  {function}  ({object_name})")
    lines += ["", f"{'self':>7}  object"]
    by_object = Counter()
    for function, samples in own.items():
        by_object[objects[function].rsplit("/", 1)[-1]] += samples
    lines += [f"{samples / total:7.2%}  {name}" for name, samples in by_object.most_common(12)]
    return "\n".join(lines) + "\n"


# ---- the picture ----

class _Box:
    """A function under its callers: samples of it and of what it calls."""

    def __init__(self):
        self.samples = 0
        self.callees = {}


def svg(stacks, objects, title):
    """A picture that needs nothing else: hovering tells function, samples and share."""
    root = _Box()
    for stack, samples in stacks.items():
        box = root
        box.samples += samples
        for function in stack:
            box = box.callees.setdefault(function, _Box())
            box.samples += samples
    depth = max((len(stack) for stack in stacks), default=0)
    height = HEAD + (depth + 1) * ROW + MARGIN
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" viewBox="0 0 {WIDTH} {height}" '
             'font-family="monospace" font-size="11">',
             "<style>g:hover rect{stroke:#000;stroke-width:1}text{pointer-events:none}</style>",
             f'<rect width="{WIDTH}" height="{height}" fill="#fff"/>',
             f'<text x="{WIDTH / 2}" y="24" font-size="15" text-anchor="middle">{escape(title)}</text>']
    scale = (WIDTH - 2 * MARGIN) / max(root.samples, 1)
    _draw(parts, "all", root, MARGIN, height - MARGIN - ROW, scale, root.samples, objects)
    return "\n".join([*parts, "</svg>", ""])


def _draw(parts, name, box, x, y, scale, total, objects):
    width = box.samples * scale
    if width < LEAST:
        return
    hint = f"{name} ({box.samples} samples, {box.samples / max(total, 1):.2%})"
    shown = int((width - 4) / CHARACTER)
    label = name if len(name) <= shown else name[:shown - 2] + ".." if shown > 4 else ""
    text = f'<text x="{x + 3:.1f}" y="{y + 12}">{escape(label)}</text>' if label else ""
    parts.append(f'<g><title>{escape(hint)}</title><rect x="{x:.1f}" y="{y}" width="{max(width - 0.3, 0.3):.1f}" '
                 f'height="{ROW - 1}" rx="1" fill="{_colour(objects.get(name, ""))}"/>{text}</g>')
    for callee in sorted(box.callees):
        _draw(parts, callee, box.callees[callee], x, y - ROW, scale, total, objects)
        x += box.callees[callee].samples * scale


def _colour(file):
    return next(colour for piece, colour in COLOURS if piece in file)
