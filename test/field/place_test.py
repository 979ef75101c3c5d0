#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 OR MIT
"""place_test.py - folders, names, users and callers that are not as a program would like them."""
import os
import resource
import shutil
import subprocess

import field
from field import clitest

NOBODY = {"user": 65534, "group": 65534, "extra_groups": []}
STRANGER = {"user": 54321, "group": 54321, "extra_groups": []}	# has no name
READING = (("cat",), ("info",), ("status",), ("ls",), ("verify",))


def open_to_all(t):
	"""Other users reach the working folder and have a home of their own."""
	for folder in (t.folder, t.work):
		os.chmod(folder, 0o755)
	home = os.path.join(t.folder, "elsewhere")
	os.mkdir(home)
	os.chmod(home, 0o777)
	return {"HOME": home}


def reachable(user):
	"""Whether such a user can start what was built."""
	try:
		return subprocess.run([clitest.DOTSYNC, "--version"], capture_output=True, check=False, **user).returncode == 0
	except PermissionError:
		return False


def check_reading(t, name=field.NAME, **options):
	for arguments in READING:
		done = t.silent(*arguments, name, **options)
		t.equal((done.code, done.err), (0, b""), arguments)


def check_unharmed(t, before, path, *names):
	t.equal(field.print_of(path), before, "the archive")
	field.check_clean(t, *(names or (field.NAME,)), folder=os.path.dirname(path))


def test_link(t):
	"""A symbolic link stays one; what it points to is replaced, also through two of them and from another folder."""
	with field.Server() as server:
		os.mkdir(t.path("real"))
		field.make(t, server, name="real/a.sync")
		os.symlink("real/a.sync", t.path("link.sync"))
		os.symlink("../link.sync", t.path("real/again.sync"))
		for number, name in enumerate(("link.sync", "real/again.sync", t.path("link.sync"))):
			body = b"new %d\n" % number
			server.give(body)
			field.succeed(t, "refresh", "--force", name)
			t.equal((field.cat(t, name), field.cat(t, "real/a.sync")), (body, body), name)
		field.succeed(t, "set", "--description", "by a link", "link.sync")
		t.check(b"by a link" in field.succeed(t, "info", "real/a.sync").out, "set through a link")
		t.check(os.path.islink(t.path("link.sync")) and os.path.islink(t.path("real/again.sync")), "links are links")
		field.check_clean(t, "link.sync", "real")
		field.check_clean(t, "a.sync", "again.sync", folder=t.path("real"))
		os.symlink("loop.sync", t.path("loop.sync"))
		for arguments in READING + (("refresh",), ("set", "--ttl=1h")):
			field.check_error(t, t.silent(*arguments, "loop.sync"), 1, "loop.sync")


def test_onto_itself(t):
	"""A plain file that is the archive, by its own name or another: refused, and the archive is whole."""
	with field.Server() as server:
		path = field.make(t, server)
		os.symlink(field.NAME, t.path("link"))
		os.mkdir(t.path("folder"))
		for number, name in enumerate((field.NAME, "folder/../" + field.NAME, path, "link")):
			server.give(b"new %d\n" % number)
			for arguments in (("refresh", "--force", "--to", name), ("extract", "--refresh=never", "--force", "-o", name)):
				done = t.silent(*arguments, field.NAME)
				if done.code == 0 and name == "link" and not os.path.islink(t.path("link")):
					os.unlink(t.path("link"))	# the link was replaced by a plain file, which is as good
					os.symlink(field.NAME, t.path("link"))
				else:
					t.check(done.code in (1, 2), "%s: exit %d, %r" % (arguments, done.code, done.err))
				t.equal(t.silent("verify", field.NAME).code, 0, "%s: the archive" % (arguments,))


def test_names(t):
	"""Names as long as they get, and with characters that a terminal would obey."""
	names = ["n" * 250 + ".sync", "é" * 125 + ".sync", "a\nb\x1b[31m.sync", "\u202etxt.sync", " .sync", "-f.sync", "*?[.sync"]
	with field.Server() as server:
		for number, name in enumerate(names):
			safe = "./" + name
			field.make(t, server, name=safe)
			body = b"new %d\n" % number
			server.give(body)
			for arguments in READING + (("refresh", "--force"), ("refresh", "--json", "--force"), ("set", "--ttl=0"), ("hold",), ("unhold",), ("info", "--json")):
				done = t.silent(*arguments, safe)
				t.equal(done.code, 0, "%r %s: %r" % (name, arguments, done.err))
				said = done.err if arguments[0] == "cat" or "--json" in arguments else done.out + done.err
				t.check(b"\x1b" not in done.out, "%r %s: %r" % (name, arguments, done.out))
				t.check(b"\x1b" not in said and "\u202e".encode() not in said, "%r %s: %r" % (name, arguments, said))
				if arguments[0] in ("status", "hold"):
					t.equal(said.count(b"\n"), 1, "lines")
			t.equal(field.cat(t, safe), body, name)
			field.check_error(t, t.silent("cat", safe + "/x"), 1)
			field.check_clean(t, name)
			field.check_quiet(t)
			os.unlink(t.path(name))
		done = t.silent("create", "--from", server.url(field.PATH), "-o", "n" * 256)
		field.check_error(t, done, 1, "File name too long")


def test_name_of_bytes(t):
	"""A name that is no UTF-8 is a name."""
	name = os.fsdecode(b"\xff\xfe.sync")
	with field.Server() as server:
		field.make(t, server, name=name)
		server.give(b"new\n")
		check_reading(t, name)
		field.check_quiet(t)
		field.succeed(t, "refresh", "--force", name)
		t.equal(field.cat(t, name), b"new\n", "payload")
		field.check_clean(t, name)


def test_read_only_folder(t):
	field.need_root("become another user")
	if not reachable(STRANGER):
		raise clitest.Skip("another user cannot reach the build folder")
	environment = open_to_all(t)
	with field.Server() as server:
		os.chmod(t.work, 0o777)
		path = field.make(t, server, environment=environment, **STRANGER)
		os.chmod(t.work, 0o555)
		os.chown(path, 54321, 54321)
		server.give(b"new\n")
		before = field.print_of(path)
		check_reading(t, environment=environment, **STRANGER)
		for arguments in (("refresh", "--force"), ("set", "--ttl=1h")):
			done = t.silent(*arguments, field.NAME, environment=environment, **STRANGER)
			field.check_error(t, done, 1, field.NAME)
			check_unharmed(t, before, path)
		t.equal(field.status(t, environment=environment, **STRANGER)["state"], "unwritable", "status")
		os.chmod(t.work, 0o777)
		field.succeed(t, "refresh", "--force", field.NAME, environment=environment, **STRANGER)
		t.equal(field.cat(t), b"new\n", "after the folder can be written")
		t.equal(os.stat(path).st_uid, 54321, "its owner")


def test_foreign_owner(t):
	"""An archive of somebody else in a folder that all may write: read, never replaced, no file of ours beside it."""
	field.need_root("become another user")
	if not reachable(NOBODY):
		raise clitest.Skip("another user cannot reach the build folder")
	environment = open_to_all(t)
	os.chmod(t.work, 0o777)
	with field.Server() as server:
		path = field.make(t, server)
		before = field.print_of(path)
		check_reading(t, environment=environment, **NOBODY)
		field.succeed(t, "grant", "--yes", "--private", server.origin(), field.NAME, environment=environment, **NOBODY)
		for arguments in (("refresh", "--force"), ("set", "--ttl=1h")):
			done = t.silent(*arguments, field.NAME, environment=environment, **NOBODY)
			field.check_error(t, done, 1, field.NAME)
			check_unharmed(t, before, path)
		t.equal(server.requests(), 1, "requests")
		# Root may replace what is another's, and leaves it to its owner.
		os.chown(path, 65534, 65534)
		server.give(b"new\n")
		field.succeed(t, "refresh", "--force", field.NAME)
		t.equal((field.cat(t), os.stat(path).st_uid, os.stat(path).st_gid), (b"new\n", 65534, 65534), "owner kept")


def test_mode_kept(t):
	with field.Server() as server:
		path = field.make(t, server)
		for number, mode in enumerate((0o600, 0o640, 0o755, 0o6711)):
			os.chmod(path, mode)
			server.give(b"new %d\n" % number)
			field.succeed(t, "refresh", "--force", field.NAME)
			t.equal(os.stat(path).st_mode & 0o7777, mode & 0o777, "mode %o" % mode)


def during(t, server, body, act):
	"""A refresh, with something done to the archive while its body arrives; the exit status."""
	server.give(body, rate=6000)
	before = server.requests()
	process = subprocess.Popen([clitest.DOTSYNC, "refresh", "--force", field.NAME], cwd=t.work, env=t.environment, stdout=subprocess.DEVNULL,
		stderr=subprocess.PIPE)
	field.wait_for(t, "the request", lambda: server.requests() > before)
	act()
	err = process.communicate(timeout=60)[1]
	t.check(err.count(b"\n") == (process.returncode != 0), err)
	return process.returncode


def test_meanwhile(t):
	"""What a person does to the archive during a refresh is not undone by it."""
	with field.Server() as server:
		path = field.make(t, server)
		first, second = field.version(1, 3000), field.version(2, 3000)
		t.equal(during(t, server, first, lambda: os.chmod(path, 0o600)), 0, "chmod")
		t.equal((field.cat(t) == first, os.stat(path).st_mode & 0o777), (True, 0o600), "chmod")
		t.equal(during(t, server, second, lambda: os.setxattr(path, "user.mine", b"x")), 0, "attribute")
		t.equal((field.cat(t) == second, os.getxattr(path, "user.mine")), (True, b"x"), "attribute")
		t.equal(during(t, server, first, lambda: t.silent("hold", field.NAME)), 0, "hold")
		t.equal(field.status(t)["held"], True, "hold")
		t.silent("unhold", field.NAME)
		t.equal(during(t, server, second, lambda: os.utime(path)), 75, "touch")
		t.equal(during(t, server, second, lambda: os.rename(path, t.path("away"))), 75, "rename")
		field.check_clean(t, "away")
		os.rename(t.path("away"), path)
		t.equal(field.cat(t) == first, True, "rename")
		if os.geteuid() == 0:
			t.equal(during(t, server, second, lambda: os.chown(path, 65534, 65534)), 75, "chown")
			t.equal((field.cat(t) == first, os.stat(path).st_uid), (True, 65534), "chown")
		t.equal(during(t, server, second, lambda: os.unlink(path)), 75, "unlink")
		t.equal(os.listdir(t.work), [], "unlink")


def test_bind_mounted(t):
	"""A file that is a mount point cannot be replaced; the message says what to do."""
	field.need_root("mount")
	with field.Server() as server:
		path = field.make(t, server, name="source.sync")
		target = t.path("target.sync")
		open(target, "wb").close()
		if subprocess.run(["mount", "--bind", path, target], capture_output=True, check=False).returncode != 0:
			raise clitest.Skip("a bind mount cannot be made here")
		try:
			server.give(b"new\n")
			before = field.print_of(path)
			check_reading(t, "target.sync")
			field.check_quiet(t)
			for arguments in (("refresh", "--force"), ("set", "--ttl=1h")):
				field.check_error(t, t.silent(*arguments, "target.sync"), 1, "mount")
				check_unharmed(t, before, path, "source.sync", "target.sync")
		finally:
			subprocess.run(["umount", target], check=True)
		field.succeed(t, "refresh", "--force", "source.sync")
		t.equal(field.cat(t, "source.sync"), b"new\n", "afterwards")


def test_read_only_file_system(t):
	field.need_root("mount")
	with field.Server() as server:
		os.mkdir(t.path("ro"))
		path = field.make(t, server, name="ro/a.sync")
		before = field.print_of(path)
		mounts = (["mount", "--bind", t.path("ro"), t.path("ro")], ["mount", "-o", "remount,bind,ro", t.path("ro")])
		if subprocess.run(mounts[0], capture_output=True, check=False).returncode != 0:
			raise clitest.Skip("a bind mount cannot be made here")
		try:
			subprocess.run(mounts[1], check=True)
			check_reading(t, "ro/a.sync")
			t.equal(t.silent("cat", "ro/a.sync").out, b"old\n", "cat of what is stale")
			for arguments in (("refresh", "--force"), ("set", "--ttl=1h")):
				field.check_error(t, t.silent(*arguments, "ro/a.sync"), 1, "ead-only")
			t.equal(field.status(t, "ro/a.sync")["state"], "unwritable", "status")
			field.check_quiet(t)
		finally:
			subprocess.run(["umount", "-l", t.path("ro")], check=True)
		check_unharmed(t, before, path, "a.sync")


def test_no_home(t):
	"""Reading needs none; what needs one names the variable and does nothing by halves."""
	with field.Server() as server:
		path = field.make(t, server)
		before = field.print_of(path)
		for environment in ({"HOME": None}, {"HOME": ""}, {"HOME": "relative"}, {"HOME": "/proc/none"}, {"HOME": "/dev/null"}):
			check_reading(t, environment=environment)
			done = t.silent("refresh", "--force", field.NAME, environment=environment)
			field.check_error(t, done, 4, "grant")
			check_unharmed(t, before, path)
			done = t.silent("create", "--from", server.url(field.PATH), "-o", "new.sync", environment=environment)
			field.check_error(t, done, 0, "nothing was granted")
			field.succeed(t, "verify", "new.sync", environment=environment)
			os.unlink(t.path("new.sync"))
			check_unharmed(t, before, path)
		done = t.silent("grant", "--yes", field.NAME, environment={"HOME": None})
		field.check_error(t, done, 1, "HOME")


def test_state_folder(t):
	"""Where nothing can be remembered but in the archive, refreshing works; nothing is written where it should not."""
	with field.Server() as server:
		field.make(t, server)
		open(t.path("file"), "wb").close()
		for number, place in enumerate(("/proc/none", t.path("file"), "/dev/null/x")):
			body = b"new %d\n" % number
			server.give(body)
			environment = {"DOTSYNC_STATE_DIR": place, "XDG_CACHE_HOME": place}
			t.equal(t.silent("cat", field.NAME, environment=environment).code, 0, place)
			field.check_quiet(t)
			field.succeed(t, "refresh", "--force", field.NAME, environment=environment)
			t.equal(field.cat(t), body, place)
			t.equal(field.status(t, environment=environment)["failures"], 0, place)
		field.check_clean(t, field.NAME, "file")


def with_limit(kind, number):
	def limit():
		resource.setrlimit(kind, (number, number))
	return limit


def test_few_descriptors(t):
	"""Sixteen are enough; with fewer there is an error, and nothing else."""
	with field.Server() as server:
		path = field.make(t, server)
		server.give(b"new\n")
		check_reading(t, preexec_fn=with_limit(resource.RLIMIT_NOFILE, 16))
		field.succeed(t, "refresh", field.NAME, preexec_fn=with_limit(resource.RLIMIT_NOFILE, 16))
		t.equal(field.cat(t), b"new\n", "refreshed")
		server.give(b"newer\n")
		before = field.print_of(path)
		for number in range(4, 16):
			for arguments in (("cat",), ("refresh", "--force"), ("set", "--description=x")):
				done = t.silent(*arguments, field.NAME, preexec_fn=with_limit(resource.RLIMIT_NOFILE, number))
				t.check(done.code in (0, 1, 4, 75), "%d descriptors, %s: exit %d, %r" % (number, arguments, done.code, done.err))
				field.check_quiet(t)
				if done.code != 0:
					t.check(done.err.startswith(b"dotsync"), "%d descriptors, %s: %r" % (number, arguments, done.err))
				field.check_clean(t)
			if field.print_of(path) != before:
				before = field.print_of(path)
				t.check(field.cat(t) in (b"new\n", b"newer\n"), "payload")
		field.check_quiet(t)


def test_callers(t):
	"""SIGCHLD ignored, signals blocked, descriptors closed: the refresh is the same."""
	with field.Server() as server:
		field.make(t, server)
		shells = ['trap "" CHLD; exec "$0" refresh --force %s', 'exec "$0" refresh --force %s <&- >&- 2>&-', 'exec "$0" refresh --force %s <&-',
			'trap "" PIPE TERM INT HUP ALRM XFSZ; exec "$0" refresh --force %s', 'trap "" CHLD; "$0" cat %s <&- >&- 2>&-; true',
			'cd /; exec "$0" refresh --force "$OLDPWD/%s"', 'umask 377; exec "$0" refresh --force %s', 'ulimit -c 0; ulimit -s 512; exec "$0" refresh --force %s']
		for number, text in enumerate(shells):
			body = b"new %d\n" % number
			server.give(body)
			done = subprocess.run(["sh", "-c", text % field.NAME, clitest.DOTSYNC], cwd=t.work, env=t.environment, capture_output=True, timeout=60, check=False)
			t.check(done.returncode in ((0, 1) if ">&-" in text else (0,)), "%s: exit %d, %r" % (text, done.returncode, done.stderr))
			field.wait_for(t, text, lambda wanted=body: field.cat(t) == wanted)
			field.check_quiet(t)
			field.check_clean(t)


def test_helpers_missing(t):
	"""Without the programs that refresh, all is as before, and the message says which is missing."""
	with field.Server() as server:
		path = field.make(t, server)
		before = field.print_of(path)
		for number, left_out in enumerate(("dotsync-refresh", "dotsync-worker")):
			tree = os.path.join(t.folder, "tree%d" % number)
			shutil.copytree(os.path.join(clitest.BUILD, "libexec"), os.path.join(tree, "libexec"))
			os.mkdir(os.path.join(tree, "bin"))
			shutil.copy(clitest.DOTSYNC, os.path.join(tree, "bin"))
			os.unlink(os.path.join(tree, "libexec/dotsync", left_out))
			program = os.path.join(tree, "bin/dotsync")
			for arguments, code in ((["cat", field.NAME], 0), (["refresh", "--force", field.NAME], 1)):
				done = subprocess.run([program, *arguments], cwd=t.work, env=t.environment, capture_output=True, timeout=60, check=False)
				t.equal(done.returncode, code, "%s without %s: %r" % (arguments, left_out, done.stderr))
				if code != 0:
					t.check(left_out.encode() in done.stderr, done.stderr)
			field.check_quiet(t)
			check_unharmed(t, before, path)


if __name__ == "__main__":
	field.main(__file__)
