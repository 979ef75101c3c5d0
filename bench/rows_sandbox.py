# SPDX-License-Identifier: Apache-2.0 OR MIT
"""
rows_sandbox.py - what the sandbox costs: starting it, compiling for it, calling out of it; beside bubblewrap's bare start and node's
start of the same WASI command.
"""
import json
import os
import shutil

from report import medians, result
from stage import Skip

KIB = 1024


def worker(stage):
	found = {row["what"]: row for row in stage.json(stage.tool("worker_start"), "--json")}
	start = found["spawn to READY, run"]
	run, first = found.get("cached run, spawn to reaped"), found.get("worker's main to first instruction")
	figures = {"p50": start["p50_ms"], "p90": start["p90_ms"]}
	if run is not None:
		figures["whole cached run, p50"] = run["p50_ms"]
	rows = [result("worker, spawn to READY, p90", start["p90_ms"], 2, "ms", figures=figures, figures_unit="ms",
		remark="All layers of the lock; %d starts." % start["rounds"])]
	if first is not None:
		rows.append(result("worker's start to the first instruction of a cached updater", first["p50_ms"], 1.5, "ms",
			figures={"p50": first["p50_ms"], "p90": first["p90_ms"]}, figures_unit="ms", remark="The lock, the code taken in, the module instantiated."))
	return rows


def module(stage, *names):
	"""The first of these modules of the build that is there."""
	for name in names:
		path = os.path.join(stage.build, name)
		if os.path.exists(path):
			return path
	raise Skip("this build has none of %s" % ", ".join(names))


def trial(stage, wasm, *options):
	"""What `dotsync run` says of one run."""
	done = stage.attempt(stage.dotsync, "run", "--json", *options, wasm)
	return json.loads(done)


def first_instruction(stage, wasm, cached):
	"""Seconds from the refresher's start to the guest's first instruction."""
	cache = os.path.join(stage.environment["HOME"], ".cache")
	if not cached:
		shutil.rmtree(cache, ignore_errors=True)
	found = trial(stage, wasm)
	if "start" not in found["timings"]:
		raise RuntimeError("it did not run: %s" % found.get("error", {}).get("message"))
	return found["timings"]["start"]


def compiling(stage):
	"""Modules of the kinds that people write."""
	rows = []
	kinds = (
		("Rust", ("test/guests/wasi/rust.wasm", "test/guests/rust/table.wasm"), 90.0 / 125, None),
		("Go", ("test/guests/go/push.wasm", "test/guests/go/mirror.wasm"), 2000.0 / 2048, 20.0 / 2048),
	)
	for language, names, uncached_goal, cached_goal in kinds:
		try:
			wasm = module(stage, *names)
		except Skip as reason:
			rows.append({"what": "compiling a %s module" % language, "skipped": str(reason)})
			continue
		size = os.path.getsize(wasm) / KIB
		times = stage.turns(7, {"uncached": lambda wasm=wasm: first_instruction(stage, wasm, False), "cached": lambda wasm=wasm: first_instruction(stage, wasm, True)})
		figures = {name: value * 1e3 for name, value in medians(times).items()}
		rows.append(result("%s module of %.0f KiB, uncached, to its first instruction" % (language, size), figures["uncached"], uncached_goal * size, "ms", figures=figures,
			figures_unit="ms", remark="The goal is that of performance for 125 KB or 2 MB, in proportion. From the refresher's start, two workers."))
		if cached_goal is not None:
			rows.append(result("the same, cached", figures["cached"], cached_goal * size, "ms"))
	return rows


def calling(stage):
	"""A call that the host answers, and the old payload read through such calls."""
	calls, read = module(stage, "bench/calls.wasm"), module(stage, "bench/read.wasm")
	few, many = stage.path("few"), stage.path("many")
	count = 200000
	for path, number in ((few, 0), (many, count)):
		with open(path, "w", encoding="utf-8") as file:
			file.write(str(number))
	payload = stage.data()
	stage.need_room(stage.scratch, 2 * stage.large)
	times = stage.turns(5, {
		"none": lambda: trial(stage, calls, "--context", few)["timings"]["run"],
		"calls": lambda: trial(stage, calls, "--context", many)["timings"]["run"],
		"read": lambda: trial(stage, read, "--payload", payload)["timings"]["run"],
	})
	middle = medians(times)
	return [
		result("a call that the host answers, there and back", (middle["calls"] - middle["none"]) / count * 1e6, 25, "us",
			remark="%d calls of `size` in one run, less a run without them." % count),
		result("old payload read by the guest, %.0f MiB" % (stage.large / KIB / KIB), stage.large / middle["read"] / 1e9, 1, "GB/s", at_least=True,
			remark="dotsync.v1 `read` in pieces of 1 MiB, to the end."),
	]


def peers(stage):
	"""Other ways to be locked in, or to run a WASI command; whole commands."""
	ways = {"true": ("/bin/true",)}
	if shutil.which("bwrap"):
		ways["bubblewrap, all namespaces, true"] = ("bwrap", "--ro-bind", "/", "/", "--unshare-all", "--die-with-parent", "/bin/true")
	try:
		wasm = module(stage, "bench/start.wasm")
		if shutil.which("node"):
			script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "guest", "start.mjs")
			ways["node, a WASI command"] = ("node", "--no-warnings", script, wasm)
		if shutil.which("wasmtime"):
			ways["wasmtime, a WASI command"] = ("wasmtime", "run", wasm)
		ways["dotsync run, the same"] = (stage.dotsync, "run", "-q", wasm)
	except Skip:
		pass
	times = stage.turns(15, {name: lambda command=command: stage.run(*command) for name, command in ways.items()})
	figures = {name: value * 1e3 for name, value in medians(times).items()}
	name = "dotsync run, the same" if "dotsync run, the same" in figures else "true"
	return [result("start of a sandboxed WASI command, whole process", figures[name], None, "ms", figures=figures, figures_unit="ms",
		remark="For orientation. Ours makes an archive first, syncs it, runs two processes with all layers, and takes everything away again.")]
