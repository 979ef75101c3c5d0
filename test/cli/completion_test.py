# SPDX-License-Identifier: Apache-2.0 OR MIT
"""What the completion for bash offers is what the command knows."""
import os
import re
import shutil
import subprocess

import clitest

SCRIPT = os.path.join(clitest.SOURCE, "packaging", "completions", "dotsync.bash")


def complete(t, *words):
	if shutil.which("bash", path=t.environment["PATH"]) is None:
		raise clitest.Skip("no bash")
	path = os.path.dirname(clitest.DOTSYNC) + ":" + t.environment["PATH"]
	script = 'source "$0"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _dotsync; printf "%s\\n" "${COMPREPLY[@]}"'
	done = subprocess.run(["bash", "-c", script, SCRIPT, "dotsync", *words], cwd=t.work, env=dict(t.environment, PATH=path), capture_output=True, check=True)
	t.equal(done.stderr, b"", words)
	return done.stdout.decode().split()


def test_bash(t):
	commands = re.findall(r"^  (\w+) ", t.silent("--help").out.decode(), re.MULTILINE)
	t.equal(complete(t, ""), commands + ["help", "--help", "--version"], "commands")
	t.equal(complete(t, "help", ""), commands, "help")
	t.equal(complete(t, "gra"), ["grant", "grants"], "a part of a word")
	for command in commands:
		options = re.findall(r"^  .*?(--[a-z-]+)", t.silent(command, "--help").out.decode(), re.MULTILINE)
		t.equal(complete(t, command, "--"), options, command)


def test_values(t):
	for words, values in (
		(("refresh", "--sandbox", ""), ["strict", "default", "degraded"]),
		(("run", "--sandbox", "=", "de"), ["default", "degraded"]),
		(("create", "--network", "="), ["none", "local", "wan"]),
		(("cat", "--refresh", "n"), ["never"]),
		(("doctor", "--sandbox", ""), []),
	):
		t.equal(complete(t, *words), values, words)


def test_before_the_command(t):
	t.write("a.sync", b"")
	t.equal(complete(t, "--json", "stat"), ["status"], "the command")
	t.equal(complete(t, "--json", "status", "--max"), ["--max-age"], "its options")
	t.equal(complete(t, "status", "--json", "a"), ["a.sync"], "a file")
	t.equal(complete(t, "status", "--json", "a.sync", "--max"), ["--max-age"], "more options after a file")


def test_files(t):
	t.write("a.sync", b"")
	t.write("--b.sync", b"")
	t.equal(complete(t, "cat", "a"), ["a.sync"], "a file")
	t.equal(complete(t, "cat", "--", "--b"), ["--b.sync"], "after --")


clitest.main(__file__)
