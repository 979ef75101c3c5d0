# SPDX-License-Identifier: Apache-2.0 OR MIT
"""
Archives made by the Rust reference, beside each of which a JSON says what the reference reads from it: `dotsync info`,
`cat` and `verify` must say the same, but for the differences below, which are meant.
"""
import glob
import json
import os
import subprocess
import sys
import tempfile

BUILD = os.environ["DOTSYNC_BUILD"]
VECTORS = os.path.join(os.environ["DOTSYNC_VECTORS"], "reference")
DOTSYNC = os.path.join(BUILD, "bin", "dotsync")

# archive -> [(what, reference, ours, why)]
DIFFERENCES = {
	"manifest-all-tables.sync": [("created_at", "2026-02-02T19:05:06.789Z", "2026-02-02T19:05:06Z", "we keep whole seconds")],
}


def run(*arguments):
	with tempfile.TemporaryDirectory(prefix="dotsync-reference-") as home:
		env = {"PATH": os.environ["PATH"], "HOME": home, "LC_ALL": "C.UTF-8"}
		return subprocess.run([DOTSYNC, *arguments], env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60)


class Failures(list):
	def compare(self, archive, what, reference, ours):
		for name, theirs, expected, _ in DIFFERENCES.get(archive, []):
			if name == what and theirs == reference:
				reference = expected
		if reference != ours:
			self.append("%s: %s: the reference reads %r, we read %r" % (archive, what, reference, ours))


def utc(text):
	return text.replace("+00:00", "Z")


def compare_entries(failures, name, reads, info):
	theirs = [(e["name"], e["offset"], e["size"], e["compression"].lower()) for e in reads["entries"]]
	ours = [(e["name"], e["offset"], e["size"], "stored" if e["method"] == "store" else e["method"]) for e in info["entries"]]
	failures.compare(name, "entries", sorted(theirs), sorted(ours))
	failures.compare(name, "payload_offset", reads["payload_offset"], info["payload"]["offset"])
	failures.compare(name, "payload_size", reads["payload_size"], info["payload"]["size"])
	failures.compare(name, "file_size", reads["file_size"], info["file_size"])


def compare_manifest(failures, name, reads, info):
	theirs, ours = reads["manifest"], info["manifest"]
	for table in ("sync", "permissions", "ownership", "capabilities", "verification", "policy"):
		for key, value in theirs[table].items():
			failures.compare(name, table + "." + key, value, ours[table].get(key))
	failures.compare(name, "created_by", theirs["meta"]["created_by"], ours["meta"]["created_by"])
	failures.compare(name, "created_at", utc(reads["created_at_utc"]), ours["meta"]["created_at"])


def compare_archive(failures, path, reads):
	name = reads["file"]
	done = run("info", "--json", path)
	failures.compare(name, "opens", reads["opened"], done.returncode == 0)
	info = json.loads(done.stdout)
	compare_entries(failures, name, reads, info)
	compare_manifest(failures, name, reads, info)
	failures.compare(name, "display name", reads["vfs"][0]["display_name"], info["display_name"])
	failures.compare(name, "content type", reads["vfs"][0]["content_type"], info["content_type"])
	failures.compare(name, "vault", reads["archive_is_vault"], info["variant"] == "vault")

	payload = run("cat", path)
	failures.compare(name, "payload head", reads["payload"]["head_hex"], payload.stdout[:len(reads["payload"]["head_hex"]) // 2].hex())
	verified = json.loads(run("verify", "--json", path).stdout)
	failures.compare(name, "valid", True, verified["valid"])
	failures.compare(name, "payload hash", reads["payload"]["blake3"], verified.get("payload_hash"))


def main():
	if not os.path.isdir(VECTORS):
		print("skipped: no reference archives; set DOTSYNC_VECTORS to the folder of the vectors")
		sys.exit(77)
	failures = Failures()
	count = 0
	for description in sorted(glob.glob(os.path.join(VECTORS, "*.json"))):
		with open(description, encoding="utf-8") as file:
			reads = json.load(file).get("reference_reads")
		if reads is not None:
			compare_archive(failures, os.path.join(VECTORS, reads["file"]), reads)
			count += 1
	print("\n".join(failures))
	if failures or count < 11:
		sys.exit("%d differences in %d archives" % (len(failures), count))
	print("%d passed, 0 failed" % count)


main()
