# SPDX-License-Identifier: Apache-2.0 OR MIT
"""
stage.py - the place where rows are measured: programs, data, file systems, turns.

	times = stage.turns(5, {"cp": lambda: stage.run("cp", a, b), "dotsync": lambda: ...})

Each value of `times` is a list with one figure a round, in seconds; the n-th figures of all were taken one after the other, so
their ratios are worth more than the figures.
"""
import json
import os
import shutil
import subprocess
import tempfile
import contextlib

MIB = 1 << 20
GIB = 1 << 30


class Skip(Exception):
	"""The reason why a row cannot be measured here."""


class Stage:
	def __init__(self, build, scratch, quick):
		self.build, self.scratch, self.quick = build, scratch, quick
		self.dotsync = os.path.join(build, "bin", "dotsync")
		self.large = 64 * MIB if quick else GIB
		home = os.path.join(scratch, "home")
		os.mkdir(home)
		self.environment = {"HOME": home, "PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LC_ALL": "C.UTF-8", "DOTSYNC_BUILD": build}

	def strip(self, text):
		return text.replace(self.scratch, "<scratch>").replace(self.build, "<build>")

	def rounds(self, count):
		return 2 if self.quick else count

	def tool(self, name):
		"""A program of bench/."""
		path = os.path.join(self.build, "bench", name)
		if not os.path.exists(path):
			raise Skip("bench/%s is not built" % name)
		return path

	def path(self, name, folder=None):
		return os.path.join(folder or self.scratch, name)

	def spawn(self, times, *command):
		"""Runs a command; ({"ns": [...], "memory_kib": n}, its output).  What it says on standard error is shown only if it fails."""
		output = self.path("output")
		done = subprocess.run([self.tool("spawn"), str(times), output, *command], env=self.environment, capture_output=True, check=False)
		if done.returncode != 0:
			raise RuntimeError("%s: %s" % (self.strip(" ".join(command)), self.strip(done.stderr.decode("utf-8", "replace").strip()[-300:])))
		with open(output, "rb") as file:
			return json.loads(done.stdout), file.read()

	def run(self, *command):
		"""Seconds of one run."""
		return self.spawn(1, *command)[0]["ns"][0] / 1e9

	def attempt(self, *command):
		"""What a command says on standard output, whatever became of it."""
		return subprocess.run(command, env=self.environment, capture_output=True, check=False).stdout

	def json(self, *command):
		"""What a program says as JSON."""
		done = subprocess.run(command, env=self.environment, capture_output=True, check=True)
		return [json.loads(line) for line in done.stdout.splitlines()]

	def turns(self, rounds, ways, seldom=()):
		"""Runs all ways in turn, after a round that does not count; those in `seldom` take long and take part in two rounds."""
		times = {name: [] for name in ways}
		for i in range(-1, self.rounds(rounds)):
			for name, way in ways.items():
				if name in seldom and i not in (0, 1):
					continue
				seconds = way()
				if i >= 0:
					times[name].append(seconds)
		return times

	def data(self, folder=None, name="data", size=None):
		"""A file of `size` bytes that do not compress, made once, in the page cache."""
		path = self.path(name, folder)
		size = self.large if size is None else size
		if not os.path.exists(path):
			with open(path, "wb") as file:
				for start in range(0, size, 16 * MIB):
					file.write(os.urandom(min(16 * MIB, size - start)))
				os.fsync(file.fileno())
		return path

	def archive(self, payload, folder=None, name="archive.sync"):
		path = self.path(name, folder)
		if not os.path.exists(path):
			self.spawn(1, self.tool("swap"), "make", path, payload)
		return path

	@staticmethod
	def need_room(folder, size):
		free = shutil.disk_usage(folder).free
		if free < size:
			raise Skip("needs %.1f GiB of room, found %.1f" % (size / GIB, free / GIB))

	@contextlib.contextmanager
	def memory_folder(self, size):
		"""A folder on tmpfs."""
		if not os.path.isdir("/dev/shm"):
			raise Skip("no tmpfs at /dev/shm")
		self.need_room("/dev/shm", size)
		with open("/proc/meminfo", encoding="utf-8") as file:
			available = next(int(line.split()[1]) for line in file if line.startswith("MemAvailable")) << 10
		if available < size + GIB:
			raise Skip("needs %.1f GiB of memory, %.1f are available" % (size / GIB, available / GIB))
		folder = tempfile.mkdtemp(prefix="dotsync-bench-", dir="/dev/shm")
		try:
			yield folder
		finally:
			shutil.rmtree(folder, ignore_errors=True)

	@contextlib.contextmanager
	def loop_folder(self, kind):
		"""A fresh file system of this kind in an image file, mounted; needs root."""
		if os.geteuid() != 0:
			raise Skip("mounting an image needs root")
		if shutil.which("mkfs." + kind) is None:
			raise Skip("mkfs.%s is not installed" % kind)
		size = 1 * GIB if self.quick else 6 * GIB
		self.need_room(self.scratch, size)
		image, place = self.path(kind + ".image"), self.path(kind + ".mount")
		with open(image, "wb") as file:
			file.truncate(size)
		os.mkdir(place)
		try:
			self.must(["mkfs." + kind, "-q", image])
			self.must(["mount", "-o", "loop", image, place])
			try:
				yield place
			finally:
				self.must(["umount", place])
		finally:
			os.unlink(image)
			os.rmdir(place)

	@staticmethod
	def must(command):
		done = subprocess.run(command, capture_output=True, check=False)
		if done.returncode != 0:
			raise Skip("%s: %s" % (command[0], done.stderr.decode("utf-8", "replace").strip().splitlines()[-1:]))

	@contextlib.contextmanager
	def server(self, file, always=False):
		"""The port of an origin that serves this file; `always` whole, never 304."""
		process = subprocess.Popen([self.tool("server"), file] + ["always"] * always, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
		try:
			yield int(process.stdout.readline())
		finally:
			process.stdin.close()
			process.wait()
			process.stdout.close()
