# SPDX-License-Identifier: Apache-2.0 OR MIT
"""Tests of the command: run it, compare everything it says with a file.

A group of tests is a file of functions named test_*, each of which gets a Case:

	def test_cat(t):
		t.archive("a.sync", payload=b"hello\\n")
		t.run("cat", "a.sync")

	clitest.main(__file__)

Each t.run() adds the command line, standard output, standard error and the exit status to a transcript, which must be equal to
expected/GROUP.TEST.txt.  What differs from run to run (times, hashes, generations) is replaced by a word in angle brackets.  After a
change that is meant, write the files anew and read the difference:

	DOTSYNC_BUILD=build/release test/cli/refresh-expected

Objects of --json are checked against their schema in doc/schema as well.  Each test has a folder of its own, which is home, configuration and working folder, and nothing else of the environment.
"""
import ctypes
import difflib
import io
import json
import os
import pty
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback
import zipfile

import schema

HERE = os.path.dirname(os.path.abspath(__file__))
BUILD = os.environ.get("DOTSYNC_BUILD", "")
SOURCE = os.environ.get("DOTSYNC_SOURCE", os.path.dirname(os.path.dirname(HERE)))
DOTSYNC = os.path.join(BUILD, "bin", "dotsync")
SCHEMAS = schema.Schemas(os.path.join(SOURCE, "doc", "schema"))
SCHEMA_OF = {"unhold": "hold.json"}  # the others have their command's name

PR_SET_CHILD_SUBREAPER = 36

REPLACED = [
	(re.compile(r"blake3:[0-9a-f]{64}"), "<hash>"),
	(re.compile(r"\b[0-9a-f]{32}\b"), "<generation>"),
	(re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"), "<time>"),
	(re.compile(r'"age":\d+'), '"age":<age>'),
	(re.compile(r'"memory_peak":\d+'), '"memory_peak":<bytes>'),
]


class Skip(Exception):
	"""The reason why a test cannot be run here."""


class Run:
	def __init__(self, code, out, err):
		self.code, self.out, self.err = code, out, err

	def objects(self):
		return [json.loads(line) for line in self.out.decode().splitlines()]


def utc(seconds):
	return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


def manifest(age=7230, ttl=86400, content_type="text/plain", ext="txt", tables=""):
	"""A manifest whose data are `age` seconds old; the default is shown as "2 h" for a minute."""
	return (
		'[sync]\nversion = "1.3"\ncontent_type = "%s"\ndisplay_ext = "%s"\n\n'
		'[meta]\ncreated_by = "tester"\ncreated_at = "%s"\nhash_algo = "blake3"\n\n'
		"[policy]\nttl = %d\ntimeout = 30\n%s"
	) % (content_type, ext, utc(time.time() - age), ttl, tables)


def pack(entries):
	"""The bytes of an archive, all Stored, so that nothing moves with the time in the manifest."""
	out = io.BytesIO()
	with zipfile.ZipFile(out, "w") as archive:
		for name, data in entries:
			info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
			archive.writestr(info, data)
	return out.getvalue()


class Case:
	def __init__(self, folder):
		self.folder = folder
		self.transcript = []
		self.environment = {
			"HOME": os.path.join(folder, "home"),
			"PATH": "/usr/bin:/bin",
			"LC_ALL": "C.UTF-8",
			"TERM": "xterm",
		}
		for name in ("ASAN_OPTIONS", "LSAN_OPTIONS", "UBSAN_OPTIONS"):	# how a sanitizer behaves is the build's affair
			if name in os.environ:
				self.environment[name] = os.environ[name]
		os.mkdir(self.environment["HOME"])
		self.work = os.path.join(folder, "work")
		os.mkdir(self.work)

	def path(self, name):
		return os.path.join(self.work, name)

	def write(self, name, data):
		with open(self.path(name), "wb") as file:
			file.write(data if isinstance(data, bytes) else data.encode())

	def read(self, name):
		with open(self.path(name), "rb") as file:
			return file.read()

	def archive(self, name, payload=b"hello\n", text=None, extra=(), **fields):
		"""Writes an archive that is valid unless what is passed makes it another."""
		entries = [("manifest.toml", text if text is not None else manifest(**fields))]
		entries += list(extra)
		entries.append(("payload", payload))
		self.write(name, pack(entries))

	def silent(self, *arguments, stdin=None, environment=None, **options):
		"""Runs the command; nothing goes into the transcript."""
		values = dict(self.environment)
		values.update(environment or {})
		values = {name: value for name, value in values.items() if value is not None}
		done = subprocess.run([DOTSYNC, *arguments], cwd=self.work, env=values, input=stdin if stdin is not None else b"",
			capture_output=True, timeout=60, check=False, **options)
		return Run(done.returncode, done.stdout, done.stderr)

	def run(self, *arguments, **options):
		"""Runs the command and writes down all that it said."""
		done = self.silent(*arguments, **options)
		if "--json" in arguments and done.code != 2:
			validate(arguments[0], done)
		self.say_bytes("", ("$ dotsync " + " ".join(quote(argument) for argument in arguments) + "\n").encode())
		self.say_bytes("", done.out)
		self.say_bytes("! ", done.err)
		if done.code != 0:
			self.say("= %d" % done.code)
		return done

	def answer(self, text, *arguments):
		"""Runs the command on a terminal where somebody types `text` when asked; what the person sees, and the exit status."""
		pid, master = pty.fork()
		if pid == 0:
			os.chdir(self.work)
			os.execve(DOTSYNC, [DOTSYNC, *arguments], self.environment)
		seen = b""
		while True:
			if text and seen.endswith(b"[y/N] "):
				os.write(master, text)
				text = b""
			try:
				piece = os.read(master, 4096)
			except OSError:
				break
			if not piece:
				break
			seen += piece
		os.close(master)
		seen = re.sub(rb"\r\x1b\[K|\x1b\[[0-9;]*m", b"", seen)
		return seen.replace(b"\r\n", b"\n").decode(), os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])

	def say(self, line):
		self.transcript.append(line)

	def say_bytes(self, prefix, data):
		text = data.decode("utf-8", "backslashreplace").replace(self.folder, "<folder>")
		for pattern, word in REPLACED:
			text = pattern.sub(word, text)
		lines = text.split("\n")
		ending = lines.pop()
		self.transcript += [prefix + line for line in lines]
		if ending:
			self.transcript.append(prefix + ending + "<no newline>")

	def check(self, condition, what):
		if not condition:
			raise AssertionError(what)

	def equal(self, found, expected, what=""):
		if found != expected:
			raise AssertionError("%s: expected %r, found %r" % (what, expected, found))


def quote(argument):
	argument = re.sub(r"[\x00-\x1f]", lambda found: "\\x%02x" % ord(found[0]), argument)
	return argument if re.fullmatch(r"[A-Za-z0-9_./:=@,+-]+", argument) else "'" + argument + "'"


def validate(command, done):
	"""Every object of --json is as its schema in doc/schema says; those of a command that delivers a payload are on standard error."""
	name = SCHEMA_OF.get(command, command + ".json")
	lines = done.out.splitlines() or done.err.splitlines()
	for line in lines:
		try:
			SCHEMAS.check(name, json.loads(line))
		except ValueError as problem:
			raise AssertionError("%s: %s in %s" % (name, problem, line.decode("utf-8", "replace"))) from problem


def compare(group, name, case):
	"""The transcript against its file; a test without one says nothing that is compared."""
	path = os.path.join(HERE, "expected", "%s.%s.txt" % (group, name))
	text = "".join(line + "\n" for line in case.transcript)
	if os.environ.get("DOTSYNC_EXPECTED") == "refresh":
		if text:
			with open(path, "w", encoding="utf-8") as file:
				file.write(text)
		elif os.path.exists(path):
			os.unlink(path)
		return
	expected = ""
	if os.path.exists(path):
		with open(path, encoding="utf-8") as file:
			expected = file.read()
	if text != expected:
		difference = difflib.unified_diff(expected.splitlines(), text.splitlines(), "expected", "found", lineterm="")
		raise AssertionError("the transcript differs\n" + "\n".join(difference))


def refreshers():
	"""Those of the background, which this process has adopted."""
	found = []
	with open("/proc/self/task/%d/children" % os.getpid(), encoding="ascii") as file:
		children = file.read().split()
	for pid in children:
		with open("/proc/%s/comm" % pid, encoding="ascii", errors="replace") as file:
			if file.read() == "dotsync-refresh\n":
				found.append(int(pid))
	return found


def await_refreshers():
	"""Until they end, lest they write into a folder that is being removed; who takes too long is killed."""
	end = time.monotonic() + 20
	while True:
		left = refreshers()
		if not left:
			return
		for pid in left:
			if time.monotonic() > end:
				os.kill(pid, signal.SIGKILL)
			os.waitpid(pid, os.WNOHANG)
		time.sleep(0.01)


def run_one(group, name, function):
	folder = os.path.realpath(tempfile.mkdtemp(prefix="dotsync-cli-"))
	try:
		case = Case(folder)
		function(case)
		compare(group, name, case)
		print("ok - %s" % name)
		return True
	except Skip as reason:
		print("ok - %s # SKIP %s" % (name, reason))
		return True
	except AssertionError as problem:
		print("not ok - %s: %s" % (name, problem))
	except Exception:
		print("not ok - %s" % name)
		traceback.print_exc(file=sys.stdout)
	finally:
		await_refreshers()
		shutil.rmtree(folder, ignore_errors=True)
	return False


def main(file):
	"""Runs the tests of the calling file, or those named on the command line."""
	group = os.path.splitext(os.path.basename(file))[0]
	tests = {name[5:]: function for name, function in sys.modules["__main__"].__dict__.items() if name.startswith("test_")}
	chosen = sys.argv[1:] or list(tests)
	if not os.path.exists(DOTSYNC):
		print("Bail out! no %s: build it, and say where with DOTSYNC_BUILD" % DOTSYNC)
		sys.exit(1)
	ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
	good = [run_one(group, name, tests[name]) for name in chosen]
	print("1..%d" % len(good))
	sys.exit(0 if all(good) else 1)
