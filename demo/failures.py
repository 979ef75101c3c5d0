# SPDX-License-Identifier: Apache-2.0 OR MIT
"""
failures.py - what goes wrong, and what is left of the file then: plain `curl -o` beside dotsync, both measured.

Every case begins with the same data twice, in a folder of its own: as the file list.dat, and as the archive list.sync,
both the edition that the server offered before it went wrong.
"""
import json
import os
import shutil
import signal
import subprocess
import textwrap
import time

from stage import size, wait_for

REFRESH = "dotsync refresh list.sync"
STATUS = "dotsync status list.sync"
NAME, CURL, OURS = 20, 37, 29		# columns of the table
PATIENCE = 2				# seconds
WHOLE = "the old data, whole"


class Case:
	"""One row: two copies of the data and what became of them."""

	def __init__(self, stage, source, folder):
		self.stage = stage
		self.source = source
		self.folder = folder
		self.data = source.edition(2)
		self.offered = b""
		shutil.copy(stage.path("list.sync"), folder)
		with open(os.path.join(folder, "list.dat"), "wb") as f:
			f.write(self.data)

	def offer(self, body, **broken):
		self.offered = body
		self.source.offer(body, **broken)

	def do(self, command, limit=20):
		return self.stage.quietly(command, self.folder, limit)

	def curl(self, options="", limit=20):
		return self.do("exec curl -s %s -o list.dat %s" % (options, self.source.url()), limit)

	def refresh(self):
		return self.do(REFRESH)

	def kept_by_curl(self):
		"""What list.dat is now, in words."""
		with open(os.path.join(self.folder, "list.dat"), "rb") as f:
			now = f.read()
		if now == self.data:
			return "the old data"
		if now.startswith(b"<html>"):
			return "an error page of %d bytes" % len(now)
		if len(now) < len(self.offered) and self.offered.startswith(now):
			return "the first {:,} of {:,}".format(len(now), len(self.offered))
		return size(len(now))

	def kept_by_us(self):
		read = self.do("dotsync cat --refresh=never list.sync")
		return WHOLE if read.code == 0 and read.out == self.data else "SOMETHING ELSE"

	def leftovers(self):
		return sorted(name for name in os.listdir(self.folder) if name.startswith("."))

	def status(self):
		"""What a person is told, and what went wrong at last."""
		said = self.do(STATUS).out.decode("utf-8", "replace").strip()
		return said, json.loads(self.do(STATUS + " --json").out).get("last_error")


def cells(stage, texts):
	"""One row of the table, each text wrapped in its column."""
	columns = [textwrap.wrap(text, width) or [""] for text, width in zip(texts, (NAME, CURL, OURS))]
	for i in range(max(len(column) for column in columns)):
		name, curl, ours = (column[i] if i < len(column) else "" for column in columns)
		stage.show("%s  %s  %s" % (stage.bold(name.ljust(NAME)), curl.ljust(CURL), ours))


def row(case, name, curl, ours, expected=75):
	"""Shows one case; it holds when our data is whole, nothing is left beside it and the exit code is what is promised."""
	stage = case.stage
	kept = case.kept_by_us()
	said, last_error = case.status()
	theirs = case.kept_by_curl() + ("; exit %d" % curl.code if curl.code >= 0 else "")
	cells(stage, (name, theirs, "%s; exit %d" % (kept, ours.code)))
	stage.aside(said)
	stage.claim_quietly(ours.code == expected and kept == WHOLE and case.leftovers() == [] and last_error,
		"%s: exit %d, data whole, reason told, nothing left; found exit %d, %s, left %s: %s" % (
		name, expected, ours.code, kept, case.leftovers(), ours.out.decode("utf-8", "replace").strip()))


def folder(stage, name):
	path = stage.path(name)
	os.mkdir(path)
	return path


def answers_500(stage, source):
	case = Case(stage, source, folder(stage, "500"))
	source.answer_500()
	row(case, "server answers 500", case.curl(), case.refresh())


def cuts_off(stage, source):
	case = Case(stage, source, folder(stage, "cut"))
	case.offer(source.edition(3), cut=100000)
	row(case, "body is cut off", case.curl(), case.refresh())


def never_answers(stage, source):
	case = Case(stage, source, folder(stage, "silent"))
	case.offer(source.edition(3), silent=True)
	curl = case.curl(limit=PATIENCE + 1)
	name = "server never answers"
	row(case, name, curl, case.refresh())
	if curl.code < 0:
		stage.aside("(curl would wait for ever; it was ended after %d s)" % (PATIENCE + 1))


def mount_small(path):
	"""Whether a file system of one mebibyte is there now."""
	if os.geteuid() != 0 or shutil.which("mount") is None:
		return False
	command = ["mount", "-t", "tmpfs", "-o", "size=1m", "none", path]
	return subprocess.run(command, stderr=subprocess.DEVNULL).returncode == 0


def fill(path):
	with open(os.path.join(path, "other"), "wb", buffering=0) as f:
		try:
			while f.write(bytes(4096)) > 0:
				pass
		except OSError:
			pass


def full_disk(stage, source):
	"""The new edition is a little longer than the old one, and the disk is full to the last block."""
	place = folder(stage, "full")
	mounted = mount_small(place)
	try:
		case = Case(stage, source, place)
		case.offer(source.edition(3, b"// and one rule more\n" * 500))
		if mounted:
			fill(place)
			row(case, "disk is full", case.curl(), case.refresh(), expected=1)
			stage.aside("(a tmpfs of 1 MiB, full to its last block; the new data is a little longer than the old)")
		else:
			limit = "ulimit -f %d; " % (len(case.data) // 1024 + 1)
			curl = case.do(limit + "curl -s -o list.dat " + source.url())
			row(case, "files cannot grow", curl, case.do(limit + REFRESH), expected=1)
			stage.aside("(nothing can be mounted here: a limit on the size of files stands in for a full disk)")
	finally:
		if mounted:
			subprocess.run(["umount", place], check=True)


def helper_of(pid):
	"""The first child of a process, or None."""
	try:
		with open("/proc/%d/task/%d/children" % (pid, pid)) as f:
			children = f.read().split()
	except OSError:
		return None
	return int(children[0]) if children else None


def killed(stage, source):
	case = Case(stage, source, folder(stage, "killed"))
	case.offer(source.edition(3), rate=80000)

	command = "exec curl -s -o list.dat " + source.url()
	process = stage.start(command, cwd=case.folder)
	time.sleep(1)
	process.kill()
	process.wait()

	began = len(source.requests())
	process = stage.start("exec " + REFRESH, cwd=case.folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
	wait_for(lambda: len(source.requests()) > began)
	time.sleep(0.5)
	for pid in (process.pid, helper_of(process.pid)):
		if pid is not None:
			os.kill(pid, signal.SIGKILL)
	process.wait()
	left = case.leftovers()
	kept = case.kept_by_us()
	cells(stage, ("kill -9 half-way", case.kept_by_curl(), kept))
	stage.aside(case.status()[0])
	case.offer(source.edition(3))
	after = case.refresh()
	then = "succeeds" if after.code == 0 else "FAILS"
	if left:
		stage.aside("(left beside it: %s; the next refresh sweeps that, and %s)" % (" ".join(left), then))
	else:
		stage.aside("(nothing is left beside it; the next refresh %s)" % then)
	stage.claim_quietly(kept == WHOLE and after.code == 0 and case.leftovers() == [],
		"killed: data whole, next refresh succeeds, nothing left; found %s, exit %d, left %s" % (kept, after.code, case.leftovers()))


def nothing_new(stage, source):
	case = Case(stage, source, folder(stage, "304"))
	source.offer(case.data)
	curl = case.curl("-w %{size_download}")
	ours = case.do(REFRESH + " --json")
	said = json.loads(ours.out)
	request = (said.get("requests") or [{}])[-1]
	cells(stage, ("nothing is new", "downloads %s again" % size(int(curl.out)),
		"%s: %s of data moved" % (request.get("status"), size(request.get("bytes", -1)))))
	stage.claim_quietly(request.get("status") == 304 and request.get("bytes") == 0 and ours.code == 0,
		"a 304 that moves no byte; found %s" % ours.out.decode())


def strange_host(stage, source):
	"""The updater is told of another server; nobody granted that."""
	case = Case(stage, source, folder(stage, "host"))
	other = source.server.url(source.path, "other")
	case.offer(source.edition(3))
	before = source.server.counts()["connections"].get("other", 0)
	with open(os.path.join(case.folder, "context.json"), "w") as f:
		json.dump({"v": 1, "urls": [other]}, f)
	case.do("dotsync set list.sync --context context.json")
	ours = case.refresh()
	kept = case.kept_by_us()
	tried = source.server.counts()["connections"].get("other", 0) - before
	curl = case.do("curl -s -o list.dat " + other)
	cells(stage, ("host was not granted", "whatever that host sent; exit %d" % curl.code,
		"%s; exit %d; %s" % (kept, ours.code, "no connection made" if tried == 0 else "CONNECTED")))
	stage.aside(case.status()[0])
	stage.claim_quietly(kept == WHOLE and tried == 0 and ours.code != 0 and not case.leftovers(),
		"a host that was not granted is not reached; found exit %d, %d connections: %s" % (ours.code, tried, ours.out.decode()))


def play(stage, source):
	stage.title("2. What goes wrong, beside what plain `curl -o` leaves behind")
	source.offer(source.edition(2))
	stage.tell("The same data twice: as a file and as a stale archive. In each row something goes wrong, both commands are "
		"run, and what is then found on disk is told.")
	stage.prompt("curl -s -o list.dat " + source.url())
	stage.prompt(REFRESH + "; " + STATUS)
	stage.show()
	made = stage.quietly("dotsync create --from %s --ttl 1s --timeout %ds -o list.sync" % (source.url(), PATIENCE))
	stage.claim_quietly(made.code == 0, "the archive for the table was made: " + made.out.decode("utf-8", "replace"))
	time.sleep(2)
	cells(stage, ("what goes wrong", "list.dat of curl is then", "list.sync of dotsync is then"))
	stage.show(stage.dim(stage.rule()))
	for case in (answers_500, cuts_off, never_answers, full_disk, killed, strange_host, nothing_new):
		case(stage, source)
		stage.pause(0.5)
