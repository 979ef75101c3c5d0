// SPDX-License-Identifier: Apache-2.0 OR MIT
/** The calls of calls.c. */
import * as dotsync from "dotsync";

function isRandom(): bool {
	const bytes = new ArrayBuffer(16);
	let used = 0;
	dotsync.must(dotsync.random(bytes));
	for (let i = 0; i < 16; i++) used += i32(load<u8>(changetype<usize>(bytes) + i) != 0);
	return used > 4;
}

export function run(): void {
	const answer = dotsync.must(dotsync.fetch("POST https://example.com/data.txt\nX-Name: value", String.UTF8.encode("body")));
	const first = new ArrayBuffer(4);

	dotsync.log(dotsync.Level.WARNING, "said by the updater");
	dotsync.progress(1, 2);
	dotsync.sleep(1);
	dotsync.writeText("junk");
	dotsync.discard();
	dotsync.must(dotsync.read(answer, 0, first));
	const late = dotsync.read(answer, 0, first) == dotsync.Code.STATE;
	const copied = dotsync.must(dotsync.copy(answer, 4));
	dotsync.writeText("\nread " + String.UTF8.decode(first) + "\ncopied " + copied.toString() + "\nlate " + i32(late).toString() + "\n");
	dotsync.writeText("status " + dotsync.status(answer).toString() + "\nheader " + dotsync.header(answer, "x-thing")! + "\n");
	dotsync.writeText("missing " + i32(dotsync.header(answer, "x-other") == null).toString() + "\nsize " + dotsync.size(answer).toString() + "\n");
	const closed = dotsync.close(answer) == 0 && dotsync.size(answer) < 0;
	dotsync.writeText("closed " + i32(closed).toString() + "\n");
	dotsync.writeText("env " + dotsync.env("SDK_NAME")! + "\ndenied " + i32(dotsync.env("HOME") == null).toString() + "\n");
	dotsync.writeText("reason " + dotsync.get(dotsync.Key.REASON).toString() + "\nsealed " + dotsync.get(dotsync.Key.SEALED).toString() + "\n");
	dotsync.writeText("now " + i32(dotsync.get(dotsync.Key.NOW) > 1600000000000).toString() + "\nrandom " + i32(isRandom()).toString() + "\n");
	dotsync.writeText("context " + i32(dotsync.setContext('{"n": 2}') == 0).toString() + "\n");
	dotsync.finish(dotsync.Outcome.UPDATED);
}
