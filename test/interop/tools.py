# SPDX-License-Identifier: Apache-2.0 OR MIT
"""What the interop tests share: where our programs are, running tools, counting results."""

import functools
import os
import shutil
import subprocess
import sys
import tempfile

BUILD = os.environ.get("DOTSYNC_BUILD", "build/debug")


def ours(name):
    """The path of a program of lib/zip/test."""
    return os.path.join(os.path.abspath(BUILD), "test", name)


@functools.cache
def has(tool):
    """Is it installed?  Says so when it is not."""
    if shutil.which(tool):
        return True
    print(f"skip: {tool} is not installed")
    return False


def run(command, cwd=None, stdin=b"", shell=False):
    """Runs to its end in the C locale; stdout and stderr together as bytes in .stdout, or apart."""
    env = dict(os.environ, LC_ALL="C.UTF-8", TZ="UTC")
    return subprocess.run(command, cwd=cwd, input=stdin, shell=shell, env=env,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)


class Results:
    """Counts checks; prints those that failed; the exit status at the end."""

    def __init__(self):
        self.passed = 0
        self.failed = 0

    def check(self, good, what):
        if good:
            self.passed += 1
        else:
            self.failed += 1
            print(f"FAILED: {what}")

    def finish(self):
        print(f"{self.passed} passed, {self.failed} failed")
        if self.failed:
            sys.exit(1)
        if not self.passed:
            print("skip: none of the tools is installed")
            sys.exit(77)


def folder():
    """A temporary folder in the working directory, for `with`."""
    return tempfile.TemporaryDirectory(prefix="interop-", dir=".")
