"""What a run tells: tables on the terminal, a file of JSON, plots beside it."""

import json

COLOURS = {  # the same in every plot
    "waljet": "#2563a8",
    "waljet lines": "#2563a8",
    "waljet frames": "#74a9d8",
    "waljet event": "#2563a8",
    "waljet run": "#74a9d8",
    "null": "#9a9a9a",
    "bare publisher": "#9a9a9a",
    "pgoutput": "#d9822b",
    "wal2json v2": "#4f9d5d",
    "decoderbufs": "#8a63a8",
}
OTHERS = ("#b5584d", "#5f8a8b", "#a58f3c", "#6b6f9c")


# ---- text ----

def number(value):
    """Three digits that count, or all of an integer's: 0.0123, 3.71, 1234."""
    if value == 0 or abs(value) >= 100:
        return f"{value:.0f}"
    return f"{value:.3g}" if abs(value) < 1 else f"{value:.2f}" if abs(value) < 10 else f"{value:.1f}"


def cell(result):
    """Median, and the range where there is one."""
    low, median, high = number(result.low), number(result.median), number(result.high)
    return median if low == high else f"{median} ({low}..{high})"


def align(rows):
    """Rows of texts as lines, the first column to the left and the others to the right."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        rest = (text.rjust(width) for text, width in zip(row[1:], widths[1:]))
        yield "  ".join([row[0].ljust(widths[0]), *rest]).rstrip()


def tables(results):
    """For each workload of a part: a row for each contestant, a column for each metric."""
    for workload in ordered(result.workload for result in results):
        mine = [result for result in results if result.workload == workload]
        metrics = ordered((result.metric, result.unit) for result in mine)
        rows = [[workload, *(f"{metric}, {unit}" if unit else metric for metric, unit in metrics)]]
        for contestant in ordered(result.contestant for result in mine):
            found = {result.metric: cell(result) for result in mine if result.contestant == contestant}
            rows.append([contestant, *(found.get(metric, "") for metric, _ in metrics)])
        yield from align(rows)
        yield ""


def judgements(judged):
    rows = [["target", "", "median (range)", ""]]
    for target, result in judged:
        unit = f" {result.unit}" if result and result.unit else ""
        measured = cell(result) if result else ""
        rows.append([target.key, f"{target.sense} {number(target.bound)}{unit}", measured, verdict(target, result)])
    return align(rows)


def verdict(target, result):
    if result is None:
        return "not measured"
    return "met" if target.met_by(result.median) else "missed"


def ordered(values):
    """Each value once, in the order in which they come first."""
    return list(dict.fromkeys(values))


# ---- files ----

def document(context, machine, versions, results, judged, errors):
    return {
        "machine": machine,
        "versions": versions,
        "sizes": context.sizes,
        "rounds": context.rounds,
        "settings": context.settings,
        "results": [{
            "part": result.part, "workload": result.workload, "contestant": result.contestant, "metric": result.metric,
            "unit": result.unit, "median": result.median, "values": result.values,
        } for result in results],
        "targets": [{
            "key": target.key, "sense": target.sense, "bound": target.bound, "median": result.median if result else None,
            "verdict": verdict(target, result),
        } for target, result in judged],
        "errors": errors,
        "raw": context.raw,
    }


def write_json(path, contents):
    # A line for each round: short to read in a diff, long enough to be searched.
    text = json.dumps({name: value for name, value in contents.items() if name != "raw"}, indent=1, ensure_ascii=False)
    raw = ",\n".join(json.dumps(each, ensure_ascii=False) for each in contents["raw"])
    path.write_text(f'{text[:-2]},\n "raw": [\n{raw}\n ]\n}}\n')


def plot(path, title, metric, results):
    """One panel a workload: a bar for each contestant, with the range of the rounds."""
    import matplotlib
    matplotlib.use("svg")
    matplotlib.rcParams.update({"font.size": 9, "svg.fonttype": "none", "svg.hashsalt": "bench", "axes.spines.top": False,
                                "axes.spines.right": False})
    from matplotlib import pyplot

    names = ordered(result.workload for result in results)
    columns = min(3, len(names))
    lines = -(-len(names) // columns)
    most = max(len([result for result in results if result.workload == name]) for name in names)
    figure, panels = pyplot.subplots(lines, columns, figsize=(3.6 * columns, (0.9 + 0.27 * most) * lines), squeeze=False)
    for panel in panels.flat[len(names):]:
        panel.axis("off")
    for panel, name in zip(panels.flat, names):
        bars(panel, name, [result for result in results if result.workload == name])
    unit = f", {results[0].unit}" if results[0].unit else ""
    figure.suptitle(f"{title}\n{metric}{unit}", fontsize=10)
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None})
    pyplot.close(figure)


def bars(panel, name, results):
    others = iter(OTHERS * 3)
    for place, result in enumerate(results):
        spread = [[result.median - result.low], [result.high - result.median]]
        panel.barh(place, result.median, height=0.72, color=COLOURS.get(result.contestant) or next(others), xerr=spread,
                   error_kw={"elinewidth": 1, "ecolor": "#333333"})
        panel.annotate(number(result.median), (result.high, place), xytext=(4, 0), textcoords="offset points", va="center",
                       fontsize=8)
    panel.set_yticks(range(len(results)), [result.contestant for result in results])
    panel.invert_yaxis()
    panel.set_xlim(0, 1.2 * max(result.high for result in results) or 1)
    panel.set_title(name, fontsize=9, loc="left")
