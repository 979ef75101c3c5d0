# SPDX-License-Identifier: Apache-2.0 OR MIT
"""What holds for every command: help, usage, odd environments."""
import os
import pty
import re
import subprocess

import clitest


def commands(t):
	return re.findall(r"^  (\w+) ", t.silent("--help").out.decode(), re.MULTILINE)


def test_help(t):
	t.run("--help")
	t.run("--version")
	t.run("help", "cat")
	t.equal(t.silent("help").out, t.silent("-h").out, "help and -h")
	t.equal(t.silent("help", "--help").out, t.silent("help").out, "help --help")
	for command in commands(t):
		done = t.silent(command, "--help")
		t.equal((done.code, done.err), (0, b""), command)
		t.equal(done.out, t.silent("help", command).out, "help " + command)
		text = done.out.decode()
		t.check(text.startswith("usage: dotsync %s " % command), text)
		t.check(all(len(line) <= 80 for line in text.splitlines()), "%s --help is wider than 80 columns" % command)
		for option in ("--json", "--quiet", "--verbose", "--no-progress", "--offline", "--help", "--version"):
			t.check(option in text, "%s --help does not tell %s" % (command, option))
		t.equal(t.silent(command, "--version").out, t.silent("--version").out, command + " --version")


def test_usage(t):
	t.run()
	t.run("nothing")
	t.run("--nothing")
	t.run("help", "nothing")
	t.run("esc\x1b[31m")
	for command in commands(t):
		done = t.silent(command, "--no-such-option")
		t.equal((done.code, done.out), (2, b""), command)
		t.check(done.err.startswith(b"dotsync %s: " % command.encode()) and done.err.count(b"\n") == 1, done.err)


def test_options_first(t):
	"""Options that every command knows may stand before the command."""
	t.archive("a.sync")
	t.equal(t.silent("--json", "-q", "status", "a.sync").objects()[0]["file"], "a.sync", "--json")
	t.equal(t.silent("-q", "--offline", "cat", "a.sync").out, b"hello\n", "-q --offline")
	t.equal(t.silent("--version", "cat").code, 0, "--version")
	t.equal(t.silent("--range=1-", "cat", "a.sync").out, b"ello\n", "its own, too")
	t.equal(t.silent("--nothing", "cat", "a.sync").code, 2, "what is no option")


def test_help_is_not_promised_too_much(t):
	"""Nothing that this version cannot do stands in the list."""
	for missing in ("mount", "umount", "watch", "serve", "store", "sign", "keygen", "heal", "rollback"):
		t.check(missing not in commands(t), missing)
		t.equal(t.silent(missing).code, 2, missing)


def test_man(t):
	"""Every command has a manual page that names each of its options, and mandoc has nothing to say about it."""
	folder = os.path.join(clitest.SOURCE, "doc", "man")
	for command in commands(t):
		page = os.path.join(folder, "dotsync-%s.1" % command)
		t.check(os.path.exists(page), "no page for " + command)
		with open(page, encoding="utf-8") as file:
			text = file.read()
		options = re.findall(r"--([a-z-]+)", t.silent(command, "--help").out.decode().split("\n\n", 2)[2].rsplit("--json", 1)[0])
		for option in options:
			t.check(re.search(r"^\.It.* Fl Fl %s\b" % option, text, re.MULTILINE), "%s does not tell --%s" % (page, option))
	with open(os.path.join(folder, "dotsync.1"), encoding="utf-8") as file:
		text = file.read()
	for command in commands(t):
		t.check(".Xr dotsync-%s 1" % command in text, "dotsync.1 does not name " + command)
	pages = [os.path.join(folder, name) for name in sorted(os.listdir(folder)) if name.endswith(".1")]
	try:
		done = subprocess.run(["mandoc", "-T", "lint", "-W", "warning", *pages], capture_output=True, check=False)
	except FileNotFoundError:
		raise clitest.Skip("no mandoc") from None
	t.equal((done.returncode, done.stdout), (0, b""), "mandoc")


def shell(t, script, **options):
	environment = dict(t.environment, DOTSYNC=clitest.DOTSYNC, **options)
	return subprocess.run(["sh", "-c", script], cwd=t.work, env=environment, capture_output=True, timeout=60, check=False)


def test_closed_descriptors(t):
	"""What cannot be delivered is an error, and nothing is written into a file that took the number of a closed descriptor."""
	t.archive("a.sync")
	before = t.read("a.sync")
	t.equal(shell(t, "$DOTSYNC cat a.sync >&-").returncode, 1, "standard output closed: cat")
	t.equal(shell(t, "$DOTSYNC status a.sync >&-").returncode, 1, "standard output closed: status")
	t.equal(shell(t, "$DOTSYNC cat a.sync <&-").stdout, b"hello\n", "standard input closed")
	t.equal(shell(t, "$DOTSYNC cat - <&-").returncode, 1, "an archive from nowhere")
	t.equal(shell(t, "$DOTSYNC cat a.sync 2>&-").stdout, b"hello\n", "standard error closed")
	t.equal(shell(t, "$DOTSYNC cat missing.sync 2>&-").returncode, 1, "an error with standard error closed")
	t.equal(shell(t, "$DOTSYNC extract a.sync -o out <&- >&- 2>&-").returncode, 1, "all closed")
	t.equal(t.read("out"), b"hello\n", "the file is there all the same")
	t.equal(t.read("a.sync"), before, "the archive is as it was")


def test_locale(t):
	"""No letter is folded, no number is read in the manner of the user's language."""
	t.archive("I.txt.sync")
	for locale in ("tr_TR.UTF-8", "de_DE.UTF-8", "C", "nonsense"):
		for arguments in (("info", "--json"), ("status", "--max-age=1d"), ("cat", "--range=1-2")):
			found = t.silent(*arguments, "I.txt.sync", environment={"LC_ALL": locale})
			plain = t.silent(*arguments, "I.txt.sync")
			t.equal((re.sub(rb'"age":\d+', b"", found.out), found.code), (re.sub(rb'"age":\d+', b"", plain.out), plain.code), locale)


def test_no_environment(t):
	t.archive("a.sync", extra=[("sync.wasm", b"\0asm\1\0\0\0\1\4\1\x60\0\0")], ttl=60)
	for command in ("cat", "info", "status", "ls", "verify"):
		done = t.silent(command, "a.sync", environment=dict.fromkeys(t.environment))
		t.equal((done.code, done.err), (0, b""), command)
	t.equal(t.silent("cat", "a.sync", environment={"HOME": "relative"}).out, b"hello\n", "a home that is no absolute path")


def test_no_name(t):
	"""A user that has no name, no home and no right to write anywhere reads all the same."""
	if os.geteuid() != 0:
		raise clitest.Skip("only root can become another user")
	t.archive("a.sync", extra=[("sync.wasm", b"\0asm\1\0\0\0\1\4\1\x60\0\0")], ttl=60)
	os.chmod(t.folder, 0o755)
	nobody = {"user": 54321, "group": 54321, "extra_groups": []}
	none = {"HOME": None}
	t.equal(t.silent("cat", "a.sync", environment=none, **nobody).out, b"hello\n", "cat")
	for command in ("info", "status", "verify"):
		t.equal(t.silent(command, "a.sync", environment=none, **nobody).code, 0, command)
	done = t.silent("hold", "a.sync", environment=none, **nobody)
	t.equal(done.code, 1, "hold")
	done = t.silent("extract", "a.sync", environment=none, **nobody)
	t.equal(done.code, 1, "extract")
	os.chmod(t.path("a.sync"), 0)
	t.run("cat", "a.sync", **nobody)


def test_read_only_root(t):
	t.archive("a.sync", extra=[("sync.wasm", b"\0asm\1\0\0\0\1\4\1\x60\0\0")], ttl=60)
	command = "mount -o remount,bind,ro / && mount --bind -o ro . . 2>/dev/null; cd . && touch x 2>/dev/null && exit 99; $DOTSYNC cat a.sync"
	try:
		done = subprocess.run(["unshare", "--mount", "sh", "-c", command], cwd=t.work, env=dict(t.environment, DOTSYNC=clitest.DOTSYNC),
			capture_output=True, timeout=60, check=False)
	except FileNotFoundError:
		raise clitest.Skip("no unshare") from None
	if done.returncode != 0:
		raise clitest.Skip("a read-only root cannot be made here: " + done.stderr.decode().strip())
	t.equal(done.stdout, b"hello\n", "cat")


def on_terminal(t, *arguments, environment=None):
	"""What a command writes to standard error when that is a terminal, and to standard output."""
	master, slave = pty.openpty()
	done = subprocess.run([clitest.DOTSYNC, *arguments], cwd=t.work, env=dict(t.environment, **(environment or {})), stderr=slave,
			stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, check=False)
	os.set_blocking(master, False)
	try:
		text = os.read(master, 65536)
	except (BlockingIOError, OSError):
		text = b""
	os.close(slave)
	os.close(master)
	return done.stdout, text.decode()


def test_terminal(t):
	t.archive("asks.sync", ttl=3600, extra=[("sync.wasm", b"\0asm\1\0\0\0\1\4\1\x60\0\0")])
	out, err = on_terminal(t, "cat", "asks.sync")
	t.equal(out, b"hello\n", "the data")
	t.equal(err, "dotsync: asks.sync: stale (2 h old); its updater needs your consent: see `dotsync grant`\r\n", "the note")
	t.equal(on_terminal(t, "cat", "-q", "asks.sync")[1], "", "-q")
	t.equal(on_terminal(t, "cat", "--refresh=never", "asks.sync")[1], "", "--refresh=never")
	t.equal(on_terminal(t, "cat", "--offline", "asks.sync")[1], "", "--offline")
	t.equal(t.silent("cat", "asks.sync").err, b"", "no terminal, no note")


def test_colour(t):
	t.archive("a.sync")
	for environment, coloured in (({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)):
		master, slave = pty.openpty()
		subprocess.run([clitest.DOTSYNC, "status", "a.sync"], cwd=t.work, env=dict(t.environment, **environment), stdout=slave, check=False)
		text = os.read(master, 65536)
		os.close(slave)
		os.close(master)
		t.equal(b"\x1b[32m" in text, coloured, environment)
	t.check(b"\x1b" not in t.silent("status", "a.sync").out, "a pipe gets no colours")


if __name__ == "__main__":
	clitest.main(__file__)
