# SPDX-License-Identifier: Apache-2.0 OR MIT
"""
report.py - results as objects, as a table, as RESULTS.md.

A result is what, the goal in words, `value` with its `unit`, `goal` (the most, or with `at_least` the least, that meets it; None: shown
for orientation), and `figures`: the median of each way in seconds or what `figures_unit` says, ours among them.  A ratio is the median of
the ratios of single rounds.
"""
import json
import os
import statistics


def result(what, value, goal, unit="x", at_least=False, figures=None, figures_unit="s", remark=""):
	met = None if goal is None else (value >= goal if at_least else value <= goal)
	return {"what": what, "value": value, "unit": unit, "goal": goal, "at_least": at_least, "met": met,
		"figures": figures or {}, "figures_unit": figures_unit, "remark": remark}


def skipped(what, reason):
	return {"what": what, "skipped": reason}


def medians(times):
	return {name: statistics.median(values) for name, values in times.items() if values}


def ratio(times, ours, limit):
	return statistics.median(a / b for a, b in zip(times[ours], times[limit]))


def compare(what, times, ours, limit, goal, remark="", scale=1.0, unit="s"):
	"""The result of a row of turns: ours to the limit."""
	figures = {name: value * scale for name, value in medians(times).items()}
	return result(what, ratio(times, ours, limit), goal, figures=figures, figures_unit=unit,
		remark=("limit: %s; ours: %s. %s" % (limit, ours, remark)).strip())


def number(value):
	return "%.0f" % value if value >= 100 else "%.3g" % value


def amount(row, value):
	"""Ratios with enough places to see on which side of the goal they are."""
	return "%s %s" % ("%.3f" % value if row["unit"] == "x" else number(value), row["unit"])


def goal_text(row):
	if row["goal"] is None:
		return "-"
	return "%s %s %s" % (">=" if row["at_least"] else "<=", number(row["goal"]), row["unit"])


def verdict(row):
	return {True: "met", False: "MISSED", None: "-"}[row["met"]]


def cells(row):
	if "skipped" in row:
		return [row["what"], "-", "-", "skipped", row["skipped"]]
	figures = ", ".join("%s %s" % (name, number(value)) for name, value in row["figures"].items())
	return [row["what"], goal_text(row), amount(row, row["value"]), verdict(row),
		"%s %s" % (figures, row["figures_unit"]) if figures else ""]


HEAD = ["what", "goal", "measured", "", "medians"]


def text(document):
	"""For a terminal."""
	lines = [cells(row) for row in document["rows"]]
	widths = [max(len(line[i]) for line in [HEAD] + lines) for i in range(4)]
	shown = ["  ".join([cell.ljust(width) for cell, width in zip(line, widths)] + [line[4]]).rstrip() for line in [HEAD] + lines]
	return "\n".join(about(document["machine"], document) + [""] + shown)


def about(m, document):
	tools = ", ".join("%s %s" % item for item in m["tools"].items())
	lines = [
		"%s, %d cores, %s GiB of memory, %s, %s." % (m["cpu"], m["cores"], m["memory_gib"], m["kernel"], m["file_system"]),
		"Tools: %s.%s" % (tools, " Missing: %s." % ", ".join(m["missing_tools"]) if m["missing_tools"] else ""),
		"Load of the machine before and after: %s, %s." % (m["load_before"][0], document["load_after"][0]),
	]
	return lines + ([document["note"]] if document["note"] else [])


def markdown(document):
	rows = document["rows"]
	counted = [row for row in rows if row.get("met") is not None]
	met = sum(row["met"] for row in counted)
	lines = ["# Results", "", "Written by `make bench` (`bench/run.py`), all in one run; the same as JSON: `results.json`.", ""]
	lines += about(document["machine"], document)
	lines += ["", "%d of %d goals met, %d rows skipped. A ratio is the median of the ratios of single rounds, in which limit, peers and dotsync "
		"ran one after the other; the absolute figures are medians and say more about the machine." % (
			met, len(counted), sum("skipped" in row for row in rows)), ""]
	lines += ["| " + " | ".join(HEAD) + " |", "|---|---|---|---|---|"]
	lines += ["| " + " | ".join(cell.replace("|", "\\|") for cell in cells(row)) + " |" for row in rows]
	remarks = ["- **%s**: %s" % (row["what"], row["remark"]) for row in rows if row.get("remark")]
	if remarks:
		lines += ["", "## What was compared", ""] + remarks
	return "\n".join(lines) + "\n"


def write(folder, document):
	notes = os.path.join(folder, "NOTES.md")
	body = markdown(document)
	if os.path.exists(notes):
		with open(notes, encoding="utf-8") as file:
			body += "\n" + file.read()
	with open(os.path.join(folder, "RESULTS.md"), "w", encoding="utf-8") as file:
		file.write(body)
	with open(os.path.join(folder, "results.json"), "w", encoding="utf-8") as file:
		json.dump(document, file, indent=1)
		file.write("\n")
