# SPDX-License-Identifier: Apache-2.0 OR MIT
"""
rows_refresh.py - refreshes as a person types them: `dotsync refresh` with the real refresher and worker.
"""
import json
import os
import shutil

from report import medians, result
from stage import GIB, Skip


def create(stage, port, first, name, ttl="1h"):
	"""An archive with the built-in updater, granted to this user."""
	archive = stage.path(name)
	stage.run(stage.dotsync, "create", "--from", "http://127.0.0.1:%d/data" % port, first, "-o", archive, "--ttl", ttl, "--force",
		"--timeout", "60")
	return archive


def refresh(stage, archive, *expected):
	"""(seconds of the command, its JSON, MiB of the largest process)."""
	run, output = stage.spawn(1, stage.dotsync, "refresh", "--force", "--json", archive)
	outcome = json.loads(output)
	if outcome.get("outcome") not in expected:
		raise RuntimeError("refresh: expected %s, found %s" % (" or ".join(expected), output.decode()[:300]))
	return run["ns"][0] / 1e9, outcome, run["memory_kib"] / 1024


def start(stage):
	"""A 304: the module is cached, the origin says that nothing changed."""
	file = stage.data(name="small100", size=102400)
	with stage.server(file) as port:
		archive = create(stage, port, file, "start.sync")
		refresh(stage, archive, "updated", "unchanged")  # compiles the updater, learns the validators
		times = {"command": [], "to the first instruction": [], "worker ready": [], "updater runs": []}
		true = stage.turns(11, {"true": lambda: stage.run("/bin/true")})["true"]
		for i in range(stage.rounds(51)):
			seconds, outcome, _ = refresh(stage, archive, "unchanged")
			timings = outcome["timings"]
			times["command"].append(seconds)
			times["to the first instruction"].append(seconds - (timings["total"] - timings["start"]))
			times["worker ready"].append(timings["worker"])
			times["updater runs"].append(timings["run"])
	figures = {name: value * 1e3 for name, value in medians(dict(times, true=true)).items()}
	return [
		result("refresh to the first instruction of a cached module", figures["to the first instruction"], 10, "ms", figures=figures, figures_unit="ms",
			remark="A command: time of the process less what the refresher did after the first instruction, so that its end is counted too."),
		result("a refresh that is a 304", figures["command"], 15, "ms", figures={name: figures[name] for name in ("command", "true")},
			figures_unit="ms", remark="A command, with the validators of the state record; the answer came from bench/server."),
	]


def throughput(stage):
	stage.need_room(stage.scratch, 4 * stage.large)
	file, first = stage.data(), stage.data(name="small", size=10240)
	with stage.server(file, always=True) as port:
		archive = create(stage, port, first, "throughput.sync")
		stage.run(stage.dotsync, "set", archive, "--set", "policy.max_payload=%d" % (1 << 40))
		out, url = stage.path("curl.out"), "http://127.0.0.1:%d/data" % port
		ways = {"curl -o": lambda: stage.run("curl", "-s", "-o", out, url)} if shutil.which("curl") else {}
		outcomes = []

		def ours():
			stage.run(stage.dotsync, "set", archive, "--payload", first)  # else the download would be the same bytes
			seconds, outcome, _ = refresh(stage, archive, "updated")
			outcomes.append(outcome["timings"])
			return seconds

		ways["dotsync refresh"] = ours
		times = stage.turns(5, ways)
	gib = stage.large / 1e9
	run = sorted(o["run"] for o in outcomes[1:])
	figures = {name: gib / value for name, value in medians(times).items()}
	figures["response to payload"] = gib / run[len(run) // 2]
	for path in (archive, out):
		if os.path.exists(path):
			os.unlink(path)
	return [result("response to payload, 1 GiB", figures["response to payload"], 1, "GB/s", at_least=True, figures=figures, figures_unit="GB/s",
		remark="From the updater's start to its end: received, parsed, hashed, written to the staging file. `dotsync refresh` is the whole command, which "
			"syncs as well; curl -o hashes nothing and does not sync.")]


def memory(stage):
	rows = []
	first = stage.data(name="small", size=10240)
	for size in (stage.large,) if stage.quick else (GIB, 8 * GIB):
		file = stage.path("sparse")
		with open(file, "wb") as sparse:
			sparse.truncate(size)
		try:
			stage.need_room(stage.scratch, 2 * size)
			with stage.server(file, always=True) as port:
				archive = create(stage, port, first, "memory.sync")
				stage.run(stage.dotsync, "set", archive, "--set", "policy.max_payload=%d" % (1 << 40))
				seconds, outcome, used = refresh(stage, archive, "updated")
			if outcome["payload_size"] != size:
				raise Skip("the payload has %d bytes" % outcome["payload_size"])
		finally:
			for path in (file, stage.path("memory.sync")):
				if os.path.exists(path):
					os.unlink(path)
		rows.append(result("peak memory of a refresh, %d GiB" % (size >> 30), used, 32, "MiB", figures={"command": seconds},
			remark="The largest of dotsync, dotsync-refresh and dotsync-worker."))
	return rows
