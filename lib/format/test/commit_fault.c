/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Every call of the seam fails once, or from then on, or is the last one that the
 * process makes, while an archive is made, changed, swapped.  Whatever happens, the path
 * names one whole version, old or new; success means the new one; nothing is left over.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/fault.h"
#include "dotsync/archive.h"
#include "dotsync/builder.h"
#include "dotsync/manifest.h"
#include "format/assemble.h"
#include "format/commit.h"
#include "sample.h"

#define OLD "the old payload"
#define NEW "the new payload, a little longer"

/* Work that makes NEW of OLD, or of nothing. */
struct work {
	const char *name;
	const char *old; /* NULL: there is no archive before */
	const char *new;
	int (*run)(struct dsync_error *err);
};

static int
create(struct dsync_error *err)
{
	struct dsync_manifest *m = dsync_manifest_create("text/csv", "csv", err);
	struct dsync_builder *b = dsync_builder_create();
	int rc = DSYNC_ERR_NO_MEMORY;

	if (b != NULL && m != NULL) {
		dsync_builder_set_manifest(b, m);
		dsync_builder_set_context(b, "{}", 2);
		dsync_builder_set_payload_file(b, "in");
		rc = dsync_builder_write(b, "a.sync", DSYNC_CREATE_NEW, err);
	}
	dsync_builder_destroy(b);
	dsync_manifest_destroy(m);
	return rc;
}

static int
change(struct dsync_error *err, bool with_payload)
{
	struct dsync_archive *base = dsync_archive_open("a.sync", NULL, err);
	struct dsync_builder *b = dsync_builder_create();
	int rc = DSYNC_ERR_NO_MEMORY;

	if (b != NULL && base != NULL) {
		dsync_builder_set_base(b, base);
		dsync_builder_set_context(b, "{\"changed\":1}", 13);
		if (with_payload)
			dsync_builder_set_payload_bytes(b, NEW, strlen(NEW));
		rc = dsync_builder_write(b, "a.sync", DSYNC_CREATE_UPDATE, err);
	}
	dsync_builder_destroy(b);
	dsync_archive_unref(base);
	return rc;
}

static int
change_payload(struct dsync_error *err)
{
	return change(err, true);
}

static int
change_head(struct dsync_error *err)
{
	return change(err, false);
}

/* As a refresh does it: lock, stream, finish, publish. */
static int
swap(struct dsync_error *err)
{
	const struct dsync_assembly_parts parts = { .attest = { (const unsigned char *)"{}", 2 } };
	struct dsync_assembly *a = NULL;
	struct dsync_commit *commit;
	int rc;

	rc = dsync_commit_begin(&commit, "a.sync", NULL, err);
	if (rc < 0)
		return rc;
	rc = dsync_commit_set_attribute(commit, "user.dotsync.state", "s", 1);
	if (rc == 0)
		rc = dsync_assembly_begin(&a, dsync_commit_fd(commit), dsync_commit_base(commit), 0, err);
	if (rc == 0)
		rc = dsync_assembly_reserve(a, strlen(NEW), err);
	if (rc == 0)
		rc = dsync_assembly_append(a, NEW, strlen(NEW), err);
	if (rc == 0)
		rc = dsync_assembly_finish(a, &parts, err);
	if (rc == 0)
		rc = dsync_commit_publish(commit, err);
	dsync_assembly_destroy(a);
	dsync_commit_close(commit);
	return rc;
}

static const struct work works[] = {
	{ "create", NULL, NEW, create },
	{ "change the payload", OLD, NEW, change_payload },
	{ "change the head", OLD, OLD, change_head },
	{ "swap", OLD, NEW, swap },
};
#define WORK_COUNT (sizeof(works) / sizeof(works[0]))

static void
prepare(const struct work *w)
{
	unlink("a.sync");
	if (w->old == NULL)
		return;
	sample_make("a.sync", w->old);
	setxattr("a.sync", "user.note", "kept", 4, 0); /* where there are attributes they take part */
}

static bool
payload_is(const char *text)
{
	struct dsync_archive *archive = sample_open("a.sync");
	struct dsync_view view;
	bool same;

	assert_int_equal(dsync_archive_verify(archive, NULL, NULL, NULL, NULL), 0);
	assert_int_equal(dsync_archive_map_payload(archive, &view, NULL), 0);
	same = view.size == strlen(text) && memcmp(view.data, text, view.size) == 0;
	dsync_archive_unref(archive);
	return same;
}

static bool
head_is_new(void)
{
	struct dsync_archive *archive = sample_open("a.sync");
	struct dsync_archive_entry entry;
	bool new = dsync_archive_find(archive, "context.json", &entry) == 0 ||
		dsync_archive_find(archive, "sync.attest", &entry) == 0;

	dsync_archive_unref(archive);
	return new;
}

/* Old or new, whole; new if the work said so. */
static void
check_state(const struct work *w, int rc, bool may_be_new)
{
	if (w->old == NULL && !sample_exists("a.sync")) {
		assert_true(rc < 0);
		return;
	}
	if (head_is_new()) {
		assert_true(payload_is(w->new));
		assert_true(may_be_new);
	} else {
		assert_non_null(w->old);
		assert_true(payload_is(w->old));
		assert_true(rc < 0);
	}
}

/* One run with the n-th call failing; true while there was an n-th call. */
static bool
run_with_fault(const struct work *w, enum dsync_fault_kind kind, int sys_errno, uint64_t n, bool persistent)
{
	struct dsync_error err = { .code = 0 };
	size_t left;
	int rc;

	prepare(w);
	dsync_fault_arm(kind, sys_errno, n, persistent);
	rc = w->run(&err);
	dsync_fault_disarm();

	check_state(w, rc, rc == 0 || rc == DSYNC_ERR_DURABILITY);
	left = sample_count() - 1 - (sample_exists("a.sync") ? 1 : 0);
	/* Only when unlinking itself fails may something stay; the next commit sweeps it. */
	if (left > 0) {
		assert_true(kind == DSYNC_FAULT_ERROR);
		assert_int_equal(left, 1);
		assert_true(sample_exists(".a.sync.next"));
		sample_make("a.sync", "sweeper");
		assert_false(sample_exists(".a.sync.next"));
	}
	return dsync_fault_fired();
}

static void
sweep(enum dsync_fault_kind kind, int sys_errno)
{
	size_t i;
	int persistent;

	sample_spit("in", NEW, strlen(NEW));
	for (i = 0; i < WORK_COUNT; i++) {
		for (persistent = 0; persistent < 2; persistent++) {
			uint64_t n = 1;

			while (run_with_fault(&works[i], kind, sys_errno, n, persistent != 0))
				n++;
			assert_true(n > 3);
			if (persistent == 0)
				print_message("%s: %u calls\n", works[i].name, (unsigned)(n - 1));
		}
	}
}

static void
input_or_output_fails(void **state)
{
	(void)state;
	sweep(DSYNC_FAULT_ERROR, EIO);
}

static void
the_disk_is_full(void **state)
{
	(void)state;
	sweep(DSYNC_FAULT_ERROR, ENOSPC);
}

static void
nothing_is_permitted(void **state)
{
	(void)state;
	sweep(DSYNC_FAULT_ERROR, EACCES);
}

static void
nothing_is_supported(void **state)
{
	(void)state;
	sweep(DSYNC_FAULT_ERROR, EOPNOTSUPP);
}

static void
memory_runs_out(void **state)
{
	(void)state;
	sweep(DSYNC_FAULT_MEMORY, 0);
}

/* Short reads and writes are no failures at all. */
static void
reads_and_writes_are_short(void **state)
{
	struct dsync_error err;
	size_t i;

	(void)state;
	sample_spit("in", NEW, strlen(NEW));
	for (i = 0; i < WORK_COUNT; i++) {
		prepare(&works[i]);
		dsync_fault_arm(DSYNC_FAULT_SHORT, 0, 1, true);
		assert_int_equal(works[i].run(&err), 0);
		dsync_fault_disarm();
		assert_true(dsync_fault_fired());
		check_state(&works[i], 0, true);
	}
}

/* A child is killed before its n-th call; what it leaves, the next one sweeps. */
static bool
kill_at(const struct work *w, uint64_t n)
{
	int status;
	pid_t pid;

	prepare(w);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		struct dsync_error err;
		int rc;

		dsync_fault_arm(DSYNC_FAULT_KILL, 0, n, false);
		rc = w->run(&err);
		_exit(rc == 0 ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WIFEXITED(status)) {
		assert_int_equal(WEXITSTATUS(status), 0);
		check_state(w, 0, true);
		return false;
	}
	assert_int_equal(WTERMSIG(status), SIGKILL);
	check_state(w, -1, true);
	assert_int_equal(dsync_commit_is_locked("a.sync"), 0);
	sample_make("a.sync", "sweeper");
	assert_int_equal(sample_count(), 2);
	return true;
}

static void
the_process_is_killed(void **state)
{
	size_t i;

	(void)state;
	sample_spit("in", NEW, strlen(NEW));
	for (i = 0; i < WORK_COUNT; i++) {
		uint64_t n = 1;

		while (kill_at(&works[i], n))
			n++;
		assert_true(n > 10);
		print_message("%s: killed at %u calls\n", works[i].name, (unsigned)(n - 1));
	}
}

/* A failed fsync is neither retried nor overlooked; one of the folder is told apart. */
static void
success_means_durable(void **state)
{
	struct dsync_error err;
	uint64_t n;

	(void)state;
	for (n = 1; n <= 2; n++) {
		prepare(&works[3]);
		dsync_fault_arm(DSYNC_FAULT_ERROR, EIO, n, false);
		dsync_fault_only("fsync");
		assert_int_equal(swap(&err), n == 1 ? DSYNC_ERR_SYSTEM : DSYNC_ERR_DURABILITY);
		dsync_fault_disarm();
		assert_true(dsync_fault_fired());
		assert_int_equal(dsync_fault_count(), n); /* nobody tried again */
		assert_true(payload_is(n == 1 ? OLD : NEW));
		assert_int_equal(sample_count(), 1);
	}
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, sample_setup, sample_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(input_or_output_fails),
		TEST(the_disk_is_full),
		TEST(nothing_is_permitted),
		TEST(nothing_is_supported),
		TEST(memory_runs_out),
		TEST(reads_and_writes_are_short),
		TEST(the_process_is_killed),
		TEST(success_means_durable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
