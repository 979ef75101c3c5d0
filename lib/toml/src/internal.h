/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * internal.h - what the files of this folder share.
 *
 * parse.c walks the lines of a document; key.c, string.c, number.c, datetime.c and
 * value.c read what stands in them; table.c knows which table may still be
 * extended; index.c finds a key among its siblings; scan.h is the only place that
 * takes bytes out of the text.  Functions that return int return 0, or a negative
 * code with the error already filled in.
 *
 * A document is one block of memory: the struct, the nodes, and room for the
 * unescaped strings.  Its size is settled before parsing: every node is announced
 * by one of `= . , [`, and no string is longer than its text.
 */
#ifndef TOML_INTERNAL_H
#define TOML_INTERNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/cursor.h"
#include "toml/toml.h"

/* Node numbers stay below the bit that index.c uses as a mark. */
#define DSYNC__TOML_TEXT_MAX 0x7fffffefu

/* How a table or array came to be: that decides who may still add to it. */
enum dsync__toml_made {
	MADE_VALUE,    /* no table; or an array in brackets, closed for ever */
	MADE_BY_SUPER, /* named only on the way to a [longer.header] */
	MADE_DOTTED,   /* by a dotted key */
	MADE_HEADER,   /* by [header] or [[header]]; the root too */
	MADE_BRACES,   /* an inline table, closed for ever */
};

/* Text that is a piece of the document's text, or of its own memory when it had escapes. */
struct dsync__toml_text {
	uint32_t at;
	uint32_t size;
	bool own;
};

struct dsync__toml_children {
	uint32_t first; /* NONE when empty */
	uint32_t last;
	uint32_t count;
	uint32_t index;    /* root of the tree of keys (index.c); 0 when empty */
	uint32_t body_end; /* of a header's table: end of its last own line */
};

struct dsync__toml_node {
	uint32_t entry; /* first byte of the dotted key that it stands in */
	uint32_t key_start;
	uint32_t key_end;
	uint32_t start; /* of the value, or of the header */
	uint32_t end;
	uint32_t line;
	uint32_t next; /* sibling, or NONE */
	uint32_t name; /* the unescaped key */
	uint32_t name_size;
	uint32_t split_at; /* this and the next two: index.c */
	uint32_t side[2];
	uint16_t split_mask;
	uint8_t type;  /* enum dsync_toml_type */
	uint8_t made;  /* enum dsync__toml_made */
	uint8_t depth; /* levels above it; the root has 0 */
	bool name_own;
	union {
		struct dsync__toml_children children; /* tables and arrays */
		struct dsync__toml_text string;
		int64_t integer; /* booleans too */
	} u;
};

struct dsync_toml {
	const unsigned char *text;
	uint32_t text_size;
	uint32_t text_start; /* 3 after a byte order mark, else 0 */
	struct dsync__toml_node *nodes;
	uint32_t count;
	uint32_t limit;     /* room for that many */
	unsigned char *own; /* unescaped strings and keys */
	uint32_t own_size;
};

/* One part of a key, not yet in a table. */
struct dsync__toml_key {
	uint32_t entry;
	uint32_t start;
	uint32_t end;
	uint32_t line;
	struct dsync__toml_text name;
};

/* An array or inline table that is still open. */
struct dsync__toml_frame {
	uint32_t node;
	bool comma; /* the last thing read was a comma */
};

struct dsync__toml_parser {
	struct dsync_cursor c;
	struct dsync_toml *doc;
	uint32_t line;
	uint32_t level; /* frames in use */
	struct dsync__toml_frame frames[DSYNC_TOML_DEPTH_MAX];
	struct dsync_error *err;
};

/* scan.c */
int dsync__toml_fail(struct dsync__toml_parser *p, size_t offset, const char *message, const char *expected);
int dsync__toml_fail_duplicate(struct dsync__toml_parser *p, const struct dsync__toml_key *key, uint32_t earlier);
int dsync__toml_check_utf8(struct dsync__toml_parser *p);
int dsync__toml_newline(struct dsync__toml_parser *p);
int dsync__toml_comment(struct dsync__toml_parser *p);
int dsync__toml_end_of_line(struct dsync__toml_parser *p);

/* key.c: reads one part; `more` says that a dot followed it. */
int dsync__toml_key(struct dsync__toml_parser *p, struct dsync__toml_key *key, bool *more);

/* string.c: the position is at the opening quote. */
int dsync__toml_string_line(struct dsync__toml_parser *p, struct dsync__toml_text *out);
int dsync__toml_string_any(struct dsync__toml_parser *p, struct dsync__toml_text *out);

/* string_escape.c */
void dsync__toml_string_add(struct dsync__toml_parser *p, struct dsync__toml_text *out, size_t from, size_t to);
int dsync__toml_string_escape(struct dsync__toml_parser *p, struct dsync__toml_text *out);

/* number.c, datetime.c: the position is at the first byte; they set type and value. */
int dsync__toml_number(struct dsync__toml_parser *p, struct dsync__toml_node *node);
int dsync__toml_datetime(struct dsync__toml_parser *p, struct dsync__toml_node *node);

/* The number that float text, known to be right, stands for; whatever the locale. */
double dsync__toml_number_float(struct dsync_view text);

/* value.c: reads a whole value, however deep. */
int dsync__toml_value(struct dsync__toml_parser *p, uint32_t node);

/* table.c */
uint32_t dsync__toml_table_root(struct dsync_toml *doc);
int dsync__toml_table_element(struct dsync__toml_parser *p, uint32_t array, uint32_t *node);
int dsync__toml_table_entry(struct dsync__toml_parser *p, uint32_t table, uint32_t *node);
int dsync__toml_table_header(struct dsync__toml_parser *p, uint32_t *table);

/* index.c */
uint32_t dsync__toml_index_find(const struct dsync_toml *doc, uint32_t table, const void *key, size_t size);
uint32_t dsync__toml_index_put(struct dsync_toml *doc, uint32_t table, uint32_t node);

/* toml.c */
struct dsync_view dsync__toml_text(const struct dsync_toml *doc, struct dsync__toml_text text);

#endif
