# SPDX-License-Identifier: Apache-2.0 OR MIT
"""
Every test that the table of doc/reference.md names is there, and every defect has its row.
"""
import glob
import os
import re
import sys

SOURCE = os.environ["DOTSYNC_SOURCE"]
FOLDERS = ("test/*", "lib/*/test", "lib/runtime/*/test", "bin/*/test")
DEFECTS = 44


def main():
	with open(os.path.join(SOURCE, "doc", "reference.md"), encoding="utf-8") as f:
		rows = [line.split(" | ") for line in f if re.match(r"\| \d+ \|", line)]
	tests = ""
	for folder in FOLDERS:
		for path in glob.glob(os.path.join(SOURCE, folder, "*.[cp]*")):
			with open(path, encoding="utf-8") as f:
				tests += f.read()
	problems = []
	if [row[0] for row in rows] != ["| %d" % number for number in range(1, DEFECTS + 1)]:
		problems.append("rows: %s" % [row[0] for row in rows])
	for row in rows:
		named = re.findall(r"`([a-z_0-9]+)(?:: (\w+))?`", row[3])
		if not named and row[3].strip(" |\n") != "none yet":
			problems.append("%s names no test" % row[0])
		problems += ["%s: no test %s" % (row[0], function) for _, function in named if function and not re.search(r"\b%s\b" % function, tests)]
	print("\n".join(problems))
	if problems:
		sys.exit("%d problems" % len(problems))
	print("%d rows, all tests found" % len(rows))


main()
