#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 OR MIT
"""What we accept, nobody reads otherwise.

Takes the ambiguous archives of zip_hostile that our reader accepts, and archives damaged at random places that it
still accepts, and asks unzip, bsdtar and Python's zipfile: each that opens one must see the same names and bytes.
A reader that refuses one has no say in it.

    oracle.py [COUNT]    how many archives to damage (default 3000)
    oracle.py FILE...    these archives instead, such as a fuzzer's corpus
"""

import os
import random
import sys
import zipfile
import zlib

sys.dont_write_bytecode = True
import tools

ATTEMPTS = 3000
BATCH = 200


def accepted(paths):
    """Path -> [(name, size, crc)] for those that our reader opens and reads to the end."""
    found = {}
    for start in range(0, len(paths), BATCH):
        got = tools.run([tools.ours("zip_cat"), "--bare", "--all", *paths[start:start + BATCH]])
        current = None
        for line in got.stdout.decode().splitlines():
            if line.startswith("ok "):
                current = found.setdefault(line[3:], [])
            elif line.startswith("\t"):
                _, size, crc, name = line[1:].split(" ", 3)
                current.append((name, int(size), int(crc, 16)))
    return found


def pieces_agree(data, entries):
    """Is this all entries' bytes, one after the other?"""
    offset = 0
    for _, size, crc in entries:
        if zlib.crc32(data[offset:offset + size]) != crc:
            return False
        offset += size
    return offset == len(data)


def ask_python(path):
    try:
        with zipfile.ZipFile(path) as archive:
            return [(i.filename, i.file_size, zlib.crc32(archive.read(i))) for i in archive.infolist()]
    except Exception:  # whatever it is, it is a refusal
        return None


def ask_command(list_command, data_command):
    names = tools.run(list_command)
    data = tools.run(data_command)
    if names.returncode or data.returncode:
        return None
    return [name.decode("utf-8", "replace") for name in names.stdout.splitlines()], data.stdout


def compare(results, path, entries):
    """The number of readers that opened it."""
    opened = 0
    by_name = sorted(entries)
    said = ask_python(path)
    if said is not None:
        opened += 1
        results.check(sorted(said) == by_name, f"zipfile and {path}: {said} instead of {entries}")
    for tool, list_command, data_command in (
            ("unzip", ["unzip", "-Z1", path], ["unzip", "-p", path]),
            ("bsdtar", ["bsdtar", "-tf", path], ["bsdtar", "-xOf", path])):
        if tool not in compare.installed:
            continue
        said = ask_command(list_command, data_command)
        if said is None:
            continue
        opened += 1
        names, data = said
        results.check(sorted(names) == [entry[0] for entry in by_name], f"{tool} and {path}: names {names}")
        in_its_order = [entry for name in names for entry in entries if entry[0] == name]
        results.check(pieces_agree(data, in_its_order), f"{tool} and {path}: other bytes")
    return opened


def damaged(work, count):
    """Archives with a few bytes changed; the sequence is the same each time."""
    rng = random.Random(1)
    seeds = []
    for size in (0, 40, 3000):
        path = os.path.join(work, f"seed-{size}.zip")
        tools.run([tools.ours("zip_make"), path, str(size), "deflate"])
        with open(path, "rb") as file:
            seeds.append(file.read())
    paths = []
    for i in range(count):
        data = bytearray(rng.choice(seeds))
        for _ in range(rng.randint(1, 3)):
            # Half of the changes go where the headers are: the directory and the end record.
            place = rng.randrange(len(data)) if rng.random() < 0.5 else len(data) - 1 - rng.randrange(320)
            data[place] = rng.choice((0, 1, 0xff, rng.randrange(256)))
        paths.append(os.path.join(work, f"damaged-{i}.zip"))
        with open(paths[-1], "wb") as file:
            file.write(data)
    return paths


def main():
    results = tools.Results()
    compare.installed = {tool for tool in ("unzip", "bsdtar") if tools.has(tool)}
    with tools.folder() as work:
        if len(sys.argv) > 1 and not sys.argv[1].isdigit():
            paths = sys.argv[1:]
        else:
            hostile = os.path.join(work, "hostile")
            os.mkdir(hostile)
            tools.run([tools.ours("zip_hostile"), hostile])
            paths = sorted(os.path.join(hostile, name) for name in os.listdir(hostile))
            paths += damaged(work, int(sys.argv[1]) if len(sys.argv) > 1 else ATTEMPTS)
        ours = accepted(paths)
        opened = sum(compare(results, path, entries) for path, entries in ours.items())
    print(f"{len(paths)} archives, {len(ours)} accepted, opened {opened} times by others")
    results.finish()


if __name__ == "__main__":
    sys.exit(main())
