# SPDX-License-Identifier: Apache-2.0 OR MIT
"""
play.py - the whole demo, from the first line to the summary.
"""
import os
import shutil
import signal
import statistics
import time

import failures
import source
import story
from stage import Stage, duration, size

LIMIT = 60	# seconds, for everything


def command_time(stage, repeats, program, *arguments):
	"""The median time of a command, from its start to its end, without a shell."""
	path = shutil.which(program, path=stage.environment["PATH"])
	null = [(os.POSIX_SPAWN_OPEN, fd, "/dev/null", os.O_RDWR, 0) for fd in (0, 1, 2)]
	times = []
	for _ in range(repeats):
		began = time.perf_counter()
		pid = os.posix_spawn(path, [program, *arguments], stage.environment, file_actions=null)
		status = os.waitpid(pid, 0)[1]
		times.append(time.perf_counter() - began)
		stage.claim_quietly(status == 0, "%s %s succeeds when it is timed" % (program, " ".join(arguments)))
	return statistics.median(times)


def summary(stage, times):
	stage.title("3. In short")
	archive = stage.path("psl.dat.sync")
	size = "%.0f KiB" % (os.path.getsize(archive) / 1024)
	times["dotsync cat, all %s of it" % size] = command_time(stage, 21, "dotsync", "cat", "--refresh=never", archive)
	times["cat(1) of the same %s" % size] = command_time(stage, 21, "cat", archive)
	times["dotsync refresh that is a 304"] = command_time(stage, 7, "dotsync", "refresh", "--force", archive)
	for what, seconds in times.items():
		stage.show("  %-38s %8.1f ms" % (what, seconds * 1000))


def farewell(stage):
	stage.show()
	stage.claim(not os.path.exists(stage.folder) and not stage.processes(), "nothing left behind: no file, no process")
	seconds = time.monotonic() - stage.began
	stage.claim(seconds < LIMIT, "all of this took %.0f s" % seconds)
	if stage.broken:
		stage.show("\n%d of the claims above did not hold." % len(stage.broken))
		return 1
	program = os.path.join(stage.build, "bin", "dotsync")
	stage.show("\nYour turn: %s create --from URL" % min(program, os.path.relpath(program), key=len))
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
			stage.show(stage.bold("dotsync on real data: %s, %s" % (what, size(len(data)))))
			stage.show("(%s, served from this machine)" % where)
			origin = source.Source(data, "psl.dat")
			try:
				seconds = story.play(stage, origin, times)
				stage.show(stage.dim("\n  (so far %s)" % duration(seconds)))
				failures.play(stage, origin)
				origin.offer(origin.edition(2))
				summary(stage, times)
			finally:
				origin.stop()
		return farewell(stage)
	except BrokenPipeError:
		os.dup2(os.open(os.devnull, os.O_WRONLY), 1)	# nobody reads on; Python would complain at its end too
		return 141
	except KeyboardInterrupt:
		print("\ndemo: interrupted; what it had made is removed")
		return 130
