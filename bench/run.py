#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 OR MIT
"""Measures dotsync beside what the machine can do at best (the limit) and beside others (the peers), in turn.

	run.py --build DIR [--results DIR] [--scratch DIR] [--quick] [--note TEXT] [ROW...]

Prints the table and, with --results, writes RESULTS.md and results.json there.  ROW chooses rows by their names in ROWS
(rows.py); --quick takes fewer rounds and smaller data, to try the driver, and writes nothing.  --note adds a sentence about the
circumstances.  A row that cannot be measured here says why; none is left out.
"""
import argparse
import os
import shutil
import sys
import tempfile
import traceback

import machine
import report
import rows
from stage import Skip, Stage


def measure(stage, names):
	"""The results of all rows, in order."""
	results = []
	for name, function in rows.ROWS:
		if names and name not in names:
			continue
		print("%s ..." % name, file=sys.stderr, flush=True)
		try:
			results += function(stage)
		except Skip as reason:
			results.append(report.skipped(name, str(reason)))
		except Exception as problem:  # one broken row must not cost the others
			traceback.print_exc()
			results.append(report.skipped(name, "failed: %s" % stage.strip(str(problem))))
	return results


def main():
	parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
	parser.add_argument("--build", required=True)
	parser.add_argument("--results")
	parser.add_argument("--scratch")
	parser.add_argument("--quick", action="store_true")
	parser.add_argument("--note", default="")
	parser.add_argument("rows", nargs="*", metavar="ROW")
	arguments = parser.parse_args()
	unknown = set(arguments.rows) - {name for name, _ in rows.ROWS}
	if unknown:
		parser.error("no such row: %s; there are %s" % (", ".join(sorted(unknown)), ", ".join(name for name, _ in rows.ROWS)))

	build = os.path.abspath(arguments.build)
	scratch = tempfile.mkdtemp(prefix="bench-", dir=arguments.scratch or build)
	try:
		stage = Stage(build, scratch, arguments.quick)
		before = machine.describe(scratch)
		results = measure(stage, arguments.rows)
	finally:
		shutil.rmtree(scratch, ignore_errors=True)
	document = {"machine": before, "load_after": machine.load(), "note": arguments.note, "rows": results}
	print(report.text(document))
	if arguments.results and not arguments.quick and not arguments.rows:
		report.write(arguments.results, document)
	return 0


if __name__ == "__main__":
	sys.exit(main())
