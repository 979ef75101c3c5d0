// SPDX-License-Identifier: Apache-2.0 OR MIT
/**
 * Data that is pushed, not pulled.  What somebody pushes becomes the payload, once this has sent it to a server too: where
 * that fails the archive stays as it is.
 */
import { fetch, finish, get, Key, must, Outcome, read, Reason, size, Source, status } from "dotsync";

const REQUEST = "PUT https://example.com/data.txt\nContent-Type: text/plain";

export function run(): void {
	if (get(Key.REASON) != Reason.PUSH) {
		finish(Outcome.UNCHANGED); // there is nowhere to ask for more
		return;
	}
	const body = new ArrayBuffer(<i32>must(size(Source.PUSHED)));
	must(read(Source.PUSHED, 0, body));
	const answer = must(fetch(REQUEST, body));
	if (status(answer) < 200 || status(answer) > 299) throw new Error("the server did not take what was pushed");
	finish(Outcome.UPDATED);
}
