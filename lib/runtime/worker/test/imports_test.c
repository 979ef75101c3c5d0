/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Every import called in this very process, so that sanitizers see it: with addresses and sizes at and past each
 * border of the memory, against a host that answers anything; and the tables themselves.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cage.h"
#include "contract.h"
#include "engine.h"
#include "limits.h"
#include "wasi_world.h"

static const struct dsync_import_table *const tables[] = { &dsync_contract_dotsync, &dsync_contract_host,
	&dsync_contract_wasi, &dsync_contract_env };
#define TABLES (sizeof(tables) / sizeof(tables[0]))

static void
tables_are_sound(void **state)
{
	static const size_t counts[TABLES] = { 17, 6, 46, 1 };
	size_t t, i, j;

	(void)state;
	for (t = 0; t < TABLES; t++) {
		assert_int_equal(tables[t]->count, counts[t]);
		for (i = 0; i < tables[t]->count; i++) {
			const struct dsync_import *import = &tables[t]->imports[i];
			const char *colon = strchr(import->type, ':');

			assert_non_null(import->call);
			assert_non_null(colon);
			assert_int_equal(strspn(import->type, "iI"), colon - import->type);
			assert_true(strlen(colon) <= 2);
			for (j = 0; j < i; j++)
				assert_string_not_equal(import->name, tables[t]->imports[j].name);
		}
	}
}

/* A host that answers each call with the next of some values and some bytes. */
static void
answer_anything(void *user, uint32_t n, const struct dsync_frame_call *call, struct dsync_frame_result *result)
{
	static const int64_t values[] = { 0, 1, 5, -1, -3, -10, 100, INT64_MAX, INT64_MIN, 70000, 0, 8 };
	static const size_t sizes[] = { 0, 1, 100, DSYNC_FRAME_CALL_DATA_MAX, 7 };
	static unsigned char data[DSYNC_FRAME_CALL_DATA_MAX];

	(void)user;
	(void)call;
	memset(data, 0xee, sizeof(data));
	result->value = values[n % (sizeof(values) / sizeof(values[0]))];
	result->data.data = data;
	result->data.size = sizes[n % (sizeof(sizes) / sizeof(sizes[0]))];
}

static void
ranges_end_with_the_memory(void **state)
{
	static const struct {
		int32_t address;
		uint64_t size;
		bool inside;
	} cases[] = {
		{ 0, 0, true },
		{ 0, CAGE_PAGE, true },
		{ CAGE_PAGE, 0, true },
		{ CAGE_PAGE - 1, 1, true },
		{ CAGE_PAGE - 1, 2, false },
		{ 0, CAGE_PAGE + 1, false },
		{ CAGE_PAGE, 1, false },
		{ CAGE_PAGE + 1, 0, false },
		{ -1, 0, false },
		{ -1, 1, false },
		{ -1, 2, false },
		{ INT32_MIN, 1, false },
		{ 1, UINT32_MAX, false },
		{ 1, UINT64_MAX, false },
		{ CAGE_PAGE, UINT64_MAX - CAGE_PAGE + 1, false },
	};
	struct cage cage;
	unsigned char *start;
	size_t i;

	(void)state;
	cage_open(&cage, answer_anything, NULL);
	start = wasmtime_memory_data(cage.guest.store, &cage.guest.memory);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		unsigned char *found = dsync_guest_range(&cage.guest, cases[i].address, cases[i].size);

		assert_ptr_equal(found, cases[i].inside ? start + cases[i].address : NULL);
	}
	cage.guest.has_memory = false;
	assert_null(dsync_guest_range(&cage.guest, 0, 0));
	cage_close(&cage);
}

/* Fills arguments from a list of bad numbers, differently each round. */
static void
fill_arguments(wasmtime_val_raw_t *v, const char *type, uint32_t *seed)
{
	static const int32_t numbers[] = { 0, 1, 2, 3, 4, 8, 64, 1024, 1025, 4097, CAGE_PAGE - 8, CAGE_PAGE - 4,
		CAGE_PAGE - 1, CAGE_PAGE, CAGE_PAGE + 1, -1, -4, INT32_MAX, INT32_MIN, 40000 };
	static const int64_t large[] = { 0, 1, -1, 2, 5, INT64_MAX, INT64_MIN, INT64_MAX - UINT32_MAX, 1000000,
		UINT32_MAX };
	size_t i;

	for (i = 0; type[i] != ':'; i++) {
		*seed = *seed * 1664525 + 1013904223;
		memset(&v[i], 0, sizeof(v[i]));
		if (type[i] == 'i')
			v[i].i32 = numbers[(*seed >> 8) % (sizeof(numbers) / sizeof(numbers[0]))];
		else
			v[i].i64 = large[(*seed >> 8) % (sizeof(large) / sizeof(large[0]))];
	}
}

static void
imports_survive_anything(void **state)
{
	wasmtime_val_raw_t v[10];
	struct cage cage;
	uint32_t seed = 1;
	int64_t value;
	size_t t, i;
	int round;

	(void)state;
	cage_open(&cage, answer_anything, NULL);
	for (round = 0; round < 600; round++) {
		cage.guest.finished = false;
		for (t = 0; t < TABLES; t++) {
			for (i = 0; i < tables[t]->count; i++) {
				const struct dsync_import *import = &tables[t]->imports[i];

				fill_arguments(v, import->type, &seed);
				value = import->call(&cage.guest, v);
				if (tables[t] == &dsync_contract_wasi)
					assert_in_range(value, DSYNC_WASI_SUCCESS, DSYNC_WASI_NOTCAPABLE);
			}
		}
		/* Vectors and subscriptions that the guest could have laid out, and its descriptors back. */
		for (i = 0; i < 256; i++) {
			seed = seed * 1664525 + 1013904223;
			dsync_wasi_put32(dsync_guest_range(&cage.guest, (int32_t)(i * 4), 4),
				(round & 1) != 0 ? seed >> 16 : seed);
		}
		if (round % 7 == 0)
			cage_restart(&cage, DSYNC_CONTRACT_WASI);
	}
	cage_close(&cage);
}

static void
random_numbers_follow_the_seed(void **state)
{
	unsigned char a[200], b[200], c[200];
	struct cage cage;
	struct dsync_frame_job other;

	(void)state;
	cage_open(&cage, answer_anything, NULL);
	dsync_guest_random_bytes(&cage.guest, a, 200);
	dsync_guest_init(&cage.guest, cage.channel, &cage.job, DSYNC_CONTRACT_HOST);
	dsync_guest_random_bytes(&cage.guest, b, 1);
	dsync_guest_random_bytes(&cage.guest, b + 1, 67);
	dsync_guest_random_bytes(&cage.guest, b + 68, 132);
	assert_memory_equal(a, b, 200);
	assert_memory_not_equal(a, a + 32, 32);
	other = cage.job;
	other.seed[31] = 1;
	dsync_guest_init(&cage.guest, cage.channel, &other, DSYNC_CONTRACT_HOST);
	dsync_guest_random_bytes(&cage.guest, c, 200);
	assert_memory_not_equal(a, c, 200);
	cage_close(&cage);
}

static void
engine_id_depends_on_the_limit(void **state)
{
	unsigned char a[DSYNC_ENGINE_ID_SIZE], b[DSYNC_ENGINE_ID_SIZE], c[DSYNC_ENGINE_ID_SIZE];

	(void)state;
	dsync_engine_id(a, 1 << 20);
	dsync_engine_id(b, 1 << 20);
	dsync_engine_id(c, 2 << 20);
	assert_memory_equal(a, b, sizeof(a));
	assert_memory_not_equal(a, c, sizeof(a));
}

static void
decoders_need_their_job(void **state)
{
	const int64_t gzip[] = { DSYNC_GUEST_SOURCE_PAYLOAD, 1 };
	int64_t stream;
	struct cage cage;

	(void)state;
	cage_open(&cage, answer_anything, NULL);
	cage.job.mode = DSYNC_JOB_RUN;
	cage_restart(&cage, DSYNC_CONTRACT_DOTSYNC);
	assert_int_equal(cage_call(&cage, &dsync_contract_decode, "open", gzip), DSYNC_GUEST_ERR_LIMIT);
	cage.job.mode = DSYNC_JOB_DECODE;
	cage_restart(&cage, DSYNC_CONTRACT_DOTSYNC);
	stream = cage_call(&cage, &dsync_contract_decode, "open", gzip);
	assert_true(stream > 0);
	assert_int_equal(cage_call(&cage, &dsync_contract_decode, "close", &stream), 0);
	cage_close(&cage);
}

static void
limits_follow_the_job(void **state)
{
	struct dsync_frame_job job;

	(void)state;
	memset(&job, 0, sizeof(job));
	job.mode = DSYNC_JOB_RUN;
	job.memory_max = 64 << 20;
	job.data_size = 1 << 20;
	assert_true(dsync_limits_address_space(&job) == (64 + 3 + 48) * UINT64_C(1048576));
	assert_true(dsync_limits_data(&job) < dsync_limits_address_space(&job));
	job.mode = DSYNC_JOB_DECODE;
	assert_true(dsync_limits_address_space(&job) == (64 + 3 + 48 + 144) * UINT64_C(1048576));
	job.mode = DSYNC_JOB_COMPILE;
	assert_true(dsync_limits_address_space(&job) == (128 + 512) * UINT64_C(1048576));
	job.data_size = DSYNC_FRAME_DATA_MAX;
	assert_true(dsync_limits_address_space(&job) == 2048 * UINT64_C(1048576));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tables_are_sound),
		cmocka_unit_test(ranges_end_with_the_memory),
		cmocka_unit_test(imports_survive_anything),
		cmocka_unit_test(random_numbers_follow_the_seed),
		cmocka_unit_test(engine_id_depends_on_the_limit),
		cmocka_unit_test(decoders_need_their_job),
		cmocka_unit_test(limits_follow_the_job),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
