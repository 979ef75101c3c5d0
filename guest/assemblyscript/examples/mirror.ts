// SPDX-License-Identifier: Apache-2.0 OR MIT
/** A copy of one page: what most updaters are. */
import { CONDITIONAL, copy, fetch, finish, must, Outcome, status } from "dotsync";

const REQUEST = "GET https://example.com/data.txt\nAccept: text/plain";

export function run(): void {
	const answer = must(fetch(REQUEST, null, CONDITIONAL));

	if (status(answer) == 304) {
		finish(Outcome.UNCHANGED);
	} else if (status(answer) == 200) {
		must(copy(answer));
		finish(Outcome.UPDATED);
	} else {
		finish(Outcome.FAILED, 0, "the server says " + status(answer).toString());
	}
}
