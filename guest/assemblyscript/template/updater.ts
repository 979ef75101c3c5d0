// SPDX-License-Identifier: Apache-2.0 OR MIT
import { CONDITIONAL, fetch, finish, must, Outcome, readText, status, writeText } from "dotsync";

const REQUEST = "GET https://example.com/data.txt";

export function run(): void {
	const answer = must(fetch(REQUEST, null, CONDITIONAL));

	if (status(answer) == 304) {
		finish(Outcome.UNCHANGED);
		return;
	}
	if (status(answer) != 200) throw new Error("the server says " + status(answer).toString());
	const data = readText(answer);
	// Here the data becomes what the archive is to hold.
	must(writeText(data));
	finish(Outcome.UPDATED);
}
