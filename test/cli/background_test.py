# SPDX-License-Identifier: Apache-2.0 OR MIT
"""Reading what is stale: the data at once, one refresh in the background.  The real refresher and worker, a real server on loopback."""
import os
import shutil
import subprocess
import sys
import time

import clitest

sys.path.insert(0, os.path.join(clitest.SOURCE, "test", "server"))
import client  # noqa: E402

PATH = "/data.txt"


def make(t, server, payload=b"old\n", ttl="1s", name="data.txt.sync"):
	"""An archive of what the server has, with all that it needs granted; it is stale when this returns, if its time to live is 1 s."""
	server.content(PATH, payload, headers={"ETag": '"%d"' % hash(payload)})
	done = t.silent("create", "--from", server.url(PATH), "--ttl", ttl, "-o", name)
	if done.code != 0:
		raise AssertionError(done.err.decode())
	time.sleep(1.1 if ttl == "1s" else 0)


def wait_for(t, what, condition):
	"""Background work has no end that one could wait for; the condition is looked at until it holds."""
	end = time.monotonic() + 30
	while time.monotonic() < end:
		if condition():
			return
		time.sleep(0.02)
	raise AssertionError("not within 30 s: " + what)


def requests(server):
	return server.counts()["requests"].get(PATH, 0)


def test_cat(t):
	with client.Server() as server:
		make(t, server)
		server.content(PATH, b"new\n", headers={"ETag": '"2"'})
		t.equal(t.silent("cat", "data.txt.sync").out, b"old\n", "the old data at once")
		wait_for(t, "the new data", lambda: t.silent("cat", "--refresh=never", "data.txt.sync").out == b"new\n")
		t.equal([name for name in os.listdir(t.work) if name != "data.txt.sync"], [], "nothing is left beside the archive")


def test_extract(t):
	with client.Server() as server:
		make(t, server)
		server.content(PATH, b"new\n", headers={"ETag": '"2"'})
		t.equal(t.silent("extract", "data.txt.sync").code, 0, "extract")
		t.equal(t.read("data.txt"), b"old\n", "the old data at once")
		wait_for(t, "the new data", lambda: t.silent("cat", "--refresh=never", "data.txt.sync").out == b"new\n")


def test_wait(t):
	with client.Server() as server:
		make(t, server)
		server.content(PATH, b"new\n", headers={"ETag": '"2"'})
		t.equal(t.silent("cat", "--refresh=wait", "data.txt.sync").out, b"new\n", "waited for")
		server.content(PATH, b"", status=500)
		time.sleep(1.1)
		done = t.silent("cat", "--refresh=wait", "data.txt.sync")
		t.equal((done.out, done.code), (b"new\n", 75), "what there is, and that it is old")
		t.check(b"500" in done.err, done.err)
		found = t.silent("status", "--json", "data.txt.sync").objects()[0]
		t.equal((found["state"], found["failures"]), ("failing", 1), "state")
		t.check("500" in found["last_error"], found["last_error"])


def test_not_asked_for(t):
	with client.Server() as server:
		make(t, server)
		before = requests(server)
		t.silent("cat", "--refresh=never", "data.txt.sync")
		t.silent("cat", "--offline", "data.txt.sync")
		t.silent("cat", "data.txt.sync", environment={"DOTSYNC_OFFLINE": "1"})
		t.silent("hold", "data.txt.sync")
		t.silent("cat", "data.txt.sync")
		t.silent("cat", "data.txt.sync", environment={"HOME": os.path.join(t.folder, "other")})
		make(t, server, ttl="1h", name="fresh.sync")
		t.silent("cat", "fresh.sync")
		t.equal(t.silent("status", "--json", "data.txt.sync").objects()[0]["last_attempt"], None, "no attempt")
		t.equal(requests(server), before + 1, "only the second archive was fetched")


def test_server_gone(t):
	with client.Server() as server:
		make(t, server)
	t.equal(t.silent("cat", "data.txt.sync").out, b"old\n", "the data")
	wait_for(t, "the failure", lambda: b"failing" in t.silent("status", "data.txt.sync").out)
	t.equal(t.silent("cat", "data.txt.sync").out, b"old\n", "the data, still")


def test_returns_at_once(t):
	"""A background refresh holds neither the pipe nor the terminal of the command that started it."""
	with client.Server() as server:
		make(t, server)
		server.content(PATH, b"", silent=True)
		done = subprocess.run(["sh", "-c", 'x=$("$0" cat data.txt.sync); echo "got $x"', clitest.DOTSYNC], cwd=t.work, env=t.environment,
			capture_output=True, timeout=20, check=False)
		t.equal(done.stdout, b"got old\n", "command substitution")
		wait_for(t, "the refresh", lambda: b"refreshing" in t.silent("status", "data.txt.sync").out)


def test_thousand(t):
	"""A thousand readers of a stale archive get their data and start a handful of refreshers, of which one asks the server."""
	with client.Server() as server:
		make(t, server, payload=b"old\n" * 1000)
		before = requests(server)
		server.content(PATH, b"new\n" * 1000, headers={"ETag": '"2"'}, rate=2000)
		script = 'i=0; while [ $i -lt 1000 ]; do "$0" cat data.txt.sync > out.$((i % 50)) & i=$((i + 1)); [ $((i % 50)) -ne 0 ] || wait; done; wait'
		done = subprocess.run(["sh", "-c", script, clitest.DOTSYNC], cwd=t.work, env=t.environment, capture_output=True, timeout=120, check=False)
		t.equal((done.returncode, done.stderr), (0, b""), "readers")
		for index in range(50):
			t.check(t.read("out.%d" % index) in (b"old\n" * 1000, b"new\n" * 1000), "a whole version")
		wait_for(t, "the new data", lambda: t.silent("cat", "--refresh=never", "data.txt.sync").out == b"new\n" * 1000)
		rounds = requests(server) - before
		t.check(1 <= rounds <= 30, "%d requests" % rounds)


def test_ignored_children(t):
	"""A caller that ignores SIGCHLD gets no zombies and no errors."""
	with client.Server() as server:
		make(t, server)
		server.content(PATH, b"new\n", headers={"ETag": '"2"'})
		done = subprocess.run(["sh", "-c", 'trap "" CHLD; exec "$0" cat --refresh=wait data.txt.sync', clitest.DOTSYNC], cwd=t.work,
			env=t.environment, capture_output=True, timeout=60, check=False)
		t.equal((done.stdout, done.stderr), (b"new\n", b""), "waited for")


def test_fail_closed(t):
	with client.Server() as server:
		make(t, server)
		t.equal(t.silent("set", "--set", "policy.fail_closed=true", "--set", "policy.stale_while_revalidate=0", "data.txt.sync").code, 0, "set")
		time.sleep(2.1)
		done = t.silent("cat", "data.txt.sync")
		t.equal((done.code, done.out), (3, b""), "expired")
		t.equal(t.silent("cat", "--refresh=wait", "data.txt.sync").out, b"old\n", "waited for")


def test_helpers(t):
	"""A helper program that is missing or not to be trusted: reading goes on, refreshing says what is wrong."""
	place = os.path.join(t.folder, "installed")
	helpers = os.path.join(place, "libexec", "dotsync")
	os.makedirs(os.path.join(place, "bin"))
	shutil.copy(clitest.DOTSYNC, os.path.join(place, "bin"))
	with client.Server() as server:
		make(t, server)

	def run(*arguments):
		return subprocess.run([os.path.join(place, "bin", "dotsync"), *arguments], cwd=t.work, env=t.environment, capture_output=True,
			timeout=60, check=False)

	def check(what, word):
		done = run("cat", "data.txt.sync")
		t.equal((done.stdout, done.stderr, done.returncode), (b"old\n", b"", 0), what + ": cat")
		done = run("refresh", "data.txt.sync")
		t.check(done.returncode in (1, 75), what + ": refresh")  # 75: it ended, which a crash of ours would look like too
		t.check(word in done.stderr and done.stderr.count(b"\n") == 1, done.stderr)
		t.check(run("doctor").returncode in (1, 75), what + ": doctor")

	os.makedirs(helpers)
	check("missing", b"is missing")
	program = os.path.join(helpers, "dotsync-refresh")
	shutil.copy("/bin/true", program)
	check("another program", b"dotsync-refresh")
	shutil.copy(os.path.join(clitest.BUILD, "libexec", "dotsync", "dotsync-refresh"), program)
	os.chmod(program, 0o777)
	check("writable by others", b"dotsync-refresh")
	os.unlink(program)
	with open(program, "w", encoding="utf-8") as script:
		script.write("#!/bin/sh\nexit 0\n")
	os.chmod(program, 0o755)
	check("a script", b"dotsync-refresh")


if __name__ == "__main__":
	clitest.main(__file__)
