#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 OR MIT
"""Our archives in the hands of other readers: they open without a warning and give the same bytes."""

import os
import re
import sys
import zipfile

sys.dont_write_bytecode = True
import tools

WARNING = re.compile(rb"warning|error|mismatch|extra bytes|unexpected", re.IGNORECASE)

# Words of success that look like warnings.
HARMLESS = re.compile(rb"no errors detected[^\n]*|errors: 0|warnings: 0", re.IGNORECASE)

# Command, and whether it reads all data (which sparse archives have with a wrong CRC-32).
READERS = [
    ("unzip", "unzip -t {}", True),
    ("unzip", "unzip -l {}", False),
    ("zipinfo", "zipinfo -v {}", False),
    ("zip", "zip -T {}", True),
    ("7z", "7z t -bd {}", True),
    ("7z", "7z l -bd {}", False),
    ("bsdtar", "bsdtar -tvf {}", False),
    ("bsdtar", "bsdtar -xOf {} >/dev/null", True),
    ("bsdtar", "cat {} | bsdtar -xOf - >/dev/null", True),
    ("python3", "python3 -m zipfile -t {}", True),
    ("python3", "python3 -m zipfile -l {}", False),
    ("jar", "jar tf {}", False),
    ("zipdetails", "zipdetails {}", False),
    ("zipdetails", "zipdetails --scan {}", True),
]


def check_reader(results, command, path):
    got = tools.run(command.format(path), shell=True)
    said = HARMLESS.sub(b"", got.stdout + got.stderr)
    warned = WARNING.search(said)
    line = said[max(0, warned.start() - 60):warned.end() + 60] if warned else b""
    results.check(got.returncode == 0 and not warned, f"{command.format(path)}: status {got.returncode}, {line!r}")


def check_bytes(results, path):
    """What unzip and zipfile make of each entry is what zip_cat makes of it."""
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            data = tools.run([tools.ours("zip_cat"), path, name]).stdout
            results.check(archive.read(name) == data, f"{path}: zipfile has other bytes in {name}")
            if tools.has("unzip"):
                results.check(tools.run(["unzip", "-p", path, name]).stdout == data, f"{path}: unzip has other bytes in {name}")


def make(results, path, size, *options):
    got = tools.run([tools.ours("zip_make"), path, str(size), *options])
    results.check(got.returncode == 0, f"zip_make: {got.stderr.decode()}")
    return got.returncode == 0


def main():
    results = tools.Results()
    installed = {tool for tool in {reader[0] for reader in READERS} if tools.has(tool)}
    with tools.folder() as work:
        for name, size, options in (("stored", 14000, []), ("deflate", 14000, ["deflate"]), ("empty", 0, [])):
            path = os.path.join(work, f"{name}.zip")
            make(results, path, size, *options)
            for tool, command, _ in READERS:
                if tool in installed:
                    check_reader(results, command, path)
            check_bytes(results, path)
        for size in (2**32 - 2, 2**32 - 1, 2**32, 4500000000):
            path = os.path.join(work, "large.zip")
            if not make(results, path, size):
                print("skip: no sparse files of 4.5 GB here")
                break
            for tool, command, reads_data in READERS:
                if tool in installed and not reads_data:
                    check_reader(results, command, path)
            with zipfile.ZipFile(path) as archive:
                results.check(archive.getinfo("payload").file_size == size, f"zipfile sees another size than {size}")
                results.check(archive.read("sync.chunks") == b"chunks", f"zipfile reads another entry behind {size} bytes")
            os.unlink(path)
    results.finish()


if __name__ == "__main__":
    sys.exit(main())
