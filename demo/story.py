# SPDX-License-Identifier: Apache-2.0 OR MIT
"""
story.py - the life of one archive: made from a URL, read offline, found stale, refreshed, swapped under a reader.
"""
import glob
import hashlib
import os
import time

from stage import duration, size, wait_for

TTL = 3


def md5(data):
	return hashlib.md5(data).hexdigest()


def has_open(path):
	"""Whether any process has this very file open."""
	found = os.stat(path)
	for link in glob.glob("/proc/[0-9]*/fd/*"):
		try:
			st = os.stat(link)
		except OSError:
			continue
		if (st.st_dev, st.st_ino) == (found.st_dev, found.st_ino):
			return True
	return False


def last_line(result):
	return result.out.decode("utf-8", "replace").rstrip("\n").split("\n")[-1]


class SlowReader:
	"""Has the archive open, has read as much as a pipe holds, and goes on when told."""

	def __init__(self, stage):
		self.stage = stage
		self.gate = stage.path("go")
		os.mkfifo(self.gate)
		command = "dotsync cat psl.dat.sync | { read < go; md5sum; }"
		stage.prompt(command + " > slow-reader.txt &")
		self.process = stage.start(command + " > slow-reader.txt")
		wait_for(lambda: has_open(stage.path("psl.dat.sync")))

	def finish(self):
		self.stage.prompt("echo > go; wait; cat slow-reader.txt")
		with open(self.gate, "w") as f:
			f.write("\n")
		self.process.wait()
		with open(self.stage.path("slow-reader.txt")) as f:
			found = f.read()
		self.stage.show("  " + found.rstrip("\n"))
		return found.split()[0]


def make(stage, source):
	data = source.edition(1)
	source.offer(data)
	stage.tell("One command makes an archive from a URL. It fetches the data, embeds an updater, and grants that "
		"updater this one server.")
	made = stage.run("dotsync create --from %s --ttl %ds" % (source.url(), TTL))
	stage.claim(made.code == 0, "psl.dat.sync: data, policy and updater in one file; an ordinary ZIP")
	return made.seconds


def read_offline(stage, source):
	source.stop()
	stage.tell("The server is gone. Reading does not care.")
	read = stage.run("dotsync cat psl.dat.sync | md5sum")
	stage.claim(read.out.split()[0].decode() == md5(source.edition(1)), "all %s, byte for byte" % size(len(source.edition(1))))
	return read.seconds


def wait_until_stale(stage, path):
	stage.show()
	stage.show(stage.dim("  ... waiting until its TTL of %d s is over" % TTL))
	wait_for(lambda: time.time() > os.stat(path).st_mtime + TTL + 1)


def refresh_in_background(stage, source):
	path = stage.path("psl.dat.sync")
	old, new = source.edition(1), source.edition(2)
	inode = os.stat(path).st_ino
	source.start()
	source.offer(new)
	wait_until_stale(stage, path)
	stage.tell("The server is back with a new edition, and the archive is stale. A slow reader opens it. Then somebody "
		"else reads: the old data comes at once, and a refresh begins behind it.")
	stage.run("dotsync status psl.dat.sync")
	reader = SlowReader(stage)
	began = time.monotonic()
	read = stage.run("dotsync cat psl.dat.sync | tail -n 1", rest=0)
	swapped = wait_for(lambda: os.stat(path).st_ino != inode)
	seconds = time.monotonic() - began
	stage.claim(last_line(read) == old.decode().rstrip("\n").split("\n")[-1], "old data, at once")
	stage.claim(swapped, "fetched, checked and swapped in %s after that command began" % duration(seconds))
	stage.tell("The next reader has the new edition. The slow one, which had the file open all the while, still reads "
		"its own, whole.")
	read = stage.run("dotsync cat psl.dat.sync | tail -n 1")
	stage.claim(last_line(read) == "// edition 2", "new data")
	stage.claim(reader.finish() == md5(old), "and that is the old edition, all %s" % size(len(old)))
	return seconds


def ask_unzip(stage, source):
	stage.tell("No lock-in: any ZIP tool reads it.")
	read = stage.run("unzip -p psl.dat.sync payload | cmp - <(dotsync cat psl.dat.sync) && echo the same")
	stage.claim(last_line(read) == "the same", "unzip and dotsync agree, byte for byte")


def play(stage, source, times):
	stage.title("1. A file that keeps itself fresh")
	began = time.monotonic()
	times["create --from a URL"] = make(stage, source)
	read_offline(stage, source)
	times["stale read until the swap is done"] = refresh_in_background(stage, source)
	ask_unzip(stage, source)
	return time.monotonic() - began
