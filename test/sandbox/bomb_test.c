/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* W2, W4: modules made to hurt whoever compiles them.  Each ends with a frame that says why, or with code, and never takes the worker by surprise. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "worker_host.h"

static const unsigned char magic[] = { 0, 'a', 's', 'm', 1, 0, 0, 0 };

static void
append_leb(struct dsync_buffer *out, uint32_t value)
{
	while (value >= 0x80) {
		dsync_buffer_append_byte(out, (unsigned char)(value | 0x80));
		value >>= 7;
	}
	dsync_buffer_append_byte(out, (unsigned char)value);
}

static void
append_section(struct dsync_buffer *out, unsigned char id, const struct dsync_buffer *body)
{
	dsync_buffer_append_byte(out, id);
	append_leb(out, (uint32_t)body->size);
	dsync_buffer_append(out, body->data, body->size);
}

static void
append_bytes_section(struct dsync_buffer *out, unsigned char id, const char *bytes, size_t size)
{
	struct dsync_buffer body;

	dsync_buffer_init(&body, DSYNC_BUFFER_UNLIMITED);
	dsync_buffer_append(&body, bytes, size);
	append_section(out, id, &body);
	dsync_buffer_finish(&body);
}

/* A command: memory, `count` functions without parameters that all have this body (locals and code); the first is _start. */
static void
make_module(struct dsync_buffer *module, uint32_t count, const struct dsync_buffer *body)
{
	struct dsync_buffer section;
	uint32_t i;

	dsync_buffer_init(module, DSYNC_BUFFER_UNLIMITED);
	dsync_buffer_init(&section, DSYNC_BUFFER_UNLIMITED);
	dsync_buffer_append(module, magic, sizeof(magic));
	append_bytes_section(module, 1, "\1\x60\0\0", 4);
	append_leb(&section, count);
	dsync_buffer_append_zeros(&section, count);
	append_section(module, 3, &section);
	append_bytes_section(module, 5, "\1\0\1", 3);
	append_bytes_section(module, 7, "\2\6memory\2\0\6_start\0\0", 19);
	dsync_buffer_clear(&section);
	append_leb(&section, count);
	for (i = 0; i < count; i++) {
		append_leb(&section, (uint32_t)body->size);
		dsync_buffer_append(&section, body->data, body->size);
	}
	append_section(module, 10, &section);
	dsync_buffer_finish(&section);
}

/* Compiles, with limits of a real job; `expected` 0: code came. */
static void
expect(const struct dsync_buffer *module, uint64_t cpu_ms, uint32_t expected, const char *text)
{
	struct dsync_frame_job limits = host_job(DSYNC_JOB_COMPILE, 1);
	struct host_end end;

	limits.cpu_ms = cpu_ms;
	host_compile(module->data, module->size, &limits, &end);
	print_message("%zu bytes: %s, status %#x, code %zu\n", module->size, end.failed ? end.text : "compiled",
		end.status, end.code.size);
	assert_int_equal(end.status, 0);
	assert_int_equal(end.failed ? end.failure : 0, expected);
	if (text != NULL)
		assert_non_null(strstr(end.text, text));
	host_end_finish(&end);
}

static void
refuses_a_million_locals(void **state)
{
	struct dsync_buffer body, module;

	(void)state;
	dsync_buffer_init(&body, DSYNC_BUFFER_UNLIMITED);
	dsync_buffer_append(&body, "\1\xc0\x84\x3d\x7f\x0b", 6);
	make_module(&module, 1, &body);
	expect(&module, 2000, DSYNC_GUEST_INVALID, "locals");
	dsync_buffer_finish(&module);
	dsync_buffer_finish(&body);
}

static void
refuses_many_parameters(void **state)
{
	struct dsync_buffer type, module;
	uint32_t i;

	(void)state;
	dsync_buffer_init(&type, DSYNC_BUFFER_UNLIMITED);
	dsync_buffer_append(&type, "\1\x60", 2);
	append_leb(&type, 50000);
	for (i = 0; i < 50000; i++)
		dsync_buffer_append_byte(&type, 0x7f);
	dsync_buffer_append_byte(&type, 0);
	dsync_buffer_init(&module, DSYNC_BUFFER_UNLIMITED);
	dsync_buffer_append(&module, magic, sizeof(magic));
	append_section(&module, 1, &type);
	expect(&module, 2000, DSYNC_GUEST_INVALID, "params");
	dsync_buffer_finish(&type);
	dsync_buffer_finish(&module);
}

static void
compiles_deep_nesting(void **state)
{
	struct dsync_buffer body, module;
	uint32_t i;

	(void)state;
	dsync_buffer_init(&body, DSYNC_BUFFER_UNLIMITED);
	dsync_buffer_append_byte(&body, 0);
	for (i = 0; i < 50000; i++)
		dsync_buffer_append(&body, "\x02\x40", 2);
	for (i = 0; i <= 50000; i++)
		dsync_buffer_append_byte(&body, 0x0b);
	make_module(&module, 1, &body);
	expect(&module, 10000, 0, NULL);
	dsync_buffer_finish(&module);
	dsync_buffer_finish(&body);
}

/* A jump table into 1,000 nested blocks. */
static void
try_table(uint32_t targets, uint32_t expected, const char *text)
{
	struct dsync_buffer body, module;
	uint32_t i;

	dsync_buffer_init(&body, DSYNC_BUFFER_UNLIMITED);
	dsync_buffer_append_byte(&body, 0);
	for (i = 0; i < 1000; i++)
		dsync_buffer_append(&body, "\x02\x40", 2);
	dsync_buffer_append(&body, "\x41\0\x0e", 3);
	append_leb(&body, targets);
	for (i = 0; i <= targets; i++)
		append_leb(&body, i % 1000);
	for (i = 0; i <= 1000; i++)
		dsync_buffer_append_byte(&body, 0x0b);
	make_module(&module, 1, &body);
	expect(&module, 10000, expected, text);
	dsync_buffer_finish(&module);
	dsync_buffer_finish(&body);
}

static void
takes_tables_up_to_a_limit(void **state)
{
	(void)state;
	try_table(60000, 0, NULL);
	try_table(100000, DSYNC_GUEST_INVALID, "`br_table` has 100000 targets");
}

static void
refuses_a_million_functions(void **state)
{
	struct dsync_buffer body, module;

	(void)state;
	dsync_buffer_init(&body, DSYNC_BUFFER_UNLIMITED);
	dsync_buffer_append(&body, "\0\x0b", 2);
	make_module(&module, 1000001, &body);
	expect(&module, 2000, DSYNC_GUEST_INVALID, "functions");
	dsync_buffer_finish(&module);
	dsync_buffer_finish(&body);
}

/* Valid, and more than the time allows. */
static void
stops_a_long_compilation(void **state)
{
	struct dsync_buffer body, module;
	uint32_t i;

	(void)state;
	dsync_buffer_init(&body, DSYNC_BUFFER_UNLIMITED);
	dsync_buffer_append_byte(&body, 0);
	for (i = 0; i < 300000; i++)
		dsync_buffer_append(&body, "\x41\0\x41\0\x28\2\0\x6a\x1a", 9); /* a load each */
	dsync_buffer_append_byte(&body, 0x0b);
	make_module(&module, 1, &body);
	expect(&module, 100, DSYNC_GUEST_TIME, "compiling took too long");
	dsync_buffer_finish(&module);
	dsync_buffer_finish(&body);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(refuses_a_million_locals),
		cmocka_unit_test(refuses_many_parameters),
		cmocka_unit_test(compiles_deep_nesting),
		cmocka_unit_test(takes_tables_up_to_a_limit),
		cmocka_unit_test(refuses_a_million_functions),
		cmocka_unit_test(stops_a_long_compilation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
