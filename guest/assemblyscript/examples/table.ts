// SPDX-License-Identifier: Apache-2.0 OR MIT
/** A table out of an interface that answers in pages: {"results": [{"id", "name", "price"}, ...], "next": URL or null}. */
import { close, fetch, finish, must, Outcome, readText, status, writeText } from "dotsync";
import { parse } from "dotsync/json";

const FIRST = "https://example.com/items?page=1";
const COLUMNS = ["id", "name", "price"];

export function run(): void {
	must(writeText(COLUMNS.join(",") + "\n"));
	for (let url = FIRST; url != ""; ) {
		const answer = must(fetch("GET " + url + "\nAccept: application/json"));
		if (status(answer) != 200) throw new Error("the server says " + status(answer).toString());
		const page = parse(readText(answer));
		close(answer);
		const rows = page.get("results").items;
		for (let i = 0; i < rows.length; i++) {
			const fields: string[] = [];
			for (let c = 0; c < COLUMNS.length; c++) fields.push(quote(rows[i].get(COLUMNS[c]).text));
			must(writeText(fields.join(",") + "\n"));
		}
		url = page.get("next").text;
	}
	finish(Outcome.UPDATED);
}

/** A field of CSV: in quotes where it needs them. */
function quote(field: string): string {
	if (!field.includes(",") && !field.includes('"') && !field.includes("\n") && !field.includes("\r")) return field;
	return '"' + field.replaceAll('"', '""') + '"';
}
