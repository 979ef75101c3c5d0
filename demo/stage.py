# SPDX-License-Identifier: Apache-2.0 OR MIT
"""
stage.py - where the demo plays: a terminal, a folder with a home of its own, and commands run in it.

	with Stage(build) as stage:
		stage.title("A file that keeps itself fresh")
		result = stage.run("dotsync cat psl.dat.sync | tail -n 1")
		stage.claim(result.code == 0, "it can be read")

The folder and everything in it are gone when the block ends, and so are the processes that were started.
"""
import glob
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import textwrap
import time

WIDTH = 90
DROPPED = ("XDG_", "DOTSYNC_", "http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "all_proxy")


class Result:
	def __init__(self, code, out, seconds):
		self.code = code
		self.out = out
		self.seconds = seconds


class Stage:
	def __init__(self, build):
		self.build = build
		self.began = time.monotonic()
		self.terminal = sys.stdout.isatty()
		self.coloured = self.terminal and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
		self.unicode = (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
		self.broken = []
		self.started = []

	def __enter__(self):
		self.folder = tempfile.mkdtemp(prefix="dotsync-demo-")
		self.work = os.path.join(self.folder, "work")
		os.makedirs(self.work)
		os.mkdir(os.path.join(self.folder, "home"), 0o700)
		self.environment = {k: v for k, v in os.environ.items() if not k.startswith(DROPPED)}
		self.environment["HOME"] = os.path.join(self.folder, "home")
		self.environment["PATH"] = os.path.join(self.build, "bin") + ":" + os.environ.get("PATH", "/usr/bin:/bin")
		return self

	def __exit__(self, *_):
		for process in self.started:
			if process.poll() is None:
				os.killpg(process.pid, signal.SIGKILL)
				process.wait()
		wait_for(lambda: not self.processes(), 5)	# a refresh in the background ends by itself
		shutil.rmtree(self.folder, ignore_errors=True)

	def processes(self):
		"""The programs under test that run now and have to do with the demo's folder."""
		found = []
		for link in glob.glob("/proc/[0-9]*/exe"):
			folder = os.path.dirname(link)
			try:
				program = os.readlink(link)
				places = [os.readlink(place) for place in [folder + "/cwd"] + glob.glob(folder + "/fd/*")]
			except OSError:
				continue
			if program.startswith(self.build + "/") and any(place.startswith(self.folder) for place in places):
				found.append(program)
		return found

	# ---- what is seen ----

	def paint(self, code, text):
		return "\033[%sm%s\033[0m" % (code, text) if self.coloured else text

	def bold(self, text):
		return self.paint("1", text)

	def dim(self, text):
		return self.paint("2", text)

	def show(self, text=""):
		print(text, flush=True)

	def rule(self):
		return ("─" if self.unicode else "-") * WIDTH

	def aside(self, text):
		"""What stands below something and is of less weight."""
		for line in textwrap.wrap(text, WIDTH - 4):
			self.show(self.dim("    " + line))

	def title(self, text):
		self.show("\n%s\n%s" % (self.bold(text), self.dim(self.rule())))

	def tell(self, text):
		"""A sentence of the story."""
		self.show()
		for line in textwrap.wrap(text, WIDTH - 2):
			self.show(self.paint("36", "# " + line))
		self.pause(1.2)

	def claim(self, holds, text):
		"""Something that was just checked; the demo fails when it does not hold."""
		if holds:
			mark = self.paint("32", "✓" if self.unicode else "ok")
		else:
			mark = self.paint("1;31", "✗ NOT SO:" if self.unicode else "NOT SO:")
			self.broken.append(text)
		lines = textwrap.wrap(text, WIDTH - 6)
		self.show("  %s %s" % (mark, ("\n" + " " * (4 if self.unicode else 5)).join(lines)))

	def claim_quietly(self, holds, text):
		"""The same, where the table says it already: heard of only when it does not hold."""
		if not holds:
			self.claim(False, text)

	def pause(self, seconds):
		"""Time to read, where somebody does."""
		if self.terminal:
			time.sleep(seconds)

	# ---- what is done ----

	def path(self, *names):
		return os.path.join(self.work, *names)

	def start(self, command, **options):
		"""A command of the shell in the work folder, in a process group of its own."""
		options.setdefault("cwd", self.work)
		process = subprocess.Popen(["bash", "-c", command], env=self.environment, stdin=subprocess.DEVNULL, start_new_session=True, **options)
		self.started.append(process)
		return process

	def prompt(self, command):
		self.show(self.bold("$ " + command))

	def run(self, command, lines=12, rest=0.5):
		"""
		Shows a command, runs it, shows at most `lines` of its output, and how long it took.  It has the terminal, if there
		is one, for its notes; the output goes through our hands.
		"""
		self.prompt(command)
		result = self.quietly(command, notes=None if self.terminal else subprocess.STDOUT)
		said = result.out.decode("utf-8", "replace").rstrip("\n").split("\n")
		for line in said[:lines]:
			self.show("  " + line)
		if len(said) > lines:
			self.show(self.dim("  (%d lines more)" % (len(said) - lines)))
		self.show(self.dim("  [%s]" % duration(result.seconds)))
		self.pause(rest)
		return result

	def quietly(self, command, cwd=None, limit=30, notes=subprocess.STDOUT):
		"""The same unseen; `out` has both output streams unless `notes` sends the second elsewhere."""
		began = time.monotonic()
		process = self.start(command, cwd=cwd or self.work, stdout=subprocess.PIPE, stderr=notes)
		try:
			out, _ = process.communicate(timeout=limit)
		except subprocess.TimeoutExpired:
			os.killpg(process.pid, signal.SIGKILL)
			out, _ = process.communicate()
		return Result(process.returncode, out, time.monotonic() - began)


def duration(seconds):
	return "%.0f ms" % (seconds * 1000) if seconds < 1 else "%.1f s" % seconds


def size(count):
	return "{:,} bytes".format(count)


def wait_for(condition, seconds=10):
	"""True as soon as the condition is; False when it does not become so."""
	end = time.monotonic() + seconds
	while not condition():
		if time.monotonic() > end:
			return False
		time.sleep(0.002)
	return True
