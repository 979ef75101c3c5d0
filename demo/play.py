# SPDX-License-Identifier: Apache-2.0 OR MIT
"""
play.py - the whole demo, from the first line to the summary.
"""
import glob
import os
import signal
import statistics
import subprocess
import time

import failures
import source
import story
from stage import Stage, duration, size

REPEATS = 21
LIMIT = 60		# seconds, for everything


def command_time(stage, *words):
	"""The median time of a command, from its start to its end, without a shell."""
	times = []
	for _ in range(REPEATS):
		began = time.perf_counter()
		subprocess.run(words, cwd=stage.work, env=stage.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
		times.append(time.perf_counter() - began)
	return statistics.median(times)


def processes(stage):
	"""Processes of the programs under test that work in the demo's folder, or once did."""
	found = []
	for link in glob.glob("/proc/[0-9]*/exe"):
		folder = os.path.dirname(link)
		try:
			program = os.readlink(link)
			place = os.readlink(folder + "/cwd")
			files = [os.readlink(fd) for fd in glob.glob(folder + "/fd/*")]
		except OSError:
			continue
		if program.startswith(stage.build + "/") and any(path.startswith(stage.folder) for path in [place] + files):
			found.append(program)
	return found


def summary(stage, times):
	stage.title("3. In short")
	times["read all of it (dotsync cat)"] = command_time(stage, "dotsync", "cat", "--refresh=never", "psl.dat.sync")
	times["the same by cat(1), for comparison"] = command_time(stage, "cat", "psl.dat.sync")
	for what, seconds in times.items():
		shown = "%.1f ms" % (seconds * 1000) if seconds < 1 else "%.2f s" % seconds
		stage.show("  %-38s %10s" % (what, shown))


def farewell(stage):
	stage.show()
	stage.claim(not os.path.exists(stage.folder) and not processes(stage), "nothing left behind: no file, no process")
	seconds = time.monotonic() - stage.began
	stage.claim(seconds < LIMIT, "all of this took %.0f s" % seconds)
	if stage.broken:
		stage.show("\n%d of the claims above did not hold." % len(stage.broken))
		return 1
	stage.show("\nYour turn:  dotsync create --from URL      (build/release/bin is where it is; or `make install`)")
	return 0


def check_programs(build):
	for program in ("bin/dotsync", "libexec/dotsync/dotsync-refresh", "libexec/dotsync/dotsync-worker"):
		if not os.access(os.path.join(build, program), os.X_OK):
			raise SystemExit("demo: %s is not there; run `make build` first" % os.path.join(build, program))


def interrupted(*_):
	raise KeyboardInterrupt


def main(build):
	build = os.path.realpath(build)
	check_programs(build)
	signal.signal(signal.SIGTERM, interrupted)
	data, what, where = source.find()
	times = {}
	try:
		with Stage(build) as stage:
			stage.show("dotsync on real data: %s, %s (%s)," % (what, size(len(data)), where))
			stage.show("served from this machine.  Commands are shown as they are run.")
			origin = source.Source(data, "psl.dat")
			try:
				seconds = story.play(stage, origin, times)
				stage.show(stage.dim("\n  (so far %s)" % duration(seconds)))
				failures.play(stage, origin, times)
				summary(stage, times)
			finally:
				origin.stop()
		return farewell(stage)
	except KeyboardInterrupt:
		print("\ndemo: interrupted; what it had made is removed")
		return 130
