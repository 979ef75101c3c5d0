# SPDX-License-Identifier: Apache-2.0 OR MIT
"""cat, extract and ls."""
import io
import os
import stat
import subprocess
import tarfile
import zipfile

import clitest

WASM = b"\0asm\1\0\0\0\1\4\1\x60\0\0"


def damage(data, found):
	"""The same with one byte of `found` changed."""
	place = data.index(found)
	return data[:place] + bytes([data[place] ^ 1]) + data[place + 1:]


def test_cat(t):
	t.archive("a.sync", payload=b"one\ntwo\nthree\n")
	t.run("cat", "a.sync")
	t.run("cat", "--", "a.sync")
	t.run("cat", "-r", "4-6", "a.sync")
	t.run("cat", "--range=4-", "a.sync")
	t.run("cat", "a.sync", "--range", "-6")
	t.run("cat", "--range=-100", "a.sync")
	t.run("cat", "--range=4-1000", "a.sync")
	t.run("cat", "--range=14-", "a.sync")
	for wrong in ("", "-", "4", "7-4", "a-b", "4-6-8", "+1-2", "18446744073709551616-"):
		t.run("cat", "--range=" + wrong, "a.sync")


def test_cat_empty(t):
	t.archive("a.sync", payload=b"")
	t.run("cat", "a.sync")
	t.run("cat", "--range=0-", "a.sync")
	t.run("cat", "--range=-1", "a.sync")


def test_other_zip(t):
	"""A ZIP file that is no archive of ours: what to do is told."""
	with zipfile.ZipFile(t.path("other.zip"), "w") as z:
		z.writestr("notes", "x")
	done = t.silent("cat", "other.zip")
	t.check(done.code == 8 and b"(Z26" in done.err and b"`dotsync create`" in done.err, done)


def test_cat_usage(t):
	t.run("cat")
	t.run("cat", "a", "b")
	t.run("cat", "--refresh=later", "a")
	t.run("cat", "--nothing", "a")
	t.run("cat", "-x", "a")
	t.run("cat", "--range")


def test_cat_standard_input(t):
	t.archive("a.sync")
	with open(t.path("a.sync"), "rb") as file:
		done = subprocess.run([clitest.DOTSYNC, "cat", "-"], stdin=file, capture_output=True, check=False)
	t.equal((done.returncode, done.stdout, done.stderr), (0, b"hello\n", b""), "a redirected file")
	t.run("cat", "-", stdin=t.read("a.sync"))


def test_cat_damaged(t):
	t.archive("good.sync", payload=b"x" * 1000000)
	t.write("bad.sync", damage(t.read("good.sync"), b"xxxx"))
	done = t.silent("cat", "bad.sync")
	t.equal(len(done.out), 1000000, "all bytes are delivered")
	t.equal(done.code, 8, "and then it is said that they are damaged")
	t.check(b"Z29, payload" in done.err, done.err)
	t.equal(t.silent("cat", "--range=5-9", "bad.sync").out, b"xxxxx", "a range has no checksum")
	t.write("cut.sync", t.read("good.sync")[:-40])
	t.run("cat", "cut.sync")
	t.run("cat", "cut.sync", "--json")
	t.run("cat", "missing.sync", "--json")


def test_cat_large(t):
	data = os.urandom(1 << 20) * 3
	t.archive("a.sync", payload=data)
	t.equal(t.silent("cat", "a.sync").out, data, "cat")
	t.equal(t.silent("cat", "--range=1000000-2999999", "a.sync").out, data[1000000:3000000], "cat of a range")


def test_cat_closed_pipe(t):
	t.archive("a.sync", payload=b"line\n" * 1000000)
	command = "%s cat a.sync | head -n 1; echo ${PIPESTATUS[0]}" % clitest.DOTSYNC
	done = subprocess.run(["bash", "-c", command], cwd=t.work, capture_output=True, check=False)
	t.equal((done.stdout, done.stderr), (b"line\n0\n", b""), "quiet")


def test_cat_full_disk(t):
	if not os.path.exists("/dev/full"):
		raise clitest.Skip("no /dev/full")
	t.archive("a.sync")
	with open("/dev/full", "wb") as full:
		done = subprocess.run([clitest.DOTSYNC, "cat", "a.sync"], cwd=t.work, stdout=full, stderr=subprocess.PIPE, check=False)
	t.equal(done.returncode, 1, "exit status")
	t.equal(done.stderr, b"dotsync: a.sync: cannot write to standard output: No space left on device\n", "message")


def test_cat_expired(t):
	t.archive("a.sync", age=7200, ttl=60, tables="stale_while_revalidate = 60\nfail_closed = true\n")
	t.archive("b.sync", age=7200, ttl=60, tables="stale_while_revalidate = 60\n")
	t.run("cat", "a.sync")
	t.run("extract", "a.sync", "--json")
	t.run("cat", "b.sync")


def test_cat_vault(t):
	t.archive("a.sync", text=clitest.manifest().replace("[meta]", 'variant = "vault"\n\n[meta]', 1))
	t.run("cat", "a.sync")
	t.run("cat", "-q", "a.sync")
	t.run("status", "a.sync")


def test_extract(t):
	t.archive("report.csv.sync", payload=b"a,b\n", content_type="text/csv", ext="csv")
	t.archive("report.sync", payload=b"a,b\n", content_type="text/csv", ext="csv")
	t.run("extract", "report.csv.sync")
	t.equal(t.read("report.csv"), b"a,b\n", "content")
	t.equal(stat.S_IMODE(os.stat(t.path("report.csv")).st_mode), 0o666 & ~umask(), "mode")
	t.run("extract", "report.sync")
	t.run("extract", "report.sync", "--json")
	t.run("extract", "report.sync", "--force", "--json")
	t.run("extract", "report.sync", "-q", "-o", "other.csv")
	t.run("extract", "report.sync", "-o", "-")
	os.mkdir(t.path("folder"))
	t.run("extract", "report.sync", "-o", "folder")
	t.run("extract", "report.sync", "-f", "-o", "missing/folder/x")
	os.symlink("report.csv", t.path("link"))
	t.run("extract", "report.sync", "-f", "-o", "link")
	t.check(not os.path.islink(t.path("link")), "a link is replaced, not followed")
	t.equal(sorted(os.listdir(t.work)), ["folder", "link", "other.csv", "report.csv", "report.csv.sync", "report.sync"], "nothing else is left")


def umask():
	mask = os.umask(0)
	os.umask(mask)
	return mask


def test_extract_refuses(t):
	t.archive("good.sync", payload=b"x" * 100000)
	t.write("bad.sync", damage(t.read("good.sync"), b"xxxx"))
	t.write("out", "old")
	os.mkfifo(t.path("pipe"))
	done = t.silent("extract", "bad.sync", "-o", "out", "--force")
	t.equal(done.code, 8, "damaged")
	t.equal(t.read("out"), b"old", "the old file stays")
	t.run("extract", "good.sync", "-o", "pipe", "--force")
	t.run("extract", "good.sync", "-o", "")
	t.run("extract", "-", stdin=b"")
	t.run("extract")
	t.equal(sorted(os.listdir(t.work)), ["bad.sync", "good.sync", "out", "pipe"], "nothing else is left")


def test_extract_onto_itself(t):
	"""The output is the archive, by whatever name: nothing is written."""
	t.archive("a.sync")
	t.archive("data.txt")	# shown as itself
	os.symlink("a.sync", t.path("symbolic"))
	os.link(t.path("a.sync"), t.path("hard"))
	os.mkdir(t.path("folder"))
	before = t.read("a.sync")
	for name in ("a.sync", "./a.sync", "folder/../a.sync", t.path("a.sync"), "symbolic", "hard"):
		t.run("extract", "--force", "-o", name, "a.sync")
		t.equal(t.silent("extract", "-o", name, "a.sync").code, 2, "without --force")
		t.equal(t.read("a.sync"), before, name)
	t.run("extract", "--force", "-o", "a.sync", "symbolic")
	t.run("extract", "--force", "--json", "-o", "hard", "a.sync")
	t.run("extract", "--force", "data.txt")
	with open(t.path("a.sync"), "rb") as file:
		done = subprocess.run([clitest.DOTSYNC, "extract", "--force", "-o", "a.sync", "-"], cwd=t.work, env=t.environment, stdin=file,
			capture_output=True, check=False)
	t.equal(done.returncode, 2, "from standard input")
	t.equal((t.read("a.sync"), os.path.islink(t.path("symbolic")), os.stat(t.path("hard")).st_nlink), (before, True, 2), "all is as it was")
	t.equal(sorted(os.listdir(t.work)), ["a.sync", "data.txt", "folder", "hard", "symbolic"], "nothing else is left")
	t.run("extract", "-o", "plain", "a.sync")


def test_extract_holes(t):
	data = b"a" + bytes(8 << 20) + b"b" + bytes(8 << 20)
	t.archive("a.sync", payload=data)
	t.equal(t.silent("extract", "a.sync").code, 0, "extract")
	t.equal(t.read("a.txt"), data, "content")
	t.check(os.stat(t.path("a.txt")).st_blocks * 512 < 4 << 20, "zeros take no room")


def test_extract_no_room(t):
	"""A file that may not grow, and a disk that is full: a message, and nothing is left."""
	t.archive("a.sync", payload=b"x" * 1000000)
	done = subprocess.run(["sh", "-c", 'ulimit -f 64; exec "$0" extract a.sync', clitest.DOTSYNC], cwd=t.work, capture_output=True, check=False)
	t.equal((done.returncode, done.stdout), (1, b""), "ulimit")
	t.check(b"cannot write a.txt: File too large" in done.stderr, done.stderr)
	t.equal(os.listdir(t.work), ["a.sync"], "nothing is left")
	os.mkdir(t.path("small"))
	script = 'mount -t tmpfs -o size=64k none small || exit 77; "$0" extract -o small a.sync; echo "exit $?"; ls -A small'
	done = subprocess.run(["unshare", "--mount", "sh", "-c", script, clitest.DOTSYNC], cwd=t.work, capture_output=True, check=False)
	if done.returncode in (1, 77):
		raise clitest.Skip("no small disk can be made here: " + done.stderr.decode().strip())
	t.equal(done.stdout, b"exit 1\n", "full disk")
	t.check(b"No space left" in done.stderr, done.stderr)


def test_extract_names(t):
	"""A manifest cannot make extract write anywhere else."""
	for ext in ("..", "a.b", "-x"):
		t.archive("x.sync", ext=ext)
		done = t.silent("extract", "x.sync")
		t.check(done.code in (0, 8), "%s: %r" % (ext, done.err))
	t.equal(sorted(os.listdir(t.folder)), ["home", "work"], "nothing outside")


def test_ls(t):
	t.archive("a.sync", payload=b"hello\n", extra=[("context.json", b"{}"), ("sync.wasm", WASM), ("notes/x", b"?")])
	done = t.silent("ls", "a.sync")
	rows = done.out.decode().splitlines()
	t.equal(rows[0].split(), ["offset", "size", "stored", "how", "name"], "head")
	t.equal([row.split()[-1] for row in rows[1:]], ["manifest.toml", "context.json", "sync.wasm", "notes/x", "payload"], "names")
	entries = t.silent("ls", "--json", "a.sync").objects()[0]["entries"]
	data = t.read("a.sync")
	t.equal(data[entries[-1]["offset"]:][:6], b"hello\n", "the offset is the payload's")
	t.run("ls", "missing.sync", "--json")


def tar(members, kind):
	out = io.BytesIO()
	with tarfile.open(fileobj=out, mode="w", format=kind) as file:
		for name, data in members:
			info = tarfile.TarInfo(name)
			info.size = len(data)
			if name.endswith("/"):
				info.type = tarfile.DIRTYPE
			file.addfile(info, io.BytesIO(data))
	return out.getvalue()


def test_ls_tar(t):
	members = [("a/", b""), ("a/one.txt", b"1"), ("a/" + "long" * 40 + ".txt", b"22"), ("ümläut", b"3" * 1000), ("p" * 90 + "/" + "q" * 90, b"4")]
	for kind in (tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT):
		some = [member for member in members if kind != tarfile.USTAR_FORMAT or len(member[0]) != 166]
		t.archive("a.sync", payload=tar(some, kind), content_type="application/x-tar", ext="tar")
		found = t.silent("ls", "--json", "a.sync").objects()[0]["members"]
		data = t.read("a.sync")
		t.equal([(one["name"].rstrip("/"), data[one["offset"]:][:one["size"]]) for one in found],
				[(name.rstrip("/"), content) for name, content in some], "members of kind %d" % kind)
	t.run("ls", "--json", "a.sync")


def test_ls_tar_hostile(t):
	good = tar([("a", b"1" * 600), ("b", b"2")], tarfile.USTAR_FORMAT)
	cases = {"cut": good[:700], "head": good[:1600], "checksum": good[:10] + b"X" + good[11:], "text": b"no tar file at all" * 100}
	for name, payload in cases.items():
		t.archive(name + ".sync", payload=payload, content_type="application/x-tar", ext="tar")
		t.run("ls", name + ".sync", "--json")


if __name__ == "__main__":
	clitest.main(__file__)
