/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Which modules are accepted, which contract they follow, and what is said of the others: modules made here byte by
 * byte, compiled and judged, and never run.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "contract.h"
#include "engine.h"

#define MEMORY_MAX (4u << 20)
#define IMPORTS_MAX 4

enum { MEMORY = 1, RUN = 2, START = 4, INITIALIZE = 8, RUN_TAKES = 16, WRONG_MEMORY = 32 };

struct module_case {
	struct {
		const char *module, *name, *type; /* type "memory", "table" or "global", or letters */
	} imports[IMPORTS_MAX];
	unsigned exports;
	uint32_t failure;
	const char *text; /* the message, or the entry point */
	enum dsync_contract contract;
};

#define WASI "wasi_snapshot_preview1"
#define NO_MEMORY \
	"no export \"memory\": expected the module to export its memory by that name, since calls pass addresses in it"
#define NO_ENTRY "no entry point: expected an exported function "

static const struct module_case cases[] = {
	/* accepted: the contract by the imports, the entry by the contract */
	{ { { NULL, NULL, NULL } }, MEMORY | START, 0, "_start", DSYNC_CONTRACT_WASI },
	{ { { NULL, NULL, NULL } }, MEMORY | START | RUN, 0, "_start", DSYNC_CONTRACT_WASI },
	{ { { WASI, "fd_write", "iiii:i" } }, MEMORY | START | INITIALIZE, 0, "_start", DSYNC_CONTRACT_WASI },
	{ { { WASI, "proc_exit", "i:" }, { "env", "abort", "iiii:" } }, MEMORY | START, 0, "_start",
		DSYNC_CONTRACT_WASI },
	{ { { "host", "payload_size", ":i" } }, MEMORY | START, 0, "_start", DSYNC_CONTRACT_HOST },
	{ { { "host", "payload_size", ":i" } }, MEMORY | START | RUN, 0, "run", DSYNC_CONTRACT_HOST },
	{ { { WASI, "fd_write", "iiii:i" }, { "host", "payload_size", ":i" } }, MEMORY | RUN, 0, "run",
		DSYNC_CONTRACT_HOST },
	{ { { "dotsync.v1", "get", "i:I" } }, MEMORY | RUN, 0, "run", DSYNC_CONTRACT_DOTSYNC },
	{ { { WASI, "fd_write", "iiii:i" }, { "dotsync.v1", "copy", "iII:I" } }, MEMORY | RUN | START | INITIALIZE, 0,
		"run", DSYNC_CONTRACT_DOTSYNC },

	/* unknown: the import, what would do, what was found */
	{ { { "env", "system", "i:i" } }, MEMORY | START, DSYNC_GUEST_IMPORT,
		"unknown import \"env.system\": expected one that the contract has, found a function (i32) -> i32", 0 },
	{ { { "elsewhere", "read", ":" } }, MEMORY | START, DSYNC_GUEST_IMPORT,
		"unknown import \"elsewhere.read\": expected dotsync.v1, host or wasi_snapshot_preview1, found a function ()",
		0 },
	{ { { "dotsync.v1", "launch", "fF:F" } }, MEMORY | RUN, DSYNC_GUEST_IMPORT,
		"unknown import \"dotsync.v1.launch\": expected one that the contract has, found a function (f32, f64) -> f64",
		0 },
	{ { { "dotsync.v2", "get", "i:I" } }, MEMORY | START, DSYNC_GUEST_IMPORT,
		"unknown import \"dotsync.v2.get\": expected dotsync.v1, host or wasi_snapshot_preview1, found a function (i32) -> i64",
		0 },
	{ { { WASI, "fd_dup", "i:i" } }, MEMORY | START, DSYNC_GUEST_IMPORT,
		"unknown import \"wasi_snapshot_preview1.fd_dup\": expected one that the contract has, found a function (i32) -> i32",
		0 },
	{ { { "wasi_unstable", "fd_write", "iiii:i" } }, MEMORY | START, DSYNC_GUEST_IMPORT,
		"unknown import \"wasi_unstable.fd_write\": expected the later WASI, wasi_snapshot_preview1, found a function (i32, i32, i32, i32) -> i32",
		0 },
	{ { { "env", "memory", "memory" } }, START, DSYNC_GUEST_IMPORT,
		"unknown import \"env.memory\": expected the module to export its memory, not to import one, found a memory",
		0 },
	{ { { "env", "t", "table" } }, MEMORY | START, DSYNC_GUEST_IMPORT,
		"unknown import \"env.t\": expected one that the contract has, found a table", 0 },
	{ { { "env", "seed", "iiiiiiiiiiiiii:iI" } }, MEMORY | START, DSYNC_GUEST_IMPORT,
		"unknown import \"env.seed\": expected one that the contract has, found a function (i32, i32, i32, i32, i32, i32, i32, i32, i32, i32, i32, i32...) -> i32...",
		0 },

	{ { { "m", "a234567890b234567890c234567890d234567890e234567890f234567890g234567890", ":" } }, MEMORY | START,
		DSYNC_GUEST_IMPORT,
		"unknown import \"m.a234567890b234567890c234567890d234567890e234567890f234567890g234\": expected dotsync.v1, host or "
		"wasi_snapshot_preview1, found a function ()",
		0 },

	/* mistyped */
	{ { { "dotsync.v1", "write", "ii:i" } }, MEMORY | RUN, DSYNC_GUEST_IMPORT,
		"import \"dotsync.v1.write\" has another type: expected a function (i32, i32) -> i64, found a function (i32, i32) -> i32",
		0 },
	{ { { "host", "payload_write", "iI:i" } }, MEMORY | RUN, DSYNC_GUEST_IMPORT,
		"import \"host.payload_write\" has another type: expected a function (i32, i32, i32) -> i32, found a function (i32, i64) -> i32",
		0 },
	{ { { WASI, "proc_exit", "i:i" } }, MEMORY | START, DSYNC_GUEST_IMPORT,
		"import \"wasi_snapshot_preview1.proc_exit\" has another type: expected a function (i32), found a function (i32) -> i32",
		0 },
	{ { { WASI, "path_open", "iiiiiiiii:i" } }, MEMORY | START, DSYNC_GUEST_IMPORT,
		"import \"wasi_snapshot_preview1.path_open\" has another type: expected a function (i32, i32, i32, i32, i32, i64, i64, i32, i32) -> i32, "
		"found a function (i32, i32, i32, i32, i32, i32, i32, i32, i32) -> i32",
		0 },
	{ { { WASI, "sched_yield", "global" } }, MEMORY | START, DSYNC_GUEST_IMPORT,
		"import \"wasi_snapshot_preview1.sched_yield\" has another type: expected a function () -> i32, found a global",
		0 },

	/* mixed, in either order */
	{ { { "dotsync.v1", "get", "i:I" }, { "host", "payload_size", ":i" } }, MEMORY | RUN, DSYNC_GUEST_IMPORT,
		"import \"host.payload_size\" goes with the contract host, but this module follows dotsync.v1: a module follows one",
		0 },
	{ { { "host", "payload_size", ":i" }, { "dotsync.v1", "get", "i:I" } }, MEMORY | RUN, DSYNC_GUEST_IMPORT,
		"import \"host.payload_size\" goes with the contract host, but this module follows dotsync.v1: a module follows one",
		0 },

	/* exports */
	{ { { WASI, "fd_write", "iiii:i" } }, START, DSYNC_GUEST_EXPORT, NO_MEMORY, 0 },
	{ { { "host", "payload_read", "iii:i" } }, RUN, DSYNC_GUEST_EXPORT, NO_MEMORY, 0 },
	{ { { "dotsync.v1", "write", "ii:I" } }, RUN, DSYNC_GUEST_EXPORT, NO_MEMORY, 0 },
	{ { { WASI, "fd_write", "iiii:i" } }, START | WRONG_MEMORY, DSYNC_GUEST_EXPORT, NO_MEMORY, 0 },
	{ { { NULL, NULL, NULL } }, START, DSYNC_GUEST_EXPORT, NO_MEMORY, 0 },
	{ { { NULL, NULL, NULL } }, MEMORY | RUN, DSYNC_GUEST_EXPORT,
		NO_ENTRY "\"_start\" without parameters, found none", 0 },
	{ { { "dotsync.v1", "get", "i:I" } }, MEMORY | START, DSYNC_GUEST_EXPORT,
		NO_ENTRY "\"run\" without parameters, found none", 0 },
	{ { { "dotsync.v1", "get", "i:I" } }, MEMORY | RUN_TAKES, DSYNC_GUEST_EXPORT,
		NO_ENTRY "\"run\" without parameters, found a function (i32)", 0 },
	{ { { "host", "payload_size", ":i" } }, MEMORY, DSYNC_GUEST_EXPORT,
		NO_ENTRY "\"run\" or \"_start\" without parameters, found none", 0 },
};

static void
put_name(struct dsync_buffer *b, const char *name)
{
	dsync_buffer_append_byte(b, (unsigned char)strlen(name));
	dsync_buffer_append_text(b, name);
}

/* A section's size in two bytes, whatever it is. */
static void
put_section(struct dsync_buffer *module, unsigned char id, struct dsync_buffer *body)
{
	assert_true(body->size < 16384);
	dsync_buffer_append_byte(module, id);
	dsync_buffer_append_byte(module, (unsigned char)(body->size | 0x80));
	dsync_buffer_append_byte(module, (unsigned char)(body->size >> 7));
	dsync_buffer_append(module, body->data, body->size);
	dsync_buffer_clear(body);
}

static void
put_letters(struct dsync_buffer *b, const char *letters, size_t count)
{
	size_t i;

	dsync_buffer_append_byte(b, (unsigned char)count);
	for (i = 0; i < count; i++)
		dsync_buffer_append_byte(b,
			letters[i] == 'i'           ? 0x7f
				: letters[i] == 'I' ? 0x7e
				: letters[i] == 'f' ? 0x7d
						    : 0x7c);
}

static void
put_type(struct dsync_buffer *b, const char *type)
{
	const char *colon = strchr(type, ':');

	dsync_buffer_append_byte(b, 0x60);
	put_letters(b, type, (size_t)(colon - type));
	put_letters(b, colon + 1, strlen(colon + 1));
}

/* Type 0 is (), type 1 is (i32), then one for each import; what is no function leaves an unused one. */
static void
put_types(struct dsync_buffer *b, const struct module_case *c, size_t count)
{
	size_t i;

	dsync_buffer_append_byte(b, (unsigned char)(count + 2));
	put_type(b, ":");
	put_type(b, "i:");
	for (i = 0; i < count; i++)
		put_type(b, strchr(c->imports[i].type, ':') != NULL ? c->imports[i].type : ":");
}

/* Returns how many of the imports are functions. */
static unsigned char
put_imports(struct dsync_buffer *b, const struct module_case *c, size_t count)
{
	unsigned char functions = 0;
	size_t i;

	dsync_buffer_append_byte(b, (unsigned char)count);
	for (i = 0; i < count; i++) {
		const char *type = c->imports[i].type;

		put_name(b, c->imports[i].module);
		put_name(b, c->imports[i].name);
		if (strcmp(type, "table") == 0) {
			dsync_buffer_append(b, "\1\160\0\1", 4);
		} else if (strcmp(type, "memory") == 0) {
			dsync_buffer_append(b, "\2\0\1", 3);
		} else if (strcmp(type, "global") == 0) {
			dsync_buffer_append(b, "\3\177\0", 3);
		} else {
			dsync_buffer_append_byte(b, 0);
			dsync_buffer_append_byte(b, (unsigned char)(i + 2));
			functions++;
		}
	}
	return functions;
}

static void
put_export(struct dsync_buffer *b, const char *name, unsigned char kind, unsigned char index)
{
	put_name(b, name);
	dsync_buffer_append_byte(b, kind);
	dsync_buffer_append_byte(b, index);
}

/* The module's own functions are an empty one and an empty one that takes an i32. */
static void
put_exports(struct dsync_buffer *b, unsigned exports, unsigned char first)
{
	dsync_buffer_append_byte(b, (unsigned char)__builtin_popcount(exports));
	if ((exports & MEMORY) != 0)
		put_export(b, "memory", 2, 0);
	if ((exports & WRONG_MEMORY) != 0)
		put_export(b, "memory", 0, first);
	if ((exports & RUN) != 0)
		put_export(b, "run", 0, first);
	if ((exports & RUN_TAKES) != 0)
		put_export(b, "run", 0, first + 1);
	if ((exports & START) != 0)
		put_export(b, "_start", 0, first);
	if ((exports & INITIALIZE) != 0)
		put_export(b, "_initialize", 0, first);
}

static void
make_module(const struct module_case *c, struct dsync_buffer *module)
{
	struct dsync_buffer b;
	unsigned char functions;
	size_t count = 0;

	while (count < IMPORTS_MAX && c->imports[count].module != NULL)
		count++;
	dsync_buffer_init(&b, DSYNC_BUFFER_UNLIMITED);
	dsync_buffer_init(module, DSYNC_BUFFER_UNLIMITED);
	dsync_buffer_append(module, "\0asm\1\0\0\0", 8);
	put_types(&b, c, count);
	put_section(module, 1, &b);
	functions = put_imports(&b, c, count);
	put_section(module, 2, &b);
	dsync_buffer_append(&b, "\2\0\1", 3);
	put_section(module, 3, &b);
	if ((c->exports & MEMORY) != 0) {
		dsync_buffer_append(&b, "\1\0\1", 3);
		put_section(module, 5, &b);
	}
	put_exports(&b, c->exports, functions);
	put_section(module, 7, &b);
	dsync_buffer_append(&b, "\2\2\0\13\2\0\13", 7);
	put_section(module, 10, &b);
	dsync_buffer_finish(&b);
}

static void
check(size_t row, const struct module_case *c, const struct dsync_contract_match *match)
{
	const char *found = match->failure != 0 ? match->text : match->entry;

	if (match->failure != c->failure || strcmp(found, c->text) != 0)
		print_message("row %zu: expected %s\n       found %s\n", row, c->text, found);
	assert_int_equal(match->failure, c->failure);
	assert_string_equal(found, c->text);
	if (c->failure == 0) {
		assert_int_equal(match->contract, c->contract);
		assert_int_equal(match->has_initialize, (c->exports & INITIALIZE) != 0 && strcmp(c->text, "run") == 0);
	}
}

static void
judges_modules(void **state)
{
	wasm_engine_t *engine = dsync_engine_create(MEMORY_MAX);
	struct dsync_contract_match match;
	struct dsync_buffer bytes;
	wasmtime_module_t *module;
	char text[200];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		wasmtime_error_t *error;

		make_module(&cases[i], &bytes);
		error = wasmtime_module_new(engine, bytes.data, bytes.size, &module);
		if (error != NULL) {
			dsync_engine_error_text(error, text, sizeof(text));
			fail_msg("row %zu: %s", i, text);
		}
		dsync_contract_match(module, MEMORY_MAX, &match);
		check(i, &cases[i], &match);
		dsync_contract_match_finish(&match);
		wasmtime_module_delete(module);
		dsync_buffer_finish(&bytes);
	}
	wasm_engine_delete(engine);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(judges_modules),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
