/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * One part of a key: bare, "basic" or 'literal'.
 */
#include "scan.h"

static int
bare_key(struct dsync__toml_parser *p, struct dsync__toml_key *key)
{
	size_t size = scan_run(p, SCAN_BARE);

	if (size == 0)
		return dsync__toml_fail(p, p->c.position, "a key is missing",
			"a key of letters, digits, '_' and '-', or one in quotes");
	key->name.at = key->start;
	key->name.size = (uint32_t)size;
	key->name.own = false;
	return 0;
}

int
dsync__toml_key(struct dsync__toml_parser *p, struct dsync__toml_key *key, bool *more)
{
	int byte = scan_peek(p);
	int rc;

	key->start = scan_position(p);
	key->line = p->line;
	if (byte == '"' || byte == '\'')
		rc = dsync__toml_string_line(p, &key->name);
	else
		rc = bare_key(p, key);
	if (rc < 0)
		return rc;
	key->end = scan_position(p);

	scan_blanks(p);
	*more = scan_take(p, '.');
	if (*more)
		scan_blanks(p);
	return 0;
}
