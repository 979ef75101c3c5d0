# SPDX-License-Identifier: Apache-2.0 OR MIT
"""Hostile and broken archives: exit status 8, one line that says why, and nothing that only a crash would explain."""
import os
import subprocess
import zlib

import clitest

GENERATOR = os.path.join(clitest.BUILD, "test", "zip_hostile")


def generate(t):
	if not os.path.exists(GENERATOR):
		raise clitest.Skip("no zip_hostile in the build")
	folder = t.path("all")
	os.mkdir(folder)
	subprocess.run([GENERATOR, "--all", folder], stdout=subprocess.DEVNULL, check=True)
	return [os.path.join("all", name) for name in sorted(os.listdir(folder))]


def test_every_rule(t):
	"""What the generator of the reader's tests makes, through the command."""
	names = generate(t)
	t.check(len(names) > 1000, "the generator makes few archives")
	for start in range(0, len(names), 2000):
		some = names[start:start + 2000]
		done = t.silent("verify", "--json", *some)
		clitest.validate("verify", done)
		found = done.objects()
		t.equal([one["file"] for one in found], some, "one object a file")
		wrong = [one for one in found if not one["ok"] and one["error"]["exit"] != 8]
		t.equal(wrong, [], "another exit status")
		t.equal(done.err.count(b"\n"), 0, "standard error")
		for command in ("info", "ls", "status"):
			done = t.silent(command, *some)
			t.check(done.code in (0, 8), "%s: %d" % (command, done.code))
			t.check(all(line.startswith(b"dotsync: all/") for line in done.err.splitlines()), done.err[:2000])


def test_manifests(t):
	large = clitest.manifest() + "# " + "x" * (256 * 1024)
	cases = {
		"empty": b"",
		"large": large.encode(),
		"binary": bytes(range(256)),
		"no-utf-8": clitest.manifest().encode() + b"[x]\ny = \"\xff\"\n",
		"deep": (clitest.manifest() + "[x]\ny = " + "[" * 200 + "]" * 200).encode(),
		"twice": (clitest.manifest() + "ttl = 1\n").encode(),
		"hash": clitest.manifest().replace("blake3", "md5").encode(),
		"negative": clitest.manifest(ttl=-1).encode(),
		"type": clitest.manifest(content_type="text/\\nplain").encode(),
		"ext": clitest.manifest(ext="a/b").encode(),
		"old": clitest.manifest().replace('"1.3"', '"2.0"').encode(),
	}
	for name, text in cases.items():
		t.write(name + ".sync", clitest.pack([("manifest.toml", text), ("payload", b"x")]))
		t.run("cat", name + ".sync")


def test_bomb(t):
	"""A manifest of a gigabyte in a megabyte is refused by its size, and not inflated."""
	packed = zlib.compress(b"\0" * (1 << 26), 9)[2:-4]
	archive = clitest.pack([("manifest.toml", packed), ("payload", b"x")])
	size = len(packed).to_bytes(4, "little")
	places = [18, archive.index(b"PK\1\2") + 20]
	data = bytearray(archive)
	for place in places:
		t.equal(bytes(data[place:place + 4]), size, "the size's place")
		data[place + 4:place + 8] = (1 << 26).to_bytes(4, "little")
		data[place - 10:place - 8] = (8).to_bytes(2, "little")
	t.write("bomb.sync", bytes(data))
	done = t.silent("info", "bomb.sync")
	t.equal(done.code, 8, done.err)
	t.check(b"Z27, manifest.toml" in done.err, done.err)


def test_no_files(t):
	"""Things that are no regular files, in the place of an archive."""
	os.mkdir(t.path("folder"))
	os.mkfifo(t.path("pipe"))
	os.symlink("nowhere", t.path("dangling"))
	os.symlink("loop", t.path("loop"))
	t.write("empty", b"")
	for name in ("folder", "pipe", "dangling", "loop", "empty", "/dev/null", "/dev/zero", ""):
		t.run("cat", name)


def test_names(t):
	"""Names that look like something else."""
	for name in ("-.sync", "--json", " ", "a b.sync", "\u202etxt.sync", "new\nline.sync"):
		t.archive(name)
		t.equal(t.silent("cat", "--", name).out, b"hello\n", name)
		t.equal(t.silent("status", "--json", "--", name).objects()[0]["file"], name, "the name in JSON")
		t.equal(t.silent("status", "--", name).out.count(b"\n"), 1, "one line")


if __name__ == "__main__":
	clitest.main(__file__)
