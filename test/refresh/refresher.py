# SPDX-License-Identifier: Apache-2.0 OR MIT
"""
refresher.py - archives, grants and the job protocol, for tests that drive dotsync-refresh.

	with Place() as place:
		archive = place.archive("a.sync", b"old", updater="http", context={"v": 1, "urls": [url]}, hosts=[origin])
		place.grant([origin])
		outcome = place.refresh(archive)

A place is a folder of its own with configuration, state and cache, gone when the block ends.
"""
import base64
import json
import os
import re
import select
import shutil
import signal
import socket
import struct
import sys
import tempfile
import time
import unittest
import zipfile
import zlib

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "server"))

import client  # noqa: E402

BUILD = os.environ["DOTSYNC_BUILD"]
HELPERS = os.path.join(BUILD, "libexec", "dotsync")
GUESTS = os.path.join(BUILD, "test", "refresh")
BUILTINS = os.path.join(BUILD, "tree", "guest")
PACKET_MAX = 131072
SANITIZERS = ("ASAN_OPTIONS", "LSAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS")	# how they behave is the build's affair
ATTRIBUTE = "user.dotsync.record"


def build_id():
	with open(os.path.join(BUILD, "tree", "lib", "runtime", "build_id.c")) as f:
		return "".join(re.findall(r"0x([0-9a-f]{2})", f.read()))


def updater_path(name):
	for folder in (BUILTINS, GUESTS):
		path = os.path.join(folder, name + ".wasm")
		if os.path.exists(path):
			return path
	raise FileNotFoundError(name)


def updater(name):
	with open(updater_path(name), "rb") as f:
		return f.read()


def stamp(seconds):
	return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


def manifest(hosts, created=0, ttl=3600, policy=None, env=(), owner="test", extra="", sync=""):
	lines = ["[sync]", 'version = "1.3"', 'content_type = "text/plain"', 'display_ext = "txt"', sync]
	lines += ["[meta]", 'created_by = "%s"' % owner, 'created_at = "%s"' % stamp(created), 'hash_algo = "blake3"']
	lines += ["[policy]", "ttl = %d" % ttl] + ["%s = %s" % item for item in dict({"timeout": 10}, **(policy or {})).items()]
	lines += ["[permissions]", "allow_hosts = " + json.dumps(list(hosts)), "allow_env = " + json.dumps(list(env)), extra]
	return "\n".join(lines) + "\n"


class Process:
	"""One dotsync-refresh with its socket."""

	def __init__(self, job, passed=None, environment=None, arguments=(), program=os.path.join(HELPERS, "dotsync-refresh")):
		ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
		for s in (ours, theirs):
			s.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 2 * PACKET_MAX)
		null = os.open("/dev/null", os.O_RDWR)
		actions = [(os.POSIX_SPAWN_DUP2, null, fd) for fd in (0, 1)] + [(os.POSIX_SPAWN_DUP2, theirs.fileno(), 3)]
		given = {name: os.environ[name] for name in SANITIZERS if name in os.environ}
		given.update(environment or {})
		self.pid = os.posix_spawn(program, [program, *arguments], given, file_actions=actions, setsid=True)
		os.close(null)
		theirs.close()
		self.socket = ours
		self.status = None
		self.events = []
		packet = json.dumps({"job": job}).encode()
		try:
			if passed is None:
				ours.send(packet)
			else:
				socket.send_fds(ours, [packet], [passed])
		except BrokenPipeError:
			pass	# it has ended already; what it said can still be read

	def read(self, timeout=60):
		"""The next packet as an object; None when the process hung up."""
		if not select.select([self.socket], [], [], timeout)[0]:
			raise TimeoutError("dotsync-refresh says nothing")
		try:
			packet = self.socket.recv(PACKET_MAX)
		except ConnectionResetError:	# it ended without reading all that was said to it; its own words come after this
			packet = self.socket.recv(PACKET_MAX)
		return json.loads(packet) if packet else None

	def outcome(self, timeout=60):
		while True:
			packet = self.read(timeout)
			if packet is None:
				raise EOFError("dotsync-refresh ended without an outcome: status %s" % self.wait())
			if "outcome" in packet:
				return packet["outcome"]
			self.events.append(packet["event"])

	def wait_for(self, kind):
		"""The next event of this kind."""
		while True:
			event = self.read()["event"]
			self.events.append(event)
			if event["kind"] == kind:
				return event

	def files(self):
		"""What its descriptors lead to."""
		folder = "/proc/%d/fd" % self.pid
		found = []
		for name in os.listdir(folder):
			try:
				found.append(os.readlink(os.path.join(folder, name)))
			except FileNotFoundError:
				pass	# closed meanwhile
		return found

	def decide(self, word):
		self.socket.send(json.dumps({"decision": word}).encode())

	def hang_up(self):
		self.socket.close()

	def kill(self):
		if self.status is None:
			os.kill(self.pid, signal.SIGKILL)
		return self.wait()

	def wait(self):
		"""Its exit status; what it still says is not read."""
		self.socket.close()
		if self.status is None:
			self.status, self.usage = os.wait4(self.pid, 0)[1:]
		return self.status

	def worker(self):
		"""The process number of its worker, or None."""
		try:
			with open("/proc/%d/task/%d/children" % (self.pid, self.pid)) as f:
				children = f.read().split()
		except FileNotFoundError:
			return None
		return int(children[0]) if children else None


class Place:
	def __init__(self, folder=None):
		self.folder = tempfile.mkdtemp(prefix="dotsync-refresh-test-", dir=folder)
		self.files = os.path.join(self.folder, "files")
		for name in ("config", "state", "cache", "machine/grants.d", "files"):
			os.makedirs(os.path.join(self.folder, name), mode=0o700)

	def __enter__(self):
		return self

	def __exit__(self, *_):
		shutil.rmtree(self.folder, ignore_errors=True)

	def path(self, *names):
		return os.path.join(self.folder, *names)

	def archive(self, name, payload, text=None, wasm="http", context=None, **keys):
		"""Writes an archive; `wasm` is a name, bytes, or None for no updater."""
		path = os.path.join(self.files, name)
		if os.path.exists(path):
			os.unlink(path)	# with its attributes
		with zipfile.ZipFile(path, "w") as z:
			z.writestr("manifest.toml", text or manifest(keys.pop("hosts", ()), **keys))
			if context is not None:
				z.writestr("context.json", context if isinstance(context, str) else json.dumps(context))
			if wasm is not None:
				z.writestr("sync.wasm", updater(wasm) if isinstance(wasm, str) else wasm)
			z.writestr("payload", payload)
		return path

	def http(self, name, payload, url, **keys):
		"""One with the built-in updater."""
		urls = [url] if isinstance(url, str) else url
		hosts = keys.pop("hosts", None) or ["/".join(u.split("/")[:3]) for u in urls]
		return self.archive(name, payload, context={"v": 1, "urls": urls}, hosts=hosts, **keys)

	def grant(self, hosts, env=(), owner="test", private=None):
		"""A grant of the machine for any updater of this owner."""
		with open(self.path("machine", "grants.d", "test.toml"), "w") as f:
			f.write("v = 1\nowner = %s\nhosts = %s\nenv = %s\nprivate = %s\n" % tuple(json.dumps(x) for x in (
				owner, list(hosts), list(env), list(hosts if private is None else private))))
			f.write('created = "2020-01-01T00:00:00Z"\n')

	def job(self, path=None, kind="refresh", **members):
		job = {"kind": kind, "build": build_id(), "config_dir": self.path("config"), "state_dir": self.path("state"),
			"cache_dir": self.path("cache"), "machine_dir": self.path("machine"), "helper_dir": HELPERS}
		if path is not None:
			job["path"] = path
		job.update(members)
		return job

	def start(self, path, **members):
		return Process(self.job(path, **members))

	def refresh(self, path, **members):
		process = self.start(path, **members)
		outcome = process.outcome()
		if process.wait() != 0:
			raise AssertionError("dotsync-refresh ended with status %d" % process.status)
		outcome["events"] = process.events
		return outcome

	def leftovers(self):
		return sorted(name for name in os.listdir(self.files) if name.startswith("."))


def payload(path):
	with zipfile.ZipFile(path) as z:
		return z.read("payload")


def entry(path, name):
	with zipfile.ZipFile(path) as z:
		return z.read(name) if name in z.namelist() else None


def attest(path):
	"""The body of sync.attest."""
	return json.loads(base64.b64decode(json.loads(entry(path, "sync.attest"))["payload"]))


def print_of(path):
	"""What must not change when nothing is swapped: bytes, inode, times of the data."""
	st = os.stat(path)
	with open(path, "rb") as f:
		return zlib.crc32(f.read()), st.st_ino, st.st_size, st.st_mtime_ns, st.st_mode


class Record:
	"""The state record of an archive (doc/format.md); None members where there is none."""

	def __init__(self, path):
		data = os.getxattr(path, ATTRIBUTE)
		magic, version, flags, _, self.generation = struct.unpack_from("<4sBBH16s", data)
		assert (magic, version) == (b"DSST", 1)
		self.held = bool(flags & 1)
		times = struct.unpack_from("<4qIi", data, 24)
		self.base, self.last_attempt, self.next_attempt, self.held_until = (None if t == -(1 << 63) else t for t in times[:4])
		self.failures, self.last_code = times[4:]
		self.request = data[64:80]
		self.last_error, at = self.text(data, 80)
		self.etag, at = self.text(data, at)
		self.last_modified, at = self.text(data, at)

	@staticmethod
	def text(data, at):
		size, = struct.unpack_from("<H", data, at)
		return data[at + 2:at + 2 + size].decode(), at + 2 + size


def patch_record(path, **members):
	"""Changes times or the hold of a record in place."""
	data = bytearray(os.getxattr(path, ATTRIBUTE))
	places = {"base": 24, "last_attempt": 32, "next_attempt": 40, "held_until": 48}
	for name, value in members.items():
		if name == "held":
			data[5] = value
		else:
			struct.pack_into("<q", data, places[name], value)
	os.setxattr(path, ATTRIBUTE, bytes(data))


def is_sanitized():
	"""Sanitizers keep memory of their own."""
	with open(os.path.join(HELPERS, "dotsync-refresh"), "rb") as f:
		return b"__asan_init" in f.read()


def is_running(pid):
	try:
		with open("/proc/%d/stat" % pid) as f:
			return f.read().rsplit(")", 1)[1].split()[0] != "Z"
	except FileNotFoundError:
		return False


def wait_until(condition, seconds=20):
	deadline = time.time() + seconds
	while not condition():
		if time.time() > deadline:
			return False
		time.sleep(0.01)
	return True


class ServerCase(unittest.TestCase):
	"""A server for all tests of a class; for each test a place of its own, whose user granted that server, and new data at /data."""

	@classmethod
	def setUpClass(cls):
		cls.server = client.Server()

	@classmethod
	def tearDownClass(cls):
		cls.server.stop()

	def setUp(self):
		self.server.reset()
		self.place = Place()
		self.addCleanup(self.place.__exit__)
		self.place.grant([self.server.origin()])
		self.server.content("/data", b"new data", headers={"ETag": '"1"'})


class RefreshCase(ServerCase):
	"""With archives of that server's data, and refreshes that leave nothing beside them."""

	def http(self, old=b"old", path="/data", **keys):
		return self.place.http("a.sync", old, self.server.url(path), **keys)

	def guest(self, context, old=b"old", **keys):
		keys.setdefault("hosts", [self.server.origin()])
		return self.place.archive("g.sync", old, wasm=keys.pop("wasm", "guest"), context=context, **keys)

	def count(self, path="/data"):
		return self.server.counts()["requests"].get(path, 0)

	def refresh(self, archive, kind, **members):
		outcome = self.place.refresh(archive, **members)
		self.assertEqual(outcome["kind"], kind, outcome)
		self.assertEqual(self.place.leftovers(), [])
		return outcome
