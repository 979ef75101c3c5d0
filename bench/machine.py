# SPDX-License-Identifier: Apache-2.0 OR MIT
"""
machine.py - what the numbers were measured on.  No names of machines, no paths.
"""
import os
import platform
import re
import subprocess
import sys

TOOLS = [
	("cp", ["cp", "--version"]), ("zip", ["zip", "-v"]), ("unzip", ["unzip", "-v"]), ("7z", ["7z"]), ("bsdtar", ["bsdtar", "--version"]),
	("curl", ["curl", "--version"]), ("gcc", ["gcc", "--version"]),
]


def version(command):
	"""The first version number that a tool says; None where there is no such tool."""
	try:
		done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=10, check=False)
	except FileNotFoundError:
		return None
	found = re.search(r"\d+\.\d+[.\w]*", (done.stdout + done.stderr).decode("utf-8", "replace"))
	return found.group(0) if found else "?"


def file_system(folder):
	"""Type of the file system that holds a folder."""
	best = ("", "?")
	with open("/proc/self/mounts", encoding="utf-8") as file:
		for line in file:
			_, place, kind = line.split()[:3]
			inside = folder == place or folder.startswith(place.rstrip("/") + "/")
			if inside and len(place) >= len(best[0]):
				best = (place, kind)
	return best[1]


def first_field(path, name):
	with open(path, encoding="utf-8") as file:
		for line in file:
			if line.startswith(name):
				return line.split(":", 1)[1].strip()
	return "?"


def load():
	return [round(value, 2) for value in os.getloadavg()]


def describe(scratch):
	tools = {name: version(command) for name, command in TOOLS}
	tools["python"] = "%d.%d.%d" % sys.version_info[:3]
	return {
		"cpu": first_field("/proc/cpuinfo", "model name"),
		"cores": os.cpu_count(),
		"memory_gib": round(int(first_field("/proc/meminfo", "MemTotal").split()[0]) / (1 << 20), 1),
		"kernel": "%s %s" % (platform.system(), ".".join(re.findall(r"\d+", platform.release())[:3])),
		"file_system": file_system(scratch),
		"load_before": load(),
		"tools": {name: text for name, text in sorted(tools.items()) if text is not None},
		"missing_tools": sorted(name for name, text in tools.items() if text is None),
	}
