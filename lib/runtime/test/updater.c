/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* What is said of a module that nobody runs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dotsync/archive.h"
#include "home.h"
#include "runtime/builtin.h"
#include "runtime/frame.h"
#include "runtime/updater.h"

#define HEAD "\0asm\1\0\0\0"
#define EXPORT_RUN "\7\7\1\3run\0\0"
#define EXPORT_START "\7\12\1\6_start\0\0"
#define IMPORT_DOTSYNC "\2\22\1\12dotsync.v1\3get\0\0"
#define IMPORT_HOST "\2\12\1\4host\1x\0\0"
#define IMPORT_DECODE "\2\31\1\21dotsync.decode.v1\3sum\0\0"
#define IMPORT_BOTH "\2\52\2\12dotsync.v1\3get\0\0\21dotsync.decode.v1\3sum\0\0"
#define MODULE(body) HEAD body, sizeof(HEAD body) - 1

static const struct {
	const char *what;
	const char *wasm;
	size_t size;
	int contract;
} cases[] = {
	{ "nothing", "", 0, DSYNC_CONTRACT_UNKNOWN },
	{ "the stub", MODULE(""), DSYNC_CONTRACT_UNKNOWN },
	{ "text", "(module)", 8, DSYNC_CONTRACT_UNKNOWN },
	{ "a component", "\0asm\15\0\1\0", 8, DSYNC_CONTRACT_UNKNOWN },
	{ "a command", MODULE(EXPORT_START), DSYNC_CONTRACT_WASI },
	{ "run without imports", MODULE(EXPORT_RUN), DSYNC_CONTRACT_UNKNOWN },
	{ "dotsync.v1", MODULE(IMPORT_DOTSYNC EXPORT_RUN), DSYNC_CONTRACT_DOTSYNC },
	{ "dotsync.v1 with _start", MODULE(IMPORT_DOTSYNC EXPORT_START), DSYNC_CONTRACT_UNKNOWN },
	{ "host", MODULE(IMPORT_HOST EXPORT_RUN), DSYNC_CONTRACT_HOST },
	{ "host with _start", MODULE(IMPORT_HOST EXPORT_START), DSYNC_CONTRACT_HOST },
	{ "host without an entry", MODULE(IMPORT_HOST), DSYNC_CONTRACT_UNKNOWN },
	{ "dotsync.v1 and host", MODULE("\2\33\2\4host\1x\0\0\12dotsync.v1\3get\0\0" EXPORT_RUN),
		DSYNC_CONTRACT_DOTSYNC },
	{ "almost dotsync.v1", MODULE("\2\22\1\12dotsync.v2\3get\0\0" EXPORT_START), DSYNC_CONTRACT_WASI },
	{ "run as a memory", MODULE(IMPORT_HOST "\7\7\1\3run\2\0"), DSYNC_CONTRACT_UNKNOWN },
	{ "a custom section before", MODULE("\0\3\1ax" EXPORT_START), DSYNC_CONTRACT_WASI },
	{ "a memory import", MODULE("\2\10\1\1e\1m\2\0\1" EXPORT_START), DSYNC_CONTRACT_WASI },
	{ "a memory import with a maximum", MODULE("\2\12\1\1e\1m\2\1\1\200\1" EXPORT_START), DSYNC_CONTRACT_WASI },
	{ "a table import", MODULE("\2\11\1\1e\1t\1\160\0\1" EXPORT_START), DSYNC_CONTRACT_WASI },
	{ "a global import", MODULE("\2\10\1\1e\1g\3\177\0" EXPORT_START), DSYNC_CONTRACT_WASI },
	{ "an unknown kind of import", MODULE("\2\10\1\1e\1g\7\177\0" EXPORT_START), DSYNC_CONTRACT_UNKNOWN },
	{ "limits with unknown flags", MODULE("\2\10\1\1e\1m\2\10\1" EXPORT_START), DSYNC_CONTRACT_UNKNOWN },
	{ "a section past the end", MODULE("\7\100\1\6_start\0\0"), DSYNC_CONTRACT_UNKNOWN },
	{ "a name past its section", MODULE("\7\12\1\100_start\0\0"), DSYNC_CONTRACT_UNKNOWN },
	{ "more exports than there are", MODULE("\7\12\2\6_start\0\0"), DSYNC_CONTRACT_UNKNOWN },
	{ "less exports than there are", MODULE("\7\12\0\6_start\0\0"), DSYNC_CONTRACT_UNKNOWN },
	{ "a length of six bytes", MODULE("\7\212\200\200\200\200\0\1\6_start\0\0"), DSYNC_CONTRACT_UNKNOWN },
	{ "a length over 32 bits", MODULE("\7\377\377\377\377\37"), DSYNC_CONTRACT_UNKNOWN },
	{ "the largest length", MODULE("\7\377\377\377\377\17"), DSYNC_CONTRACT_UNKNOWN },
	{ "a long form of a length", MODULE("\7\212\200\200\200\0\1\6_start\0\0"), DSYNC_CONTRACT_WASI },
	{ "an export count of 2^32-1", MODULE("\7\5\377\377\377\377\17"), DSYNC_CONTRACT_UNKNOWN },
};

/* Each module in memory of its own size, so that a sanitizer sees a byte too far. */
static int
contract_of(const void *wasm, size_t size)
{
	struct dsync_updater_info info;
	void *copy = malloc(size > 0 ? size : 1);

	assert_non_null(copy);
	memcpy(copy, wasm, size);
	dsync_updater_inspect(copy, size, &info);
	free(copy);
	assert_true(info.present);
	assert_int_equal(info.size, size);
	return info.contract;
}

static void
test_cases(void **state)
{
	size_t i, cut;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (contract_of(cases[i].wasm, cases[i].size) != cases[i].contract)
			fail_msg("%s: %s", cases[i].what,
				dsync_contract_name(contract_of(cases[i].wasm, cases[i].size)));
		for (cut = 0; cut < cases[i].size; cut++)
			contract_of(cases[i].wasm, cut);
	}
}

/* What is missing is named: the entry point first, then the memory. */
static void
test_lacks(void **state)
{
	static const struct {
		const char *wasm;
		size_t size;
		const char *lacks;
	} rows[] = {
		{ MODULE("\7\23\2\6_start\0\0\6memory\2\0"), NULL },
		{ MODULE("\7\23\2\6_start\0\0\6memory\0\0"), "memory" },
		{ MODULE("\7\23\2\6_start\0\0\6memorx\2\0"), "memory" },
		{ MODULE(EXPORT_START), "memory" },
		{ MODULE(IMPORT_DOTSYNC EXPORT_RUN), "memory" },
		{ MODULE(IMPORT_HOST EXPORT_RUN), "memory" },
		{ MODULE(IMPORT_DOTSYNC EXPORT_START), "run" },
		{ MODULE(IMPORT_HOST), "run or _start" },
		{ MODULE(EXPORT_RUN), "_start, or run with imports of dotsync.v1 or host" },
		{ "(module)", 8, NULL },
	};
	struct dsync_updater_info info;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		dsync_updater_inspect(rows[i].wasm, rows[i].size, &info);
		if (rows[i].lacks == NULL)
			assert_null(info.lacks);
		else
			assert_string_equal(info.lacks, rows[i].lacks);
	}
}

/* Memory for decoders is for those who name their module, and for no other. */
static void
test_decodes(void **state)
{
	static const struct {
		const char *wasm;
		size_t size;
		bool decodes;
	} rows[] = {
		{ MODULE(IMPORT_BOTH EXPORT_RUN), true },
		{ MODULE(IMPORT_DECODE EXPORT_START), true },
		{ MODULE(IMPORT_DOTSYNC EXPORT_RUN), false },
		{ MODULE("\2\31\1\21dotsync.decode.v2\3sum\0\0"), false },
		{ MODULE(IMPORT_BOTH "\7"), false },
		{ MODULE(""), false },
	};
	struct dsync_updater_info info;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		dsync_updater_inspect(rows[i].wasm, rows[i].size, &info);
		assert_int_equal(info.decodes, rows[i].decodes);
	}
}

static void
test_names(void **state)
{
	(void)state;
	assert_string_equal(dsync_contract_name(DSYNC_CONTRACT_DOTSYNC), "dotsync.v1");
	assert_string_equal(dsync_contract_name(DSYNC_CONTRACT_HOST), "host");
	assert_string_equal(dsync_contract_name(DSYNC_CONTRACT_WASI), "wasi");
	assert_string_equal(dsync_contract_name(DSYNC_CONTRACT_UNKNOWN), "unknown");
	assert_string_equal(dsync_contract_name(99), "unknown");
}

static void
test_builtin(void **state)
{
	struct dsync_view http = dsync_builtin_http();
	struct dsync_updater_info info;
	unsigned char *host, *changed;
	size_t size;

	(void)state;
	dsync_updater_inspect(http.data, http.size, &info);
	assert_string_equal(info.builtin, "http");
	assert_int_equal(info.contract, DSYNC_CONTRACT_DOTSYNC);

	assert_int_equal(dsync_builtin_make_host("https://example.com/a", &host, &size, NULL), 0);
	dsync_updater_inspect(host, size, &info);
	assert_string_equal(info.builtin, "http-host");
	assert_int_equal(info.contract, DSYNC_CONTRACT_HOST);
	free(host);

	changed = malloc(http.size);
	memcpy(changed, http.data, http.size);
	changed[http.size - 1] ^= 1;
	dsync_updater_inspect(changed, http.size, &info);
	assert_null(info.builtin);
	free(changed);
}

static void
test_archive(void **state)
{
	struct dsync_updater_info info;
	struct dsync_archive *archive;
	unsigned char hash[DSYNC_HASH_SIZE];

	(void)state;
	home_make("none.sync", HOME_MANIFEST, "x", NULL, 0);
	archive = home_open("none.sync");
	assert_int_equal(dsync_updater_inspect_archive(archive, &info, NULL), 0);
	assert_false(info.present);
	dsync_archive_unref(archive);

	home_make("stub.sync", HOME_MANIFEST, "x", HEAD, 8);
	archive = home_open("stub.sync");
	assert_int_equal(dsync_updater_inspect_archive(archive, &info, NULL), 0);
	assert_false(info.present);
	dsync_archive_unref(archive);

	home_make("some.sync", HOME_MANIFEST, "x", home_wasm, home_wasm_size);
	archive = home_open("some.sync");
	assert_int_equal(dsync_updater_inspect_archive(archive, &info, NULL), 0);
	assert_true(info.present);
	assert_int_equal(info.size, home_wasm_size);
	assert_int_equal(info.contract, DSYNC_CONTRACT_WASI);
	assert_null(info.builtin);
	dsync_hash(hash, home_wasm, home_wasm_size);
	assert_memory_equal(info.hash, hash, sizeof(hash));
	dsync_archive_unref(archive);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_lacks),
		cmocka_unit_test(test_decodes),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_builtin),
		cmocka_unit_test_setup_teardown(test_archive, home_setup, home_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
