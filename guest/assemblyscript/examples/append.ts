// SPDX-License-Identifier: Apache-2.0 OR MIT
/**
 * A table that grows: asks a JSON interface for today's values and appends them as one row of CSV.
 *
 * context.json is {"url": "https://api.example/rates", "fields": ["date", "usd", "gbp"]}; the answer is an object with these
 * members.  The first of them names the row: when the table already ends with a row of that name, there is nothing to do.
 */
import { copy, fetch, finish, must, Outcome, readText, size, Source, status, writeText } from "dotsync";
import { parse } from "dotsync/json";

export function run(): void {
	const plan = parse(readText(Source.CONTEXT));
	const answer = fetch("GET " + plan.get("url").text);
	if (answer < 0 || status(answer) != 200) throw new Error("no usable answer from the url in context.json");
	const values = parse(readText(answer));
	const fields = plan.get("fields").items;
	const row: string[] = [];
	for (let i = 0; i < fields.length; i++) {
		const field = values.get(fields[i].text).text;
		if (field == "" || field.includes(",") || field.includes('"') || field.includes("\n"))
			throw new Error("the answer does not have the fields that context.json names");
		row.push(field);
	}
	if (row.length == 0) throw new Error("context.json names no fields");

	const tail = readText(Source.PAYLOAD, max<i64>(must(size(Source.PAYLOAD)) - 4096, 0)).split("\n");
	if (tail.length > 1 && tail[tail.length - 2].split(",")[0] == row[0]) {
		finish(Outcome.UNCHANGED);
		return;
	}
	must(copy(Source.PAYLOAD));
	must(writeText(row.join(",") + "\n"));
	finish(Outcome.UPDATED);
}
