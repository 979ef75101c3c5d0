# SPDX-License-Identifier: Apache-2.0 OR MIT
"""
scene.py - what both tests here start from: folders of their own, a server, one archive that it keeps fresh.
"""
import os
import subprocess
import sys
import tempfile

SOURCE = os.environ["DOTSYNC_SOURCE"]
BUILD = os.environ["DOTSYNC_BUILD"]
sys.path.insert(0, os.path.join(SOURCE, "test", "server"))

import client  # noqa: E402


class Scene:
	"""A context manager: self.dir, self.env, self.server, self.archive (stale at once, payload self.first)."""

	first = b"one\ntwo\n"
	second = b"one\ntwo\nthree\n"

	def __enter__(self):
		self.temporary = tempfile.TemporaryDirectory(prefix="dotsync-examples-")
		self.dir = self.temporary.name
		self.env = dict(os.environ, HOME=self.dir, LC_ALL="C.UTF-8")
		for name in list(self.env):
			if name.startswith(("XDG_", "DOTSYNC_")):
				del self.env[name]
		self.server = client.Server()
		self.server.content("/list.txt", self.first, headers={"ETag": '"1"'})
		self.archive = os.path.join(self.dir, "list.txt.sync")
		return self

	def __exit__(self, *_):
		self.server.stop()
		self.temporary.cleanup()

	def create(self, dotsync=os.path.join(BUILD, "bin", "dotsync")):
		self.run([dotsync, "create", "--from", self.server.url("/list.txt"), "--ttl", "0", "--name", "A list", "-o", self.archive])

	def run(self, command, **options):
		done = subprocess.run(command, env=options.pop("env", self.env), cwd=self.dir, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
			timeout=60, **options)
		if done.returncode != 0:
			sys.exit("%s: exit %d\n%s%s" % (command, done.returncode, done.stdout.decode(), done.stderr.decode()))
		return done.stdout.decode()

	def payload(self):
		return self.run(["unzip", "-p", self.archive, "payload"]).encode()


def expect(found, expected):
	if found != expected:
		sys.exit("expected %r\nfound    %r" % (expected, found))


def run_examples(scene, folder, env=None):
	"""The four programs, each seen to do what README.md says of it."""
	def example(name, *arguments, **options):
		return scene.run([os.path.join(folder, name), *arguments], env=env or scene.env, **options)

	new = os.path.join(scene.dir, "new.sync")
	expect(example("read", scene.archive, new), "Archive: A list\n" + scene.first.decode())
	expect(scene.run(["unzip", "-p", new, "payload"]), "hello world")
	expect(example("names", scene.archive), "list.txt: /mnt/list.txt\n")

	follow = subprocess.Popen([os.path.join(folder, "follow"), scene.archive], env=env or scene.env, cwd=scene.dir, stdin=subprocess.PIPE,
		stdout=subprocess.PIPE)

	def look_up(text):
		follow.stdin.write(text.encode() + b"\n")
		follow.stdin.flush()
		return follow.stdout.readline().decode()

	expect(look_up("three"), "three: 0\n")
	scene.server.content("/list.txt", scene.second, headers={"ETag": '"2"'})
	# follow may have started a refresh of its own; either way the new version is there afterwards.
	answer = example("update", scene.archive)
	if answer not in ("Updated with %d bytes\n" % len(scene.second), ""):
		sys.exit("update said %r" % answer)
	expect(scene.payload(), scene.second)
	expect(look_up("three"), "three: 1\n")
	follow.stdin.close()
	expect(follow.wait(timeout=30), 0)
