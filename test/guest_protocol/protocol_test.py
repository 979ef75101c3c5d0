#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 OR MIT
"""
The guest protocol as other programs speak it: lines into `dotsync guest`, lines out; and a session that has it done there.
"""
import base64
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import unittest
import zipfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "server"), os.path.join(HERE, "..", "cli")]
import client
import schema

BUILD = os.environ["DOTSYNC_BUILD"]
SOURCE = os.environ["DOTSYNC_SOURCE"]
HELPERS = os.path.join(BUILD, "libexec", "dotsync")
DOTSYNC = os.path.join(BUILD, "bin", "dotsync")
GUESTS = os.path.join(BUILD, "test", "guest_protocol")
SCHEMAS = schema.Schemas(os.path.join(SOURCE, "doc", "schema"))
ALL = {"can_" + word: True for word in ("read_payload", "read_context", "write_payload", "write_context", "execute_wasm")}
METHODS = {"ReadPayload": "capsule/payload.read", "ReadContext": "capsule/context.read", "WritePayload": "capsule/payload.write",
	"WriteContext": "capsule/context.write", "ExecuteWasm": "capsule/wasm.execute", "UpdatePayload": "capsule/payload.update"}
INPUTS = {"WritePayload": "payload_b64", "UpdatePayload": "payload_b64", "WriteContext": "value"}


def b64(data):
	return base64.b64encode(data).decode()


def context(**members):
	permissions = dict(ALL, allowed_hosts=members.pop("hosts", []), allowed_env=members.pop("env", []))
	permissions.update(members.pop("permissions", {}))
	return dict({"mode": "Headless", "role": "Owner", "permissions": permissions, "sync_path": "a.sync", "host_app": None}, **members)


def old(action, value=None, **members):
	return {"version": "guest.v1", "request_id": "r-1", "action": action, "context": context(**members), "input": value}


def new(action, value=None, **members):
	params = {"context": context(**members)}
	if action in INPUTS:
		params[INPUTS[action]] = value
	return {"jsonrpc": "2.0", "id": 1, "method": METHODS[action], "params": params}


class Base(unittest.TestCase):
	def setUp(self):
		self.folder = tempfile.mkdtemp(prefix="dotsync-guest-protocol-")
		self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
		self.files = os.path.join(self.folder, "files")
		os.mkdir(self.files)
		self.environment = {"HOME": os.path.join(self.folder, "home"), "PATH": os.environ["PATH"]}
		for name in ("ASAN_OPTIONS", "LSAN_OPTIONS", "UBSAN_OPTIONS"):
			if name in os.environ:
				self.environment[name] = os.environ[name]

	def path(self, name):
		return os.path.join(self.files, name)

	def run_program(self, *words, data=b"", code=0, **environment):
		done = subprocess.run(words, cwd=self.files, env=dict(self.environment, **environment), input=data, stdout=subprocess.PIPE,
			stderr=subprocess.PIPE, timeout=120)
		self.assertEqual(done.returncode, code, done.stdout + done.stderr)
		return done.stdout

	def make(self, payload=b"hello", behaviour=None, guest="guest", write=True, tables="", grant=True, hosts=()):
		"""a.sync; with a behaviour it has an updater that is granted what it asks for."""
		with open(self.path("p.txt"), "wb") as f:
			f.write(payload)
		words = [DOTSYNC, "create", "p.txt", "-o", "a.sync"]
		if os.path.exists(self.path("a.sync")):
			os.unlink(self.path("a.sync"))
		if behaviour is not None:
			with open(self.path("context.json"), "w") as f:
				f.write(behaviour)
			words += ["--wasm", os.path.join(GUESTS, guest + ".wasm"), "--context", "context.json"]
			words += [word for host in hosts for word in ("--allow-host", host)]
		self.run_program(*words)
		keys = ["ownership.write_allowed=true"] * write + tables.split()
		if keys:
			self.run_program(DOTSYNC, "set", "-q", "a.sync", *[word for key in keys for word in ("--set", key)])
		if behaviour is not None and grant:
			self.run_program(DOTSYNC, "grant", "--yes", "a.sync")
		elif behaviour is not None:
			shutil.rmtree(os.path.join(self.environment["HOME"], ".config"), ignore_errors=True)

	def ask(self, *requests, options=(), **environment):
		"""All requests in one conversation; the answers, each checked against the schema."""
		lines = [r if isinstance(r, bytes) else json.dumps(r).encode() for r in requests]
		out = self.run_program(DOTSYNC, "guest", *options, "a.sync", data=b"\n".join(lines), **environment)
		answers = [json.loads(line) for line in out.splitlines()]
		self.assertEqual(len(answers), len(lines))
		for answer in answers:
			SCHEMAS.check("guest.json", answer)
		return answers

	def ok(self, action, value=None, environment={}, **members):
		"""The result of an action, the same in both protocols."""
		answer, = self.ask(old(action, value, **members), **environment)
		self.assertEqual((answer["ok"], answer["error"], answer["request_id"]), (True, None, "r-1"), answer)
		newer, = self.ask(new(action, value, **members), **environment)
		self.assertEqual(newer.get("id"), 1, newer)
		result = newer["result"]
		if action in ("ReadPayload", "ExecuteWasm"):
			result = result["payload_b64"]
		elif action == "ReadContext":
			result = result["value"]
		self.assertEqual(result, answer["result"])
		return base64.b64decode(result) if action in ("ReadPayload", "ExecuteWasm") else result

	def refused(self, action, word, number, value=None, environment={}, **members):
		"""The message of a refusal, which changes nothing."""
		before = self.print()
		answer, newer = self.ask(old(action, value, **members), new(action, value, **members), **environment)
		self.assertEqual((answer["ok"], answer["result"], answer["error"]["code"]), (False, None, word), answer)
		self.assertEqual((newer["error"]["code"], newer["id"]), (number, 1), newer)
		self.assertEqual(self.print(), before)
		return answer["error"]["message"]

	def print(self):
		with open(self.path("a.sync"), "rb") as f:
			return f.read(), os.fstat(f.fileno()).st_ino

	def payload(self):
		self.assertEqual([n for n in os.listdir(self.files) if n.startswith(".")], [])
		with zipfile.ZipFile(self.path("a.sync")) as z:
			return z.read("payload")


class ServerTest(Base):
	def test_shapes(self):
		self.make(bytes(range(256)))
		self.assertEqual(self.ok("ReadPayload"), bytes(range(256)))
		self.assertIsNone(self.ok("ReadContext"))
		self.assertIsNone(self.ok("WriteContext", {"a": [1.5, None, "\n"]}))
		self.assertEqual(self.ok("ReadContext"), {"a": [1.5, None, "\n"]})
		self.assertIsNone(self.ok("WritePayload", b64(b"new\0")))
		self.assertEqual(self.payload(), b"new\0")
		self.assertIsNone(self.ok("UpdatePayload", b64(b"")))
		self.assertEqual(self.payload(), b"")
		self.refused("ExecuteWasm", "ExecutionFailed", -32603)

	def test_one_request_without_a_newline(self):
		self.make()
		out = self.run_program(DOTSYNC, "guest", "a.sync", data=json.dumps(old("ReadPayload")).encode())
		self.assertEqual(json.loads(out)["result"], b64(b"hello"))
		self.assertEqual(json.loads(self.run_program(DOTSYNC, "guest", "a.sync"))["request_id"], "unknown")
		self.assertEqual(json.loads(self.run_program(DOTSYNC, "guest", "a.sync", data=b" \n\r\n"))["error"]["message"], "Empty request")

	def test_execute_changes_nothing(self):
		self.make(behaviour="10987")
		before = self.print()
		self.assertEqual(self.ok("ExecuteWasm"), b"0987")
		self.assertEqual(self.ask(new("ExecuteWasm"))[0]["result"]["outcome"], "updated")
		self.assertEqual(self.print(), before)
		self.make(b"0987", behaviour="10987")
		self.assertEqual(self.ok("ExecuteWasm"), b"0987")
		self.assertEqual(self.ask(new("ExecuteWasm"))[0]["result"]["outcome"], "unchanged")
		self.assertEqual(self.payload(), b"0987")

	def test_consent_is_the_users(self):
		self.make(behaviour="17", grant=False)
		for action, value in (("ExecuteWasm", None), ("UpdatePayload", b64(b"x"))):
			self.assertIn("dotsync grant", self.refused(action, "PermissionDenied", -32001, value))
		self.run_program(DOTSYNC, "grant", "--yes", "a.sync")
		self.assertEqual(self.ok("ExecuteWasm"), b"7")
		self.refused("ExecuteWasm", "PermissionDenied", -32001, permissions={"can_execute_wasm": False})
		self.refused("ExecuteWasm", "PermissionDenied", -32001, role="Consumer")

	def test_push(self):
		self.make(behaviour="3")
		self.assertIsNone(self.ok("UpdatePayload", b64(b"good")))
		self.assertEqual(self.payload(), b"good")
		self.assertIn("not wanted", self.refused("UpdatePayload", "ExecutionFailed", -32603, b64(b"bad")))
		self.assertIsNone(self.ok("UpdatePayload", b64(b"")))
		self.assertEqual(self.payload(), b"")
		self.assertIsNone(self.ok("UpdatePayload", b64(b"bad"), permissions={"can_execute_wasm": False}))	# then nobody looks at it
		self.assertEqual(self.payload(), b"bad")
		self.assertIsNone(self.ok("WritePayload", b64(b"bad too")))
		self.assertEqual(self.payload(), b"bad too")
		large = os.urandom(5 << 20)
		self.assertIsNone(self.ok("UpdatePayload", b64(large)))
		self.assertEqual(self.payload(), large)

	def test_push_into_an_archive_that_takes_none(self):
		self.make(behaviour="3", write=False)
		self.assertIn("takes no pushed payload", self.refused("UpdatePayload", "PermissionDenied", -32001, b64(b"good")))
		self.assertIsNone(self.ok("WritePayload", b64(b"by its owner")))
		self.make(behaviour="3", tables="policy.max_payload=8")
		self.refused("UpdatePayload", "ExecutionFailed", -32603, b64(b"123456789"))
		self.assertIsNone(self.ok("UpdatePayload", b64(b"12345678")))

	def test_push_to_a_wasi_command(self):
		self.make(behaviour="{}", guest="guest_wasi")
		self.assertIsNone(self.ok("UpdatePayload", b64(b"good")))
		self.assertEqual(self.payload(), b"good")
		self.refused("UpdatePayload", "ExecutionFailed", -32603, b64(b"bad"))
		pulled = self.ok("ExecuteWasm").split(b"\n")
		self.assertIn(b"SYNC_MODE=pull", pulled)
		self.assertEqual(pulled[-1], b"")	# and nothing on its standard input

	def test_what_a_pushed_updater_sees(self):
		self.make(behaviour="2")
		reason, memory, pushed = self.ok("ExecuteWasm").split()
		self.assertEqual((reason, memory, pushed), (b"1", b"%d" % (256 << 20), b"none"))
		reason, memory, pushed = self.ok("ExecuteWasm", environment={"GUEST_MEMORY_LIMIT_MB": "3"}).split()
		self.assertEqual(memory, b"%d" % (3 << 20))
		self.refused("ExecuteWasm", "InvalidRequest", -32602, environment={"GUEST_MEMORY_LIMIT_MB": "0"})

	def test_limits(self):
		self.make(behaviour="4", tables="policy.timeout=60")
		started = time.monotonic()
		self.refused("ExecuteWasm", "ExecutionFailed", -32603, environment={"GUEST_CPU_LIMIT_MS": "200"})
		self.assertLess(time.monotonic() - started, 50)

	def test_variables(self):
		self.make(behaviour="5KEY", tables='permissions.allow_env=["KEY","OTHER"]')
		self.assertEqual(self.ok("ExecuteWasm", env=["KEY"], environment={"KEY": "value"}), b"value")
		self.assertEqual(self.ok("ExecuteWasm", env=["OTHER"], environment={"KEY": "value"}), b"none")
		self.assertEqual(self.ok("ExecuteWasm", environment={"KEY": "value"}), b"none")
		self.assertEqual(self.ok("ExecuteWasm", env=["KEY"], environment={"KEY": "value", "ALLOW_ENV": "OTHER, KEY"}), b"value")
		self.assertEqual(self.ok("ExecuteWasm", env=["KEY"], environment={"KEY": "value", "ALLOW_ENV": "OTHER"}), b"none")
		self.assertEqual(self.ok("ExecuteWasm", env=["KEY"], environment={"KEY": "value", "ALLOW_ENV": ""}), b"none")

	def test_hosts(self):
		server = client.Server()
		self.addCleanup(server.stop)
		server.content("/data", b"fetched")
		origin = server.origin()
		self.make(behaviour="6" + server.url("/data"), hosts=[origin])
		self.assertEqual(self.ok("ExecuteWasm", hosts=[origin]), b"fetched")
		self.assertEqual(self.ok("ExecuteWasm", hosts=[origin, "b.example"], environment={"ALLOW_HOSTS": "c.example," + origin}), b"fetched")
		asked = len(server.log())
		self.refused("ExecuteWasm", "ExecutionFailed", -32603)
		message = self.refused("ExecuteWasm", "ExecutionFailed", -32603, hosts=["b.example"])
		self.assertIn("the session does not allow", message)
		self.assertNotIn("manifest", message)
		self.refused("ExecuteWasm", "ExecutionFailed", -32603, hosts=[origin], environment={"ALLOW_HOSTS": "c.example"})
		self.assertEqual(len(server.log()), asked)


class StreamTest(Base):
	def start(self, *options):
		process = subprocess.Popen([DOTSYNC, "guest", *options, "a.sync"], cwd=self.files, env=self.environment, stdin=subprocess.PIPE,
			stdout=subprocess.PIPE)

		def end():
			process.kill()
			process.wait()
			process.stdin.close()
			process.stdout.close()
		self.addCleanup(end)
		return process

	def test_one_at_a_time(self):
		self.make()
		process = self.start()
		for i in range(20):
			process.stdin.write(json.dumps(dict(new("ReadPayload"), id=i)).encode() + b"\n")
			process.stdin.flush()
			self.assertEqual(json.loads(process.stdout.readline()), {"jsonrpc": "2.0", "id": i, "result": {"payload_b64": b64(b"hello")}})
		process.stdin.close()
		self.assertEqual(process.wait(60), 0)

	def test_bad_lines_between_good_ones(self):
		self.make()
		bad = [b"{", b"\xff\xfe", b"[" * 70, b"null", b'{"jsonrpc":"2.0"}', b"\0", b"}" * 1000, b'"' + b"x" * 100000]
		requests = [line for pair in zip(bad, [new("ReadPayload")] * len(bad)) for line in pair]
		answers = self.ask(*requests)
		self.assertTrue(all("error" in a and a["id"] is None for a in answers[::2]), answers)
		self.assertTrue(all(a.get("result") == {"payload_b64": b64(b"hello")} for a in answers[1::2]), answers)

	def test_many(self):
		self.make()
		lines = b"".join(json.dumps(dict(old("ReadPayload"), request_id=str(i))).encode() + b"\n" for i in range(10000))
		out = self.run_program(DOTSYNC, "guest", "--rate", "1000000", "a.sync", data=lines)
		ids = [json.loads(line)["request_id"] for line in out.splitlines()]
		self.assertEqual(ids, [str(i) for i in range(10000)])

	def test_rate(self):
		"""Nobody is refused; the eleventh of ten a second has to wait."""
		self.make()
		started = time.monotonic()
		self.assertEqual(len(self.ask(*[new("ReadContext")] * 14, options=("--rate", "10"))), 14)
		self.assertGreater(time.monotonic() - started, 0.35)

	def test_a_line_without_end(self):
		self.make()
		process = self.start()
		piece = b"x" * (1 << 20)
		process.stdin.write(b'{"a":"')
		for _ in range(100):
			process.stdin.write(piece)
		process.stdin.write(b'"}\n' + json.dumps(new("ReadPayload")).encode() + b"\n")
		process.stdin.flush()
		self.assertEqual(json.loads(process.stdout.readline())["error"]["code"], -32004)
		self.assertEqual(json.loads(process.stdout.readline())["id"], 1)
		with open("/proc/%d/status" % process.pid) as f:
			peak = [int(line.split()[1]) for line in f if line.startswith("VmHWM")][0]
		with open(DOTSYNC, "rb") as f:
			sanitized = b"__asan" in f.read()
		if not sanitized:	# which has a memory of its own for what was freed
			self.assertLess(peak, 200 * 1024)
		process.stdin.write(piece * 90)	# and one that ends with the stream
		process.stdin.close()
		self.assertEqual(json.loads(process.stdout.readline())["error"]["code"], -32004)
		self.assertEqual(process.wait(60), 0)

	def test_as_large_as_may_be(self):
		limit = 64 << 20
		self.make(bytes(limit))
		answer, = self.ask(new("ReadPayload"))
		self.assertEqual(len(answer["result"]["payload_b64"]), (limit + 2) // 3 * 4)
		answer, = self.ask(new("WritePayload", b64(b"\1" * limit)))
		self.assertIsNone(answer["result"], answer)
		self.assertEqual(os.path.getsize(self.path("a.sync")) // limit, 1)
		answer, = self.ask(new("WritePayload", b64(b"\1" * (limit + 3))))
		self.assertEqual(answer["error"]["code"], -32004, answer)
		self.make(bytes(limit + 1))
		answer, = self.ask(old("ReadPayload"))
		self.assertEqual(answer["error"]["code"], "ExecutionFailed")
		self.assertIn("dotsync cat", answer["error"]["message"])
		self.make(b"123456789")
		answer, = self.ask(new("ReadPayload"), options=("--max-payload", "8"))
		self.assertEqual(answer["error"]["code"], -32004)

	def test_a_peer_that_leaves(self):
		self.make()
		process = self.start()
		process.stdout.close()
		try:
			for _ in range(100):
				process.stdin.write(json.dumps(new("ReadPayload")).encode() + b"\n")
			process.stdin.close()
		except BrokenPipeError:
			pass
		self.assertEqual(process.wait(60), 0)

	def test_two_writers(self):
		self.make()
		processes = [self.start(), self.start()]
		for i in range(20):
			for number, process in enumerate(processes):
				process.stdin.write(json.dumps(new("WritePayload", b64(b"%d-%d" % (number, i)))).encode() + b"\n")
				process.stdin.flush()
			for process in processes:
				answer = json.loads(process.stdout.readline())
				self.assertIn("id", answer)
				self.assertIsNone(answer.get("result", 0), answer)
		self.assertIn(self.payload(), (b"0-19", b"1-19"))

	def test_an_archive_that_comes_and_goes(self):
		self.make()
		process = self.start()

		def read():
			process.stdin.write(json.dumps(old("ReadPayload")).encode() + b"\n")
			process.stdin.flush()
			return json.loads(process.stdout.readline())
		self.assertEqual(read()["result"], b64(b"hello"))
		os.rename(self.path("a.sync"), self.path("b.sync"))
		self.assertEqual(read()["error"]["code"], "IoError")
		with open(self.path("a.sync"), "wb") as f:
			f.write(b"PK" + bytes(100))
		self.assertEqual(read()["error"]["code"], "IoError")
		os.rename(self.path("b.sync"), self.path("a.sync"))
		self.assertEqual(read()["result"], b64(b"hello"))
		self.run_program(DOTSYNC, "set", "-q", "--payload", "-", "a.sync", data=b"other")
		self.assertEqual(read()["result"], b64(b"other"))


class SessionTest(Base):
	"""A session in its own process, through our server, and what is the same in both."""

	def session(self, program, action, value="", protocol="v1", code=0, **environment):
		return self.run_program(os.path.join(GUESTS, "client"), HELPERS, program, protocol, "a.sync", action, value, code=code, **environment)

	def each(self):
		for program, protocol in (("-", "v1"), (DOTSYNC, "v1"), (DOTSYNC, "rpc")):
			with self.subTest(program=program, protocol=protocol):
				yield program, protocol

	def test_everything(self):
		for program, protocol in self.each():
			self.make(behaviour="3")

			def session(action, value="", code=0):
				return self.session(program, action, value, protocol, code)
			self.assertEqual(session("ReadPayload"), b"hello")
			self.assertEqual(session("ReadContext").strip(), b"3")
			session("WritePayload", "written")
			self.assertEqual(self.payload(), b"written")
			session("UpdatePayload", "pushed")
			self.assertEqual(self.payload(), b"pushed")
			self.assertTrue(session("UpdatePayload", "bad", code=1).startswith(b"ExecutionFailed: "))
			self.assertEqual(self.payload(), b"pushed")
			session("WriteContext", '19.50')
			self.assertEqual(session("ReadContext"), b"19.50")
			before = self.print()
			self.assertEqual(session("ExecuteWasm"), b"9.50")
			self.assertEqual(self.print(), before)
			self.assertTrue(session("WriteContext", "{", code=1).startswith(b"InvalidRequest: "))

	def test_refusals(self):
		for program, protocol in self.each():
			self.make(behaviour="3", write=False)
			self.assertTrue(self.session(program, "UpdatePayload", "x", protocol, 1).startswith(b"PermissionDenied: "))
			self.make()
			self.assertTrue(self.session(program, "ExecuteWasm", "", protocol, 1).startswith(b"ExecutionFailed: "))

	def test_a_program_that_is_none(self):
		self.make()
		self.assertTrue(self.session("no-such-program", "ReadPayload", code=1).startswith(b"HostUnavailable: "))
		self.assertTrue(self.session("true", "ReadPayload", code=1).startswith(b"ProtocolError: "))
		self.assertTrue(self.session("false", "ReadPayload", code=1).startswith(b"ProtocolError: "))


if __name__ == "__main__":
	unittest.main()
