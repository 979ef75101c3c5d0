/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* New archives: where the payload comes from, what is refused, what the bytes are. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/hash.h"
#include "dotsync/builder.h"
#include "sample.h"

static void
write_ok(struct dsync_builder *b, const char *path, enum dsync_create_mode mode)
{
	struct dsync_error err = { .message = "" };

	if (dsync_builder_write(b, path, mode, &err) < 0)
		fail_msg("%s (%s)", err.message, err.rule);
	dsync_builder_destroy(b);
}

struct counter {
	const char *text;
	size_t done;
	int fail_at; /* call number, 0: never */
	int calls;
};

static int64_t
give(void *user, void *buf, size_t size)
{
	struct counter *c = user;
	size_t left = strlen(c->text) - c->done;

	if (++c->calls == c->fail_at)
		return DSYNC_ERR_NETWORK;
	if (size > 3)
		size = 3;
	if (size > left)
		size = left;
	memcpy(buf, c->text + c->done, size);
	c->done += size;
	return (int64_t)size;
}

static void
takes_the_payload_from_anywhere(void **state)
{
	struct counter counter = { "from a callback", 0, 0, 0 };
	struct dsync_builder *b;
	int fds[2];
	int fd;

	(void)state;
	sample_spit("in.txt", "from a file", 11);

	b = sample_builder("from memory");
	write_ok(b, "a.sync", DSYNC_CREATE_NEW);
	sample_check("a.sync", "from memory");

	b = sample_builder("");
	assert_int_equal(dsync_builder_set_payload_file(b, "in.txt"), 0);
	write_ok(b, "b.sync", DSYNC_CREATE_NEW);
	sample_check("b.sync", "from a file");

	b = sample_builder("");
	fd = open("in.txt", O_RDONLY | O_CLOEXEC);
	assert_int_equal(lseek(fd, 5, SEEK_SET), 5); /* from its start all the same */
	assert_int_equal(dsync_builder_set_payload_fd(b, fd), 0);
	close(fd);
	write_ok(b, "c.sync", DSYNC_CREATE_NEW);
	sample_check("c.sync", "from a file");

	b = sample_builder("");
	assert_int_equal(dsync_builder_set_payload_source(b, give, &counter), 0);
	write_ok(b, "d.sync", DSYNC_CREATE_NEW);
	sample_check("d.sync", "from a callback");

	assert_int_equal(pipe(fds), 0);
	assert_int_equal(write(fds[1], "from a pipe", 11), 11);
	close(fds[1]);
	b = sample_builder("");
	assert_int_equal(dsync_builder_set_payload_fd(b, fds[0]), 0);
	close(fds[0]);
	write_ok(b, "e.sync", DSYNC_CREATE_NEW);
	sample_check("e.sync", "from a pipe");
	assert_int_equal(sample_count(), 6);
}

static void
reports_the_first_error(void **state)
{
	struct counter counter = { "text", 0, 2, 0 };
	struct dsync_error err;
	struct dsync_builder *b = sample_builder("x");

	(void)state;
	assert_int_equal(dsync_builder_set_payload_file(b, "missing"), DSYNC_ERR_SYSTEM);
	assert_int_equal(dsync_builder_set_entry(b, "payload", "x", 1), DSYNC_ERR_SYSTEM); /* still the first one */
	assert_int_equal(dsync_builder_write(b, "a.sync", DSYNC_CREATE_NEW, &err), DSYNC_ERR_SYSTEM);
	assert_int_equal(err.sys_errno, 2);
	dsync_builder_destroy(b);

	b = sample_builder("x");
	dsync_builder_set_payload_source(b, give, &counter);
	assert_int_equal(dsync_builder_write(b, "a.sync", DSYNC_CREATE_NEW, &err), DSYNC_ERR_NETWORK);
	assert_int_equal(err.code, DSYNC_ERR_NETWORK);
	dsync_builder_destroy(b);

	b = dsync_builder_create();
	assert_int_equal(dsync_builder_write(b, "a.sync", DSYNC_CREATE_NEW, &err), DSYNC_ERR_STATE);
	dsync_builder_set_payload_bytes(b, "x", 1);
	assert_int_equal(dsync_builder_write(b, "a.sync", DSYNC_CREATE_NEW, &err), DSYNC_ERR_STATE);
	dsync_builder_destroy(b);
	dsync_builder_destroy(NULL);
	assert_int_equal(sample_count(), 0);
}

static void
refuses_entry_names(void **state)
{
	static const struct {
		const char *name;
		bool accepted;
	} rows[] = {
		{ "notes.txt", true },
		{ "a/b/c", true },
		{ "sync.release", true },
		{ "sync.proof", true },
		{ "sync.attest", true },
		{ "manifest.toml", false },
		{ "payload", false },
		{ "context.json", false },
		{ "sync.wasm", false },
		{ "sync.later", false },
		{ "PAYLOAD", false },
		{ "../up", false },
		{ "/abs", false },
		{ "a\nb", false },
		{ "", false },
		{ "con:", false },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct dsync_builder *b = sample_builder("x");
		struct dsync_error err = { .code = 0 };
		int rc;

		dsync_builder_set_entry(b, rows[i].name, "y", 1);
		rc = dsync_builder_write(b, "a.sync", DSYNC_CREATE_REPLACE, &err);
		if ((rc == 0) != rows[i].accepted)
			fail_msg("%s: %d %s", rows[i].name, rc, err.message);
		dsync_builder_destroy(b);
	}
	assert_int_equal(sample_count(), 1);
}

static void
digest_of(const char *path, char text[DSYNC_HASH_TEXT_SIZE])
{
	unsigned char digest[DSYNC_HASH_SIZE];
	unsigned char *bytes;
	size_t size;

	bytes = sample_slurp(path, &size);
	dsync_hash(digest, bytes, size);
	dsync_hash_format(text, digest);
	free(bytes);
}

/* Both profiles; the first depends on libdeflate's version too. */
#define PINNED_DEFAULT "blake3:f3f3a1395782a078491ad4cfd16b5f2012b0b4cd6cc293742902d88c04635e6c"
#define PINNED_SYNC_RS "blake3:88fa896270a773ddc84b80c631cc07dde5f02ac9b6ec816689e1d2f9ce8f8b1e"

static void
is_reproducible(void **state)
{
	static const struct {
		enum dsync_profile profile;
		const char *pinned;
	} rows[] = { { DSYNC_PROFILE_DEFAULT, PINNED_DEFAULT }, { DSYNC_PROFILE_SYNC_RS, PINNED_SYNC_RS } };
	const char *libdeflate = getenv("DSYNC_LIBDEFLATE");
	char first[DSYNC_HASH_TEXT_SIZE], second[DSYNC_HASH_TEXT_SIZE];
	size_t i;

	(void)state;
	for (i = 0; i < 2; i++) {
		int again;

		for (again = 0; again < 2; again++) {
			struct dsync_builder *b = sample_builder("the same bytes");

			dsync_builder_set_profile(b, rows[i].profile);
			dsync_builder_set_context(b, "{}", 2);
			dsync_builder_set_time(b, 1700000001);
			write_ok(b, "a.sync", DSYNC_CREATE_REPLACE);
			digest_of("a.sync", again ? second : first);
			umask(again ? 022 : 077);
		}
		assert_string_equal(first, second);
		if (libdeflate != NULL && strcmp(libdeflate, "bundled") != 0 &&
			rows[i].profile == DSYNC_PROFILE_DEFAULT)
			print_message("not compared with the pinned bytes: this libdeflate is the system's\n");
		else
			assert_string_equal(first, rows[i].pinned);
	}
}

static int
stop(void *user, uint64_t done, uint64_t total)
{
	assert_true(done <= total);
	return ++*(int *)user;
}

static void
can_be_cancelled(void **state)
{
	struct dsync_builder *b = sample_builder("long work");
	struct dsync_error err;
	int calls = 0;

	(void)state;
	dsync_builder_set_progress(b, stop, &calls);
	assert_int_equal(dsync_builder_write(b, "a.sync", DSYNC_CREATE_NEW, &err), DSYNC_ERR_CANCELLED);
	assert_int_equal(calls, 1);
	assert_int_equal(sample_count(), 0);
	dsync_builder_destroy(b);
}

static int
write_into_the_source(void *user, uint64_t done, uint64_t total)
{
	(void)done, (void)total;
	assert_int_equal(write(*(int *)user, "more", 4), 4);
	return 0;
}

static void
notices_a_source_that_changes(void **state)
{
	struct dsync_builder *b = sample_builder("");
	struct dsync_error err;
	int fd;

	(void)state;
	sample_spit("in", "being written", 13);
	fd = open("in", O_WRONLY | O_APPEND | O_CLOEXEC);
	dsync_builder_set_payload_file(b, "in");
	dsync_builder_set_progress(b, write_into_the_source, &fd);
	assert_int_equal(dsync_builder_write(b, "a.sync", DSYNC_CREATE_NEW, &err), DSYNC_ERR_CHANGED);
	assert_false(sample_exists("a.sync"));
	dsync_builder_set_progress(b, NULL, NULL);
	assert_int_equal(dsync_builder_write(b, "a.sync", DSYNC_CREATE_NEW, &err), 0);
	dsync_builder_destroy(b);
	close(fd);
	sample_check("a.sync", "being writtenmore");
}

static void
streams_to_a_descriptor(void **state)
{
	struct dsync_builder *b = sample_builder("through a pipe");
	struct dsync_error err;
	unsigned char *bytes;
	size_t size;
	int fds[2];
	char buf[16384];
	ssize_t got;

	(void)state;
	assert_int_equal(pipe(fds), 0);
	assert_int_equal(dsync_builder_write_fd(b, fds[1], &err), 0);
	close(fds[1]);
	got = read(fds[0], buf, sizeof(buf)); /* a small archive fits into the pipe */
	close(fds[0]);
	assert_int_equal(dsync_builder_write(b, "a.sync", DSYNC_CREATE_NEW, NULL), 0);
	bytes = sample_slurp("a.sync", &size);
	assert_int_equal(got, (ssize_t)size);
	assert_memory_equal(buf, bytes, size);
	free(bytes);
	dsync_builder_destroy(b);
	assert_int_equal(sample_count(), 1);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, sample_setup, sample_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(takes_the_payload_from_anywhere),
		TEST(reports_the_first_error),
		TEST(refuses_entry_names),
		TEST(is_reproducible),
		TEST(can_be_cancelled),
		TEST(notices_a_source_that_changes),
		TEST(streams_to_a_descriptor),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
