# SPDX-License-Identifier: Apache-2.0 OR MIT
"""dotsync run: an updater tried in the real sandbox, with a server and then without one."""
import json
import os
import re
import signal
import subprocess
import sys
import time

import clitest

sys.path.insert(0, os.path.join(clitest.SOURCE, "test", "server"))
import client  # noqa: E402

UPDATER = os.path.join(clitest.BUILD, "tree", "guest", "http.wasm")


def prepare(t, server, body=b"a,b\n1,2\n3,4\n"):
	"""The built-in updater, its context, an old payload, and what the server has; returns the host entry that allows it."""
	if not os.path.exists(UPDATER):
		raise clitest.Skip("this build has no guests")
	os.symlink(UPDATER, t.path("http.wasm"))
	server.content("/data.csv", body, headers={"Content-Type": "text/csv", "ETag": '"one"'})
	t.write("context.json", json.dumps({"v": 1, "urls": [server.url("/data.csv")]}))
	t.write("old.csv", "a,b\n1,2\n3,5\n9,9\n")
	return server.origin("http")


def run(t, server, *arguments):
	"""t.run() without the server's port and the times."""
	done = t.silent("run", *arguments)
	if "--json" in arguments:
		clitest.validate("run", done)
	line = "$ dotsync run " + " ".join(clitest.quote(argument) for argument in arguments) + "\n"
	for prefix, data in (("", line.encode()), ("", done.out), ("! ", done.err)):
		data = data.replace(server.origin("http").encode(), b"http://<http>")
		data = re.sub(rb"(?m)^(time|memory|sandbox) .*", rb"\1 ...", data)
		data = re.sub(rb'"timings":\{[^}]*\}|"sandbox":\{[^}]*\}|"memory_peak":\d+', b'"...":0', data)
		t.say_bytes(prefix, data)
	if done.code != 0:
		t.say("= %d" % done.code)
	return done


def leftovers(t):
	return [name for name in os.listdir(t.temporary) if name.startswith("dotsync-run-")]


def scene(function):
	"""A test with a server and a folder for temporary files that must be empty in the end."""
	def test(t):
		t.temporary = t.path("tmp")
		os.mkdir(t.temporary)
		t.environment["TMPDIR"] = t.temporary
		with client.Server() as server:
			function(t, server)
		t.equal(leftovers(t), [], "left behind")
	return test


@scene
def test_run(t, server):
	host = prepare(t, server)
	options = ("--context", "context.json", "--payload", "old.csv", "--allow-host", host)
	run(t, server, *options, "-o", "new.csv", "http.wasm")
	t.equal(t.read("new.csv"), b"a,b\n1,2\n3,4\n", "the new payload")
	run(t, server, *options, "-o", "new.csv", "http.wasm")
	run(t, server, *options, "--json", "http.wasm")
	t.equal(os.listdir(os.path.join(t.environment["HOME"], ".config", "dotsync")) if os.path.exists(
		os.path.join(t.environment["HOME"], ".config", "dotsync")) else [], [], "nothing is granted for good")


@scene
def test_refused(t, server):
	prepare(t, server)
	run(t, server, "--context", "context.json", "http.wasm")
	run(t, server, "--context", "context.json", "--json", "http.wasm")
	t.equal(server.counts()["requests"].get("/data.csv", 0), 0, "requests")
	t.write("text.wasm", "(module)")
	run(t, server, "text.wasm")
	run(t, server, "missing.wasm")
	run(t, server, "--record", "a", "--replay", "b", "http.wasm")


@scene
def test_record_and_replay(t, server):
	host = prepare(t, server)
	options = ("--context", "context.json", "--allow-host", host, "http.wasm")
	run(t, server, "--record", "answers", *options)
	t.equal(sorted(os.listdir(t.path("answers"))), ["001.body", "001.head"], "files")
	t.check(t.read("answers/001.head").startswith(b"GET %s/data.csv\n\nHTTP/1.1 200 " % host.encode()), "the head of the recording")
	t.equal(t.read("answers/001.body"), b"a,b\n1,2\n3,4\n", "the body")
	run(t, server, "--record", "answers", *options)	# it is not empty
	before = server.counts()["requests"]["/data.csv"]
	run(t, server, "--replay", "answers", *options)
	run(t, server, "--replay", "answers", "--context", "context.json", "http.wasm")	# policy holds all the same
	t.write("answers/001.head", "GET %s/other\n\nHTTP/1.1 200 OK\n\n" % host)
	run(t, server, "--replay", "answers", *options)
	t.write("answers/001.head", "GET %s/data.csv\n\nHTTP/1.1 200 OK\nContent-Length: 99\n\n" % host)
	run(t, server, "--replay", "answers", *options)	# by hand: a body that is cut off
	t.write("answers/001.head", "GET %s/data.csv\n\nHTTP/1.1 404 Not Found\n\n" % host)
	run(t, server, "--replay", "answers", *options)
	t.write("answers/001.head", "GET %s/data.csv\n\nHTTP/1.1 200 OK\n\n" % host)
	os.unlink(t.path("answers/001.body"))
	os.mkfifo(t.path("answers/001.body"))
	done = t.silent("run", "--replay", "answers", *options)	# which nobody waits for
	t.equal(done.code, 1, "status")
	t.check(b"not a regular file" in done.out, "a body that is a pipe")
	t.equal(server.counts()["requests"]["/data.csv"], before, "no network was asked")


@scene
def test_flood(t, server):
	"""More refusals than are kept: what is printed is JSON all the same."""
	prepare(t, server)
	t.write("many.json", json.dumps({"v": 1, "urls": ["a"] * 15000}, separators=(",", ":")))
	done = t.silent("run", "--json", "--context", "many.json", "http.wasm")
	t.equal(done.code, 8, "status")
	t.check(len(json.loads(done.out)["refused"]) > 1000, "refusals")


@scene
def test_push(t, server):
	"""What is pushed is seen by the updater, which wants to send it on, and may not here."""
	guest = os.path.join(clitest.BUILD, "test", "guests", "c", "push.wasm")
	if not os.path.exists(guest):
		raise clitest.Skip("this build has no guests")
	os.symlink(guest, t.path("push.wasm"))
	t.write("pushed.txt", "pushed data\n")
	run(t, server, "--push", "pushed.txt", "push.wasm")
	run(t, server, "push.wasm")	# there is nothing to pull
	piped = t.silent("run", "--push", "-", "push.wasm", stdin=b"piped data\n")
	t.check(b"refused " in piped.out and piped.code == 75, piped)
	run(t, server, "--push", "-", "--payload", "-", "push.wasm")
	run(t, server, "--push", "missing.txt", "push.wasm")
	run(t, server, "--push", "/", "push.wasm")


def interrupt(t, server, *arguments):
	"""Starts the command, and sends it SIGINT once the server was asked for something that it never answers."""
	server.content("/data.csv", b"", silent=True)
	process = subprocess.Popen([clitest.DOTSYNC, *arguments], cwd=t.work, env=t.environment, stdin=subprocess.DEVNULL,
		stdout=subprocess.PIPE, stderr=subprocess.PIPE)
	deadline = time.monotonic() + 60
	while server.counts()["requests"].get("/data.csv", 0) == 0 and time.monotonic() < deadline:
		time.sleep(0.02)
	process.send_signal(signal.SIGINT)
	process.communicate(timeout=60)
	t.equal(process.returncode, -signal.SIGINT, "it ends by the signal")


@scene
def test_interrupted(t, server):
	host = prepare(t, server)
	interrupt(t, server, "run", "--context", "context.json", "--allow-host", host, "http.wasm")


@scene
def test_interrupted_at_its_input(t, server):
	"""Nobody says that standard input ever ends; and a signal that is ignored, as under nohup, is none."""
	prepare(t, server)
	for ignored in (False, True):
		process = subprocess.Popen([clitest.DOTSYNC, "run", "--payload", "-", "--context", "context.json", "http.wasm"], cwd=t.work,
			env=t.environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
			preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN if ignored else signal.SIG_DFL))
		deadline = time.monotonic() + 60
		while not leftovers(t) and time.monotonic() < deadline:
			time.sleep(0.02)
		process.send_signal(signal.SIGHUP)
		if ignored:
			process.communicate(timeout=60)	# which closes its input
		else:
			process.wait(timeout=60)
			process.stdin.close()
		t.equal(process.returncode, 75 if ignored else -signal.SIGHUP, "its end")	# no host is allowed


@scene
def test_create_interrupted(t, server):
	prepare(t, server)
	before = sorted(os.listdir(t.work))
	interrupt(t, server, "create", "--from", server.url("/data.csv"), "--unpack", "gz", "-o", "new.sync")
	t.equal(sorted(os.listdir(t.work)), before, "files")


clitest.main(__file__)
