# SPDX-License-Identifier: Apache-2.0 OR MIT
"""
rows.py - what is measured.  Each function gets a Stage and returns the results of its row; ROWS has them all, in order.
"""
import os
import shutil

import rows_refresh
import rows_sandbox
import rows_swap
from report import compare, medians, ratio, result
from stage import GIB


def opening(stage):
	archive = stage.archive(stage.data(name="small", size=10240), name="small.sync")
	times = stage.json(stage.tool("open"), archive, str(stage.rounds(101)))[0]
	remark = "Payload of 10 KiB, manifest of 0.9 KB, Deflated; a round is the mean of 200 openings in one process."
	shown = ("mmap", "container, view", "libzip", "libzip CHECKCONS")
	rows = [compare("container open and view", {name: times[name] for name in shown if name in times}, "container, view", "mmap", 1.25,
		remark + ("" if "libzip" in times else " libzip-dev is not installed: no peer."), 1e-3, "us")]
	if "libzip" in times:
		rows.append(compare("the same, to libzip's default open (without a view)", {n: times[n] for n in ("container, view", "container", "libzip")},
			"container, view", "libzip", 1.0, "libzip cannot map the payload; ours does, in `container` it does not.", 1e-3, "us"))
	rows.append(result("container open without a view", medians(times)["container"] / 1e3, 10, "us", figures={
		name: medians(times)[name] / 1e3 for name in ("pread", "container")}, figures_unit="us"))
	rows.append(compare("archive open with manifest, and view", {n: times[n] for n in ("mmap", "archive", "archive, view")}, "archive, view", "mmap", 1.7,
		remark, 1e-3, "us"))
	return rows


def info(stage):
	"""Whole processes, in blocks of ten."""
	archive = stage.archive(stage.data(name="small", size=10240), name="small.sync")
	ways = {"true": ("/bin/true",), "dotsync info": (stage.dotsync, "info", archive), "unzip -l": ("unzip", "-l", archive),
		"7z l": ("7z", "l", archive), "bsdtar -t": ("bsdtar", "-tf", archive), "python": (python(), "-m", "zipfile", "-l", archive)}
	ways = {name: command for name, command in ways.items() if shutil.which(command[0])}
	times = stage.turns(15, {name: lambda command=command, name=name: block(stage, command, 3 if name == "python" else 10) for name, command in ways.items()})
	return [compare("dotsync info, whole process", times, "dotsync info", "true", 1.5, "A round is the mean of ten runs.", 1e3, "ms")]


def block(stage, command, count):
	return sum(stage.spawn(count, *command)[0]["ns"]) / count / 1e9


def python():
	"""The interpreter itself, not a launcher in front of it."""
	return os.path.realpath("/proc/self/exe")


def pack_ways(stage, folder, payload):
	"""Name -> (command, what it makes)."""
	out = os.path.join(folder, "out")
	store = "import sys, zipfile; zipfile.ZipFile(sys.argv[1], 'w').write(sys.argv[2], 'payload')"
	ways = {
		"cp": ("cp", payload, out),
		"dotsync create": (stage.dotsync, "create", payload, "-o", out),
		"zip -0": ("zip", "-q", "-0", "-X", "-j", out + ".zip", payload),
		"7z -mx0": ("7z", "a", "-tzip", "-mx0", "-bd", out + ".zip", payload),
		"bsdtar": ("bsdtar", "--format", "zip", "--options", "zip:compression=store", "-cf", out, payload),
		"python": (python(), "-c", store, out, payload),
	}
	return {name: command for name, command in ways.items() if shutil.which(command[0])}


def afresh(folder, action):
	"""Without what an earlier run made."""
	for name in ("out", "out.zip"):
		if os.path.exists(os.path.join(folder, name)):
			os.unlink(os.path.join(folder, name))
	return action()


def pack(stage):
	remark = "CRC-32 computed (BLAKE3 where somebody asks for it, which `create` from a file does not), the result checked by the strict reader and synced; the peers compute a CRC-32 and do not sync."
	with stage.memory_folder(3 * stage.large) as folder:
		payload = stage.data(folder)
		ways = {name: lambda c=c: afresh(folder, lambda: stage.run(*c)) for name, c in pack_ways(stage, folder, payload).items()}
		rows = [compare("pack 1 GiB, tmpfs", stage.turns(7, ways, ("zip -0", "python", "bsdtar")), "dotsync create", "cp", 1.4, remark + " On tmpfs a sync costs nothing.")]
	folder = stage.path("pack")
	os.mkdir(folder)
	try:
		stage.need_room(folder, 4 * stage.large)
		payload = stage.data()
		out = os.path.join(folder, "out")
		ways = {"cp, sync": ("sh", "-c", 'cp "$1" "$2" && sync "$2"', "sh", payload, out), "dotsync create": (stage.dotsync, "create", payload, "-o", out)}
		times = stage.turns(5, {name: lambda c=c: afresh(folder, lambda: stage.run(*c)) for name, c in ways.items()})
		return rows + [compare("pack 1 GiB, durable on disk", times, "dotsync create", "cp, sync", 1.4)]
	finally:
		shutil.rmtree(folder)


def verify(stage):
	stage.need_room(stage.scratch, 3 * stage.large)
	archive = stage.archive(stage.data())
	checksum = stage.tool("checksum")
	ways = {"dotsync verify": (stage.dotsync, "verify", archive)}
	ways.update({name: (checksum, name, archive) for name in ("blake3", "blake3-mapped", "crc", "both", "read")})
	ways.update({"unzip -t": ("unzip", "-tq", archive), "7z t": ("7z", "t", "-bd", archive), "python": (python(), "-m", "zipfile", "-t", archive)})
	times = stage.turns(7, {name: lambda c=c: stage.run(*c) for name, c in ways.items() if shutil.which(c[0])},
		("unzip -t", "7z t", "python"))
	figures = medians(times)
	return [
		compare("verify 1 GiB, to BLAKE3 alone", times, "dotsync verify", "blake3", 1.2,
			"Warm. The limits have one thread; ours computes CRC-32 as well (`both` is what that costs)."),
		result("the same, to BLAKE3 and CRC-32 alone", ratio(times, "dotsync verify", "both"), 1.2,
			figures={name: figures[name] for name in ("both", "dotsync verify")}),
	]


def memory(stage):
	"""The most memory of whole commands; a sparse payload costs no disk."""
	rows = []
	for size in (stage.large, stage.large // 8) if stage.quick else (GIB, 8 * GIB):
		payload, archive, out = stage.path("sparse"), stage.path("sparse.sync"), stage.path("sparse.out")
		with open(payload, "wb") as file:
			file.truncate(size)
		commands = {"create": ("create", payload, "-o", archive), "info": ("info", archive), "verify": ("verify", archive), "cat": ("cat", archive),
			"extract": ("extract", archive, "-o", out), "set --payload": ("set", archive, "--payload", payload), "set --ttl": ("set", archive, "--ttl", "2h")}
		try:
			used = {name: stage.spawn(1, stage.dotsync, *command)[0]["memory_kib"] / 1024 for name, command in commands.items()}
		finally:
			for path in (payload, archive, out, stage.path("output")):
				if os.path.exists(path):
					os.unlink(path)
		rows.append(result("peak memory of dotsync, %d GiB sparse" % (size >> 30), max(used.values()), 32, "MiB", figures=used, figures_unit="MiB"))
	return rows


ROWS = [
	("open", opening),
	("info", info),
	("worker", rows_sandbox.worker),
	("compiling", rows_sandbox.compiling),
	("calling", rows_sandbox.calling),
	("sandboxes", rows_sandbox.peers),
	("first instruction and 304", rows_refresh.start),
	("verify", verify),
	("pack", pack),
	("swap", rows_swap.on_disk),
	("swap on XFS", lambda stage: rows_swap.on_loop(stage, "xfs")),
	("swap on Btrfs", lambda stage: rows_swap.on_loop(stage, "btrfs")),
	("throughput", rows_refresh.throughput),
	("memory", memory),
	("memory of a refresh", rows_refresh.memory),
]
