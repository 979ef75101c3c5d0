// SPDX-License-Identifier: Apache-2.0 OR MIT
/**
 * As much of JSON as an updater needs: a text becomes a tree that can be asked.  Numbers stay the text that they were.
 *
 *	const answer = parse(readText(handle));
 *	for (let i = 0; i < answer.get("results").items.length; i++)
 *		answer.get("results").items[i].get("name").text;
 */

export class Json {
	/** A string without its quotes and escapes, a number as it stands, `true` or `false`; empty for anything else. */
	text: string = "";
	/** The elements of an array, the values of an object; none of anything else. */
	items: Json[] = [];
	/** The names of an object's members. */
	names: string[] = [];

	/** The member of that name, or an empty value. */
	get(name: string): Json {
		const at = this.names.indexOf(name);
		return at < 0 ? new Json() : this.items[at];
	}
}

const DEPTH_MAX = 64;

/** Throws where it is not JSON, or nested deeper than 64 levels. */
export function parse(text: string): Json {
	const parser = new Parser(text);
	const value = parser.value(0);
	parser.blanks();
	if (parser.at != text.length) parser.fail();
	return value;
}

class Parser {
	at: i32 = 0;

	constructor(public text: string) {}

	fail(): void {
		throw new Error("not JSON at " + this.at.toString());
	}

	peek(): string {
		return this.text.charAt(this.at);
	}

	blanks(): void {
		while (this.at < this.text.length && " \t\r\n".includes(this.peek())) this.at++;
	}

	/** Skips blanks and this character, if it is there. */
	take(character: string): bool {
		this.blanks();
		const found = this.peek() == character;
		if (found) this.at++;
		return found;
	}

	value(depth: i32): Json {
		const value = new Json();
		if (depth > DEPTH_MAX) this.fail();
		if (this.take("{")) {
			this.list(value, "}", depth);
		} else if (this.take("[")) {
			this.list(value, "]", depth);
		} else if (this.peek() == '"') {
			value.text = this.string();
		} else {
			value.text = this.word();
		}
		return value;
	}

	/** What stands before the closing bracket, with commas between. */
	list(into: Json, close: string, depth: i32): void {
		if (this.take(close)) return;
		do {
			if (close == "}") {
				this.blanks();
				into.names.push(this.string());
				if (!this.take(":")) this.fail();
			}
			into.items.push(this.value(depth + 1));
		} while (this.take(","));
		if (!this.take(close)) this.fail();
	}

	word(): string {
		const from = this.at;
		while (this.at < this.text.length && "+-.0123456789Eabcdefghijklmnopqrstuvwxyz".includes(this.peek())) this.at++;
		const word = this.text.substring(from, this.at);
		if (word == "null") return "";
		const number = word.length > 0 && "-0123456789".includes(word.charAt(0)) && !isNaN(parseFloat(word));
		if (!number && word != "true" && word != "false") this.fail();
		return word;
	}

	string(): string {
		if (this.peek() != '"') this.fail();
		let out = "";
		let from = ++this.at;
		while (this.at < this.text.length && this.text.charCodeAt(this.at) >= 32 && this.peek() != '"') {
			if (this.peek() != "\\") {
				this.at++;
				continue;
			}
			out += this.text.substring(from, this.at++) + this.escape();
			from = this.at;
		}
		if (this.peek() != '"') this.fail();
		return out + this.text.substring(from, this.at++);
	}

	/** The character of an escape, past its backslash. */
	escape(): string {
		const letter = this.text.charAt(this.at++);
		if (letter == "u") {
			const digits = this.text.substr(this.at, 4);
			if (digits.length < 4) this.fail();
			for (let i = 0; i < 4; i++) if (!"0123456789abcdefABCDEF".includes(digits.charAt(i))) this.fail();
			this.at += 4;
			return String.fromCharCode(<i32>parseInt(digits, 16));
		}
		const which = 'ntrbf"\\/'.indexOf(letter);
		if (letter == "" || which < 0) this.fail();
		return '\n\t\r\b\f"\\/'.charAt(which);
	}
}
