# SPDX-License-Identifier: Apache-2.0 OR MIT
"""
rows_swap.py - putting a new payload, or a new manifest, into an archive of 1 GiB, durably.
"""
import itertools

import machine
from report import compare, medians, result

TTL = itertools.count(3601)
HASHED = "Durable: contents, name and folder are synced. Ours reads the old archive, hashes the new payload (CRC-32, BLAKE3) and checks the result."


def ways(stage, folder, limits):
	payload = stage.data(folder)
	archive, plain = stage.archive(payload, folder), stage.path("plain", folder)
	swap = stage.tool("swap")
	found = {name: lambda verb=verb: stage.run(swap, verb, plain, payload) for name, verb in limits.items()}
	found["dotsync"] = lambda: stage.run(swap, "payload", archive, payload)
	return found


def manifest(stage, folder):
	"""Another TTL each time, so that there is something to write."""
	archive = stage.archive(stage.data(folder), folder)
	return {"dotsync": lambda: stage.run(stage.tool("swap"), "manifest", archive, str(next(TTL)))}


def peer(stage, folder):
	"""libzip's way, on an archive of its own; nothing where the build found no libzip."""
	payload = stage.data(folder)
	archive = stage.archive(payload, folder, "peer.sync")
	try:
		stage.run(stage.tool("swap"), "libzip", archive, payload)
	except RuntimeError:
		return {}
	return {"libzip": lambda: stage.run(stage.tool("swap"), "libzip", archive, payload)}


def on_disk(stage):
	stage.need_room(stage.scratch, 6 * stage.large)
	turns = ways(stage, None, {"copy_file_range, fsync": "copy"})
	turns.update(peer(stage, None))
	times = stage.turns(7, turns, ("libzip",))
	changed = stage.turns(5, manifest(stage, None))
	kind = machine.file_system(stage.scratch)
	return [
		compare("swap 1 GiB on %s" % kind, times, "dotsync", "copy_file_range, fsync", 1.25, HASHED),
		result("changed manifest of 1 GiB on %s" % kind, medians(changed)["dotsync"] * 1e3, None, "ms",
			remark="This file system cannot share blocks, so the payload is copied."),
	]


def on_loop(stage, kind):
	with stage.loop_folder(kind) as folder:
		turns = ways(stage, folder, {"copied, fsync": "write", "reflinked, fsync": "copy"})
		times = stage.turns(5, turns)
		changed = stage.turns(11, manifest(stage, folder))
	remark = HASHED + " Loop image. The payload's blocks are shared, not copied; what remains is the hashing."
	return [
		compare("swap 1 GiB on %s" % kind, times, "dotsync", "copied, fsync", 1.25, remark),
		result("changed manifest of 1 GiB on %s" % kind, medians(changed)["dotsync"] * 1e3, 20, "ms",
			remark="Loop image; the payload is reflinked. Whole process."),
	]
