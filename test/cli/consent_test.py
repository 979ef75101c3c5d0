# SPDX-License-Identifier: Apache-2.0 OR MIT
"""Consent: asked once, of whom it concerns, with the difference shown when something has changed; grants that come from files; secrets."""
import glob
import os
import re
import sys

import clitest

sys.path.insert(0, os.path.join(clitest.SOURCE, "test", "server"))
import client  # noqa: E402

# A WASI command that does nothing, which is "unchanged", and another one.
WASM = b"\0asm\1\0\0\0\1\4\1\x60\0\0\3\2\1\0\5\3\1\0\1\7\x13\2\6memory\2\0\6_start\0\0\x0a\4\1\2\0\x0b"
OTHER = WASM + b"\0\2\1x"
VALUE = "Zx81-secret-value"


def asks(hosts=("a.example",), env=("TOKEN",)):
	quoted = [", ".join('"%s"' % text for text in texts) for texts in (hosts, env)]
	return "\n[permissions]\nallow_hosts = [%s]\nallow_env = [%s]\n" % tuple(quoted)


def make(t, name="a.sync", wasm=WASM, **fields):
	fields.setdefault("tables", asks())
	t.archive(name, extra=[("sync.wasm", wasm)], ttl=0, **fields)


def run(t, *arguments, **options):
	"""t.run() without the seconds that have passed meanwhile."""
	done = t.run(*arguments, **options)
	t.transcript[:] = [re.sub(r"\b\d+ s old", "<age> old", line) for line in t.transcript]
	return done


def say(t, text, *arguments):
	"""The same into the transcript."""
	seen, code = t.answer(text, *arguments)
	t.say("$ dotsync %s, on a terminal, where somebody types %r" % (" ".join(arguments), text.decode()))
	t.say_bytes("", seen.encode())
	t.say("= %d" % code)
	return seen, code


def grant_files(t):
	return glob.glob(os.path.join(t.environment["HOME"], ".config/dotsync/grants/*.toml"))


def state(t, name="a.sync"):
	return t.silent("status", "--json", name).objects()[0]


def test_first_use(t):
	"""Asked once, with all that it may do; where nobody can be asked: exit 4, and what to type."""
	make(t)
	t.run("refresh", "a.sync")
	t.run("refresh", "-q", "a.sync")
	say(t, b"n\n", "refresh", "a.sync")
	say(t, b"y\n", "refresh", "a.sync")
	seen, code = t.answer(b"", "refresh", "a.sync")
	t.check(code == 0 and "Allow" not in seen, seen)
	t.equal(t.silent("refresh", "a.sync").code, 0, "nor is anybody asked who is not there")


def test_replaced(t):
	"""Another updater: refreshing pauses, the difference is shown, reading goes on."""
	make(t, tables=asks(["a.example", "gone.example"]))
	t.equal(t.silent("grant", "--yes", "a.sync").code, 0, "grant")
	make(t, wasm=OTHER, tables=asks(["a.example", "b.example"], ["TOKEN", "MORE"]))
	before = t.read("a.sync")
	t.run("status", "a.sync")
	t.run("status", "--json", "a.sync")
	t.run("refresh", "a.sync")
	done = t.silent("refresh", "--json", "a.sync")
	clitest.validate("refresh", done)
	t.equal((done.code, done.objects()[0]["outcome"], done.objects()[0]["error"]["rule"]), (4, "consent-needed", "grants"), "json")
	t.equal(t.silent("cat", "a.sync").out, b"hello\n", "reading goes on")
	t.equal(t.read("a.sync"), before, "as it was")
	say(t, b"y\n", "refresh", "a.sync")
	t.equal(t.silent("refresh", "a.sync").code, 0, "and goes on")


def test_wider(t):
	"""A manifest that asks for more."""
	make(t)
	t.equal(t.silent("grant", "--yes", "a.sync").code, 0, "grant")
	t.equal(t.silent("refresh", "a.sync").code, 0, "granted")
	t.run("set", "a.sync", "--allow-host", "b.example", "--allow-env", "MORE")
	run(t, "status", "a.sync")
	t.run("refresh", "a.sync")
	run(t, "info", "a.sync")
	t.equal(t.silent("cat", "a.sync").out, b"hello\n", "reading goes on")
	say(t, b"y\n", "grant", "a.sync")
	t.equal(t.silent("refresh", "a.sync").code, 0, "granted again")


def test_expired(t):
	"""A grant that has run out is none, and that is said."""
	make(t)
	t.equal(t.silent("grant", "--yes", "--expires=30d", "a.sync").code, 0, "grant")
	t.equal(t.silent("refresh", "a.sync").code, 0, "in time")
	path, = grant_files(t)
	with open(path) as file:
		text = re.sub(r'expires = "[^"]*"', 'expires = "2020-01-01T00:00:00Z"', file.read())
	with open(path, "w") as file:
		file.write(text)
	t.run("refresh", "a.sync")
	run(t, "status", "a.sync")
	t.run("grants")
	t.run("grants", "--json")
	t.equal(state(t)["consent"]["state"], "expired", "json")
	t.run("grant", "--yes", "a.sync")
	t.equal(t.silent("grants", "--json").objects()[0]["expired"], False, "anew")


def test_explicit(t):
	"""What is typed is what is granted, and what is still missing is said."""
	make(t, tables=asks(["a.example", "b.example"]))
	t.run("grant", "--allow-host", "a.example", "a.sync")
	t.run("grant", "--allow-host", "b.example", "--env", "TOKEN", "a.sync")
	t.run("grants")


def test_greedy_manifest(t):
	"""Stars and numbers beyond reason gain nothing, and are shown as what they are."""
	make(t, tables=asks(["*", "*.com", "https://*.b.example", "a*.example"], ["*", "TOKEN"]))
	t.run("grant", "a.sync")
	for key, value in (("timeout", "1000000000"), ("timeout", "-1"), ("timeout", "nan"), ("timeout", "1e9"), ("max_payload", "-1")):
		text = clitest.manifest(ttl=0).replace("timeout = 30\n", "" if key == "timeout" else "timeout = 30\n") + "%s = %s\n" % (key, value)
		make(t, text=text)
		t.run("grant", "a.sync")


def test_files_for_containers(t):
	"""A grant that was written out holds where it is mounted: no home, nothing that can be written."""
	make(t)
	t.run("grant", "--yes", "--output", "a.toml", "a.sync")
	t.run("grant", "--yes", "--output", "a.toml", "a.sync")
	t.run("grant", "--yes", "-o", "-", "a.sync")
	t.run("grant", "--yes", "-o", "x.toml", "a.sync", "a.sync")
	t.equal(grant_files(t), [], "nothing was granted here")
	nobody = {"HOME": None, "DOTSYNC_CONFIG_DIR": t.path("config")}
	os.makedirs(t.path("config/grants"))
	t.equal(t.silent("refresh", "a.sync", environment=nobody).code, 4, "not yet")
	os.rename(t.path("a.toml"), t.path("config/grants/application.toml"))
	os.chmod(t.path("config/grants"), 0o555)
	os.chmod(t.path("config"), 0o555)
	t.run("refresh", "a.sync", environment=nobody)
	t.run("grants", environment=nobody)
	done = t.silent("doctor", "a.sync", environment={"HOME": None})
	t.check(b"looked in /etc/dotsync/grants.d" in re.sub(rb"\s+", b" ", done.out) and b"--output" in done.out, done.out)
	os.chmod(t.path("config"), 0o755)
	os.chmod(t.path("config/grants"), 0o755)


def test_doctor(t):
	make(t)
	t.write("key", VALUE)
	os.chmod(t.path("key"), 0o600)

	def found(check):
		return [c for o in t.silent("doctor", "--json", "a.sync").objects() if o.get("file") == "a.sync" for c in o["checks"] if c["check"] == check]

	missing, = found("grants")
	t.check("a.example" in missing["detail"] and "TOKEN" in missing["detail"] and "/.config/dotsync/grants" in missing["detail"], missing)
	t.check("dotsync grant" in missing["fix"], missing)
	t.silent("grant", "--allow-host=a.example", "--env=TOKEN", "--secret", "K=file:%s,host=a.example" % t.path("key"), "a.sync")
	t.equal([c["verdict"] for c in found("grants") + found("secret")], ["good", "good"], "all there")
	os.chmod(t.path("key"), 0o644)
	secret, = found("secret")
	t.equal(secret["verdict"], "warning", secret)
	t.check("chmod 600" in secret["fix"], secret)


def test_secrets(t):
	"""Bound to one host and place; values are in no output, and in no file but the grant's own."""
	make(t)
	t.write("key", VALUE + "\n")
	os.chmod(t.path("key"), 0o600)
	environment = {"THE_TOKEN": VALUE}
	t.run("grant", "--secret", "TOKEN=env:THE_TOKEN,host=api.a.example", "a.sync", environment=environment)
	t.run("grant", "--secret", "KEY=file:%s,host=a.example:8443,query=api_key" % t.path("key"),
		"--secret", "CRED=credential:token,host=https://a.example,header=X-Api-Key,format=Key {}, please", "--json", "a.sync")
	t.run("grants")
	t.run("grants", "--json")
	t.run("grant", "--yes", "a.sync")
	t.run("grant", "a.sync")
	path, = grant_files(t)
	t.equal(os.stat(path).st_mode & 0o777, 0o600, "for nobody else")
	with open(path) as file:
		t.check(VALUE in file.read(), "what was in the environment is kept")
	t.check(VALUE not in "".join(t.transcript), "values are in no output")
	t.run("grant", "-o", "-", "--yes", "--secret", "TOKEN=env:THE_TOKEN,host=api.a.example", "a.sync", environment=environment)
	t.run("grant", "-o", "-", "--secret", "TOKEN=file:key,host=api.a.example", "a.sync")
	t.check(VALUE not in "".join(t.transcript), "nor in what is taken elsewhere")
	t.equal(t.silent("revoke", "a.sync").code, 0, "revoke")
	t.equal(grant_files(t), [], "gone")


def test_secrets_refused(t):
	make(t)
	t.write("open", VALUE)
	os.chmod(t.path("open"), 0o644)
	for secret in ("TOKEN", "TOKEN=%s,host=a.example" % VALUE, "TOKEN=env:X", "TOKEN=env:X,host=*.example.com", "TOKEN=env:X,host=http://a.example",
			"TOKEN=env:X,host=a.example,header=Host", "TOKEN=env:X,host=a.example,format=Bearer", "TOKEN=env:X,host=a.example,colour=red"):
		t.run("grant", "--secret", secret.replace(VALUE, "the-value-itself"), "a.sync")
		done = t.silent("grant", "--secret", secret, "a.sync")
		t.check(done.code == 2 and VALUE.encode() not in done.err, done.err)
	t.run("grant", "--secret", "TOKEN=env:UNSET,host=a.example", "a.sync")
	t.run("grant", "--secret", "TOKEN=env:SHORT,host=a.example", "a.sync", environment={"SHORT": "1234567"})
	t.run("grant", "--secret", "TOKEN=file:%s,host=a.example" % t.path("open"), "a.sync")
	t.run("grant", "--secret", "TOKEN=file:%s,host=a.example" % t.path("missing"), "a.sync")
	t.equal(grant_files(t), [], "nothing was stored")


def test_secret_is_sent(t):
	"""From the first request on, without being seen anywhere on the way."""
	with client.Server(tls=True) as server:
		os.makedirs(os.path.join(t.environment["HOME"], ".config/dotsync"))
		with open(os.path.join(t.environment["HOME"], ".config/dotsync/config.toml"), "w") as file:
			file.write('[network]\nca_file = "%s"\n' % server.ca)
		server.content("/data.csv", b"known\n", headers={"Content-Type": "text/csv"})
		url, environment = server.url("/data.csv", "https"), {"THE_TOKEN": VALUE}
		done = t.silent("create", "--from", url, "--header", "Authorization: Bearer {secret:TOKEN}",
			"--secret", "TOKEN=env:THE_TOKEN,host=127.0.0.1:%d" % server.ports["https"], "--ttl=0", environment=environment)
		t.equal(done.code, 0, done.err)
		t.equal(t.silent("cat", "--refresh=never", "data.csv.sync").out, b"known\n", "payload")
		server.content("/data.csv", b"news\n", headers={"Content-Type": "text/csv"})
		told = t.silent("refresh", "-v", "data.csv.sync")
		t.equal(told.code, 0, told.err)
		t.equal([dict(entry["headers"]).get("Authorization") for entry in server.log()], ["Bearer " + VALUE] * 2, "sent")
		for data in (done.out, done.err, told.out, told.err, t.read("data.csv.sync"), t.silent("info", "--json", "data.csv.sync").out):
			t.check(VALUE.encode() not in data, data)


def holding(folder, value):
	"""The files below a folder that have it in them."""
	found = []
	for parent, _, names in os.walk(folder):
		for name in names:
			with open(os.path.join(parent, name), "rb") as file:
				if value.encode() in file.read():
					found.append(os.path.join(parent, name))
	return found


def test_failed_create(t):
	"""What was typed for an archive that was not made is granted to nobody, and kept nowhere."""
	with client.Server(tls=True) as server:
		os.makedirs(os.path.join(t.environment["HOME"], ".config/dotsync"))
		with open(os.path.join(t.environment["HOME"], ".config/dotsync/config.toml"), "w") as file:
			file.write('[network]\nca_file = "%s"\n' % server.ca)
		where = "host=127.0.0.1:%d" % server.ports["https"]

		def create(name, value, *options):
			return t.silent("create", "--from", server.url("/data.csv", "https"), "--header", "Authorization: Bearer {secret:TOKEN}", "--ttl=0",
				"--secret", "TOKEN=env:THE_TOKEN," + where, "--allow-host", "typed.example", "-o", name, *options, environment={"THE_TOKEN": value})

		server.content("/data.csv", b"gone", status=404)
		t.equal(create("a.sync", VALUE).code, 75, "no server delivers")
		t.equal((grant_files(t), holding(t.folder, VALUE), os.listdir(t.work)), ([], [], []), "nothing was granted, and nothing is left")
		t.write("key", VALUE)
		os.chmod(t.path("key"), 0o600)
		done = t.silent("create", "--from", server.url("/data.csv", "https"), "--query", "key={secret:K}", "--secret", "K=file:key,%s,query=key" % where,
			"--allow-host", "typed.example", "-o", "a.sync")
		t.equal((done.code, grant_files(t), holding(t.folder, "K=")), (75, [], []), done.err)
		os.unlink(t.path("key"))

		server.content("/data.csv", b"known\n", headers={"Content-Type": "text/csv"})
		done = create("a.sync", VALUE)
		t.equal(done.code, 0, done.err)
		path, = grant_files(t)
		with open(path, "rb") as file:
			before = file.read()
		server.content("/data.csv", b"gone", status=404)
		t.equal(create("b.sync", "another-value").code, 75, "another archive from the same URL")
		with open(path, "rb") as file:
			t.equal(file.read(), before, "the first one's grant is as it was")
		t.equal(holding(t.folder, "another-value"), [], "nor is it elsewhere")
		server.content("/data.csv", b"known\n", headers={"Content-Type": "text/csv"})
		t.equal(create("b.sync", "another-value").code, 0, "made")
		t.equal(holding(t.folder, "another-value"), [path], "and granted")


def test_private(t):
	"""A private address is granted in so many words or not at all, and whoever looks is told."""
	with client.Server() as server:
		origin = server.origin()
		server.content("/data.csv", b"known\n", headers={"Content-Type": "text/csv"})
		t.equal(t.silent("create", "--from", server.url("/data.csv"), "-o", "a.sync", "--ttl=0").code, 0, "create")
		t.silent("revoke", "a.sync")
		seen, code = t.answer(b"y\n", "grant", "a.sync")
		t.check(code == 0 and "(new; a private address)" in seen and "--private HOST" in seen and "--private %s`" % origin in seen, seen)
		told = t.silent("info", "a.sync").out
		t.check(b"Unreached" in told and origin.encode() in told, told)
		found = [c for c in t.silent("doctor", "--json", "a.sync").objects() if c.get("file") == "a.sync"]
		t.check(any(c["check"] == "grants" and "private address" in c["detail"] and c["verdict"] == "warning" for o in found for c in o["checks"]), found)
		told = t.silent("refresh", "--explain", "a.sync").out
		t.check(b"private address %s: NOT granted" % origin.encode() in told, told)
		done = t.silent("refresh", "a.sync")
		t.check(done.code == 75 and b"`dotsync grant FILE --private %s`" % origin.encode() in done.err, done.err)
		done = t.silent("grant", "--private", origin, "a.sync")
		t.equal((done.code, done.err), (0, b""), "what the message says")
		t.equal(t.silent("refresh", "--force", "a.sync").code, 0, "reached")
		told = t.silent("info", "a.sync").out
		t.check(b"Unreached" not in told and b"Private" in told, told)
		t.check(b"NOT granted" not in t.silent("refresh", "--explain", "a.sync").out, "all is granted")
		t.write("u.wasm", OTHER)
		done = t.silent("set", "a.sync", "--wasm=u.wasm", "--yes")
		t.check(done.code == 0 and b"(private addresses too)" in done.out, done.out + done.err)


def test_unasked(t):
	"""What the archive does not ask for is granted, and said to be so."""
	make(t, tables=asks(["https://a.example", "10.0.0.5:8080"]))
	t.run("grant", "--allow-host", "nope.example", "--env", "TOKEM", "--private", "10.0.0.6", "a.sync")
	t.run("grant", "--allow-host", "A.example", "--env", "TOKEN", "--private", "http://10.0.0.5:8080", "a.sync")
	t.run("grant", "--private", "10.0.0.6", "-o", "-", "a.sync")


def test_archive_gone(t):
	"""A grant outlives its archive; it is found, and can be taken back."""
	make(t)
	t.equal(t.silent("grant", "--yes", "a.sync").code, 0, "grant")
	os.unlink(t.path("a.sync"))
	t.run("revoke", "a.sync")
	t.run("grants")
	path, = grant_files(t)
	t.check(path.encode() in t.silent("grants").out, "its file")
	os.unlink(path)
	t.run("grants")


clitest.main(__file__)
