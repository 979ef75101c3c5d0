/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * wasi_cage.h - WASI calls by name, in a cage whose host has a small world.
 *
 * The payload is "0123456789", the context "{}" while seen->has_context, the manifest "[sync]\n", what is pushed "pushed".
 * Sleeping is only noted.
 */
#ifndef TEST_WASI_CAGE_H
#define TEST_WASI_CAGE_H

#include "cage.h"
#include "wasi_world.h"

/* Places in the guest's memory. */
#define PATH 1024
#define OUT 8192
#define VECTORS 16384
#define BYTES 20480

/* What the host saw; shared with its process. */
struct seen {
	bool has_context, write_fails;
	int64_t slept_ms, outcome;
	char written[64], message[64];
	uint32_t written_size;
};

struct fixture {
	struct cage cage;
	struct seen *seen;
};

/* Before and after each test: *state is the fixture. */
int wasi_set_up(void **state);
int wasi_tear_down(void **state);
#define TEST(name) cmocka_unit_test_setup_teardown(name, wasi_set_up, wasi_tear_down)

unsigned char *at(struct fixture *f, int32_t address);

/* Calls by name; the arguments are cut to their types. */
int64_t ask(struct fixture *f, const char *name, const int64_t *arguments);
#define ASK(f, name, ...) ask(f, name, (const int64_t[CAGE_ARGUMENTS_MAX]){ __VA_ARGS__ })

/* Opens a file of /sync for reading; its number. */
int32_t open_file(struct fixture *f, const char *path);

/* The i-th of the vectors at VECTORS. */
void put_vector(struct fixture *f, uint32_t i, uint32_t address, uint32_t size);

enum {
	OK = DSYNC_WASI_SUCCESS,
	BADF = DSYNC_WASI_BADF,
	FAULT = DSYNC_WASI_FAULT,
	INVAL = DSYNC_WASI_INVAL,
	ISDIR = DSYNC_WASI_ISDIR,
	TOOLONG = DSYNC_WASI_NAMETOOLONG,
	NOENT = DSYNC_WASI_NOENT,
	NOTDIR = DSYNC_WASI_NOTDIR,
	NOTSOCK = DSYNC_WASI_NOTSOCK,
	ROFS = DSYNC_WASI_ROFS,
	SPIPE = DSYNC_WASI_SPIPE,
	NOTCAPABLE = DSYNC_WASI_NOTCAPABLE
};

#endif
