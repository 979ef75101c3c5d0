/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* The real worker with whole conversations: what it accepts, what it refuses, what it lets a guest do. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "worker_host.h"

#define ENDED_WELL(status) (WIFEXITED(status) && WEXITSTATUS(status) == 0)

static void
load(const char *name, struct dsync_buffer *module)
{
	if (!host_load(name, module)) {
		print_message(
			"skipped: no %s.wasm, the tool that makes it (wat2wasm, clang with wasm-ld, wasi-libc) is missing\n",
			name);
		skip();
	}
}

static void
compile(const char *name, struct host_end *end)
{
	struct dsync_buffer module;

	load(name, &module);
	host_compile(module.data, module.size, NULL, end);
	assert_true(ENDED_WELL(end->status));
	dsync_buffer_finish(&module);
}

/* Compiles and runs; `end` is of the run. */
static void
run(const char *name, struct host_world *world, const struct dsync_frame_job *limits, struct host_end *end)
{
	struct dsync_buffer module;
	struct host_end compiled;

	load(name, &module);
	host_compile(module.data, module.size, limits, &compiled);
	if (compiled.failed)
		print_message("%s: %s\n", name, compiled.text);
	assert_true(compiled.done);
	host_run(&compiled, limits, world, end);
	if (end->failed)
		print_message("%s: %s\n", name, end->text);
	host_end_finish(&compiled);
	dsync_buffer_finish(&module);
}

/* W6 */
static void
refuses_before_running(void **state)
{
	static const struct {
		const char *name;
		uint32_t failure;
		const char *text;
	} cases[] = {
		{ "import_unknown", DSYNC_GUEST_IMPORT,
			"unknown import \"env.system\": expected one that the contract has, found a function (i32) -> i32" },
		{ "import_mistyped", DSYNC_GUEST_IMPORT,
			"import \"dotsync.v1.write\" has another type: expected a function (i32, i32) -> i64, found a function (i32, i32) -> i32" },
		{ "import_mixed", DSYNC_GUEST_IMPORT,
			"import \"host.payload_size\" goes with the contract host, but this module follows dotsync.v1: a module follows one" },
		{ "import_memory", DSYNC_GUEST_IMPORT,
			"unknown import \"env.memory\": expected the module to export its memory, not to import one, found a memory" },
		{ "export_none", DSYNC_GUEST_EXPORT,
			"no export \"memory\": expected the module to export its memory by that name, since calls pass addresses in it" },
		{ "export_no_entry", DSYNC_GUEST_EXPORT,
			"no entry point: expected an exported function \"run\" without parameters, found none" },
		{ "export_parameters", DSYNC_GUEST_EXPORT,
			"no entry point: expected an exported function \"_start\" without parameters, found a function (i32)" },
		{ "memory_whole", DSYNC_GUEST_TOO_LARGE, "memory begins with 65536 pages of 64 KiB; the limit is 64" },
	};
	struct host_end end;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		compile(cases[i].name, &end);
		assert_true(end.failed);
		assert_string_equal(end.text, cases[i].text);
		assert_int_equal(end.failure, cases[i].failure);
		host_end_finish(&end);
	}
}

#define MODULE "\0asm\1\0\0\0"
#define BYTES(text) (text), sizeof(text) - 1

/* W5: what is not a module of the features that are on. */
static void
refuses_what_is_no_module(void **state)
{
	static const struct {
		const char *name, *bytes;
		size_t size;
		const char *text; /* part of the message */
	} cases[] = {
		{ "empty text", BYTES("(module)"), "not a wasm module in binary form" },
		{ "short", BYTES("\0asm\1\0\0"), "not a wasm module in binary form" },
		{ "component", BYTES("\0asm\15\0\1\0"), "a component" },
		{ "version 2", BYTES("\0asm\2\0\0\0"), "not a wasm module in binary form" },
		{ "truncated section", BYTES(MODULE "\1\5\1"), "unexpected end" },
		{ "bad LEB128", BYTES(MODULE "\1\xff\xff\xff\xff\xff\xff"), "invalid" },
		{ "unknown section", BYTES(MODULE "\77\0"), "section" },
		{ "memory64", BYTES(MODULE "\5\3\1\4\1"), "memory64" },
		{ "shared memory", BYTES(MODULE "\5\4\1\3\1\1"), "threads" },
		{ "two memories", BYTES(MODULE "\5\5\2\0\1\0\1"), "multi" },
		{ "same export twice", BYTES(MODULE "\5\3\1\0\1\7\11\2\1\141\2\0\1\141\2\0"), "duplicate export" },
		{ "tail call", BYTES(MODULE "\1\4\1\140\0\0\3\2\1\0\12\6\1\4\0\22\0\13"), "tail call" },
	};
	struct host_end end;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		host_compile(cases[i].bytes, cases[i].size, NULL, &end);
		if (!end.failed || strstr(end.text, cases[i].text) == NULL)
			print_message("%s: %s\n", cases[i].name, end.text);
		assert_true(end.failed);
		assert_int_equal(end.failure, DSYNC_GUEST_INVALID);
		assert_non_null(strstr(end.text, cases[i].text));
		assert_true(ENDED_WELL(end.status));
		host_end_finish(&end);
	}
}

/* W1, W2, W3 and other ends that a guest comes to by itself. */
static void
ends_bad_guests(void **state)
{
	static const struct {
		const char *name;
		uint32_t failure;
		const char *text;
	} cases[] = {
		{ "loop", DSYNC_GUEST_TIME, "the updater computed longer than 300 ms" },
		{ "loop_call", DSYNC_GUEST_TIME, "the updater computed longer than 300 ms" },
		{ "recursion", DSYNC_GUEST_TRAP, "the stack overflowed" },
		{ "locals", DSYNC_GUEST_TRAP, "the stack overflowed" },
		{ "out_of_bounds", DSYNC_GUEST_TRAP, "memory access out of bounds" },
		{ "divide", DSYNC_GUEST_TRAP, "integer division by zero" },
		{ "start_trap", DSYNC_GUEST_TRAP, "unreachable code was reached" },
		{ "trap_after_write", DSYNC_GUEST_TRAP, "unreachable code was reached" },
		{ "table_large", DSYNC_GUEST_TOO_LARGE, "table" },
		{ "as_abort", DSYNC_GUEST_TRAP, "the guest called abort at line 12, column 34" },
	};
	struct dsync_frame_job limits = host_job(DSYNC_JOB_RUN, 1);
	struct host_world world;
	struct host_end end;
	size_t i;

	(void)state;
	limits.cpu_ms = 300;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		host_world_init(&world);
		run(cases[i].name, &world, &limits, &end);
		assert_true(end.failed);
		assert_int_equal(end.failure, cases[i].failure);
		assert_non_null(strstr(end.text, cases[i].text));
		assert_false(world.finished);
		assert_true(ENDED_WELL(end.status));
		host_end_finish(&end);
		host_world_finish(&world);
	}
}

static void
holds_memory_to_its_limit(void **state)
{
	struct host_world world;
	struct host_end end;

	(void)state;
	host_world_init(&world);
	run("grow", &world, NULL, &end);
	assert_true(end.done);
	assert_int_equal(end.result.exit_code, 64); /* 4 MiB */
	assert_true(end.result.memory_peak == 4 << 20);
	assert_int_equal(world.outcome, DSYNC_GUEST_FAILED);
	host_end_finish(&end);
	host_world_finish(&world);
}

/* W9: what an end means, contract by contract. */
static void
reports_outcomes(void **state)
{
	static const struct {
		const char *name;
		uint32_t contract, exit_code;
		int64_t outcome;
		const char *written, *message;
		bool push;
	} cases[] = {
		{ "ds_update", DSYNC_CONTRACT_DOTSYNC, 0, DSYNC_GUEST_UPDATED, "new", "", false },
		{ "exit_plain", DSYNC_CONTRACT_WASI, 0, DSYNC_GUEST_UPDATED, "abc", "", false },
		{ "exit_plain", DSYNC_CONTRACT_WASI, 0, DSYNC_GUEST_UNCHANGED, "", "", true },
		{ "exit_code", DSYNC_CONTRACT_WASI, 7, DSYNC_GUEST_FAILED, "abc", "the updater exited with code 7",
			false },
		{ "silent", DSYNC_CONTRACT_WASI, 0, DSYNC_GUEST_UNCHANGED, "", "", false },
		{ "host_run_and_start", DSYNC_CONTRACT_HOST, 0, DSYNC_GUEST_UPDATED_EMPTY, "", "", false },
	};
	struct dsync_frame_job limits = host_job(DSYNC_JOB_RUN, 1);
	struct host_world world;
	struct host_end end;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		host_world_init(&world);
		limits.push = cases[i].push;
		run(cases[i].name, &world, &limits, &end);
		assert_true(end.done && ENDED_WELL(end.status));
		assert_int_equal(end.result.contract, cases[i].contract);
		assert_int_equal(end.result.exit_code, cases[i].exit_code);
		assert_true(world.finished);
		assert_int_equal(world.outcome, cases[i].outcome);
		assert_string_equal(world.message, cases[i].message);
		assert_int_equal(world.written.size, strlen(cases[i].written));
		if (world.written.size > 0)
			assert_memory_equal(world.written.data, cases[i].written, world.written.size);
		host_end_finish(&end);
		host_world_finish(&world);
	}
}

/* W15, W16. */
static void
runs_start_function_first(void **state)
{
	struct host_world world;
	struct host_end end;

	(void)state;
	host_world_init(&world);
	run("start_function", &world, NULL, &end);
	assert_true(end.done);
	assert_int_equal(end.result.exit_code, 5);
	assert_int_equal(world.written.size, 3);
	assert_memory_equal(world.written.data, "SIR", 3);
	assert_false(world.finished); /* dotsync.v1: its own affair */
	host_end_finish(&end);
	host_world_finish(&world);
}

static void
answers_host_calls(void **state)
{
	static const int32_t expected[] = { 200, -1, -1, -1, 5, 3, 5, -1, -1, 10, 4, 2, 0, 0, 0, -1, 0, -1, -1, -1, -1,
		-1, 65536 };
	struct host_world world;
	struct host_end end;
	int32_t found;
	size_t i;

	(void)state;
	host_world_init(&world);
	world.payload = "0123456789";
	world.body = "hello";
	run("host_calls", &world, NULL, &end);
	assert_true(end.done);
	assert_int_equal(end.result.contract, DSYNC_CONTRACT_HOST);
	assert_int_equal(world.outcome, DSYNC_GUEST_UPDATED);
	assert_int_equal(world.written.size, 65536 + 92);
	assert_memory_equal(world.written.data, "http://a/GET", 12);
	for (i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
		memcpy(&found, world.written.data + 65536 + 4 * i, 4);
		if (found != expected[i])
			print_message("call %zu: expected %d, found %d\n", i, expected[i], found);
		assert_int_equal(found, expected[i]);
	}
	host_end_finish(&end);
	host_world_finish(&world);
}

/* W7, W11, W12, W13. */
static void
survives_wasi_pointers(void **state)
{
	static const unsigned char expected[] = { 21, 21, 28, 21, 8, 21, 0, 21, 21, 21, 28, 28, 28, 76, 76, 69, 44, 69,
		21, 37, 0, 8, 57, 69, 13, 0, 8, 8 };
	struct host_world world;
	struct host_end end;
	size_t i;

	(void)state;
	host_world_init(&world);
	world.payload = "old";
	run("wasi_pointers", &world, NULL, &end);
	assert_true(end.done);
	assert_int_equal(world.written.size, sizeof(expected));
	for (i = 0; i < sizeof(expected); i++) {
		if (world.written.data[i] != expected[i])
			print_message("call %zu: expected %d, found %d\n", i, expected[i], world.written.data[i]);
		assert_int_equal(world.written.data[i], expected[i]);
	}
	host_end_finish(&end);
	host_world_finish(&world);
}

static void
serves_the_sdk(void **state)
{
	struct host_world world, again;
	struct host_end end;
	size_t i;

	(void)state;
	host_world_init(&world);
	world.payload = "old";
	world.body = "bodybody";
	run("sdk_calls", &world, NULL, &end);
	assert_true(end.done && world.finished);
	assert_int_equal(world.outcome, DSYNC_GUEST_UPDATED);
	assert_int_equal(world.retry, 60);
	assert_string_equal(world.message, "done");
	assert_int_equal(world.slept_ms, 5);
	assert_int_equal(world.log.size, 1000);
	assert_true(end.result.log_dropped == 2005 - 1000);
	assert_int_equal(world.written.size, 100000 + 1 + 104);
	assert_int_equal(world.context_written.size, 100000);
	for (i = 0; i < 100000; i++)
		assert_int_equal(world.written.data[i], (unsigned char)(i * 7 + i / 256));
	assert_memory_equal(world.context_written.data, world.written.data, 100000);
	assert_int_equal(world.written.data[100000], 'd');
	host_end_finish(&end);

	/* W17: one seed, one sequence. */
	host_world_init(&again);
	again.payload = "old";
	again.body = "bodybody";
	run("sdk_calls", &again, NULL, &end);
	assert_memory_equal(again.written.data + 100001, world.written.data + 100001, 104);
	host_end_finish(&end);
	host_world_finish(&again);
	host_world_finish(&world);
}

/* W18, W19: files are read as libc reads them, and there is nothing to write but the payload. */
static void
serves_a_wasi_command(void **state)
{
	static const char expected[] =
		"1 sync.wasm pull\n/sync/payload: old\n/sync/context.json: {}\n/sync/manifest.toml: [sync]\n\n"
		"/sync/none: No such file or directory\n/etc/passwd: Capabilities insufficient\n"
		"/sync/../etc/passwd: Capabilities insufficient\n[.][..][payload][context.json][manifest.toml]\n1\nstdin 0\n1\n";
	struct host_world world;
	struct host_end end;

	(void)state;
	host_world_init(&world);
	world.payload = "old";
	world.context = "{}";
	run("wasi_files", &world, NULL, &end);
	assert_true(end.done);
	assert_int_equal(world.outcome, DSYNC_GUEST_UPDATED);
	dsync_buffer_append_byte(&world.written, 0);
	assert_string_equal((char *)world.written.data, expected);
	assert_int_equal(world.slept_ms, 5);
	assert_memory_equal(world.log.data, "complaint\n", 10);
	host_end_finish(&end);
	host_world_finish(&world);
}

static void
passes_host_errors_on(void **state)
{
	struct host_world world;
	struct host_end end;

	(void)state;
	host_world_init(&world);
	world.write_result = DSYNC_GUEST_ERR_LIMIT;
	run("host_run_and_start", &world, NULL, &end);
	assert_true(end.done);
	assert_int_equal(world.outcome, DSYNC_GUEST_UNCHANGED);
	host_end_finish(&end);
	host_world_finish(&world);
}

/* Code of other limits or damaged in its head is stale, not run.  (Its body the host has authenticated.) */
static void
refuses_foreign_code(void **state)
{
	struct dsync_frame_job limits = host_job(DSYNC_JOB_RUN, 1);
	struct host_world world;
	struct host_end compiled, end;

	(void)state;
	host_world_init(&world);
	compile("ds_update", &compiled);
	limits.memory_max = 8 << 20;
	host_run(&compiled, &limits, &world, &end);
	assert_true(end.failed);
	assert_int_equal(end.failure, DSYNC_GUEST_STALE_CODE);
	host_end_finish(&end);
	compiled.code.size = 100;
	host_run(&compiled, NULL, &world, &end);
	assert_true(end.failed);
	assert_int_equal(end.failure, DSYNC_GUEST_STALE_CODE);
	host_end_finish(&end);
	host_end_finish(&compiled);
	host_world_finish(&world);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(refuses_before_running),
		cmocka_unit_test(refuses_what_is_no_module),
		cmocka_unit_test(ends_bad_guests),
		cmocka_unit_test(holds_memory_to_its_limit),
		cmocka_unit_test(reports_outcomes),
		cmocka_unit_test(runs_start_function_first),
		cmocka_unit_test(answers_host_calls),
		cmocka_unit_test(survives_wasi_pointers),
		cmocka_unit_test(serves_the_sdk),
		cmocka_unit_test(serves_a_wasi_command),
		cmocka_unit_test(passes_host_errors_on),
		cmocka_unit_test(refuses_foreign_code),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
