/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The cache of compiled updaters by itself: what is given back is what was put in, by this user, for this module and these limits; it
 * stays within its bound; no number of processes, no full disk and no folder that cannot be written does it any harm.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "code_cache.h"
#include "home.h"

#define PROCESSES 20
#define ROUNDS 10
#define CODE_SIZE 50000
#define HEADER_SIZE 80 /* magic, version, MAC, engine, size */

static const unsigned char engine[DSYNC_ENGINE_ID_SIZE] = { 7, 7, 7 };

static struct dsync_code_key
key_of(unsigned char module)
{
	struct dsync_code_key key = { .memory_max = 1 << 20 };

	memset(key.wasm, module, sizeof(key.wasm));
	return key;
}

static void
store(unsigned char module, size_t size)
{
	const struct dsync_code_key key = key_of(module);
	unsigned char *code = malloc(size);

	assert_non_null(code);
	memset(code, module, size);
	dsync_code_cache_store(home_context(), &key, engine, code, size);
	free(code);
}

/* 0 absent, 1 sound, -1 something else came back. */
static int
look(const struct dsync_code_key *key, size_t size)
{
	struct dsync_code_entry *entry = dsync_code_cache_open(home_context(), key);
	struct dsync_view piece;
	bool last = false, same = true;
	size_t total = 0, i;
	int rc = entry != NULL ? 0 : -1;

	while (rc == 0 && !last) {
		rc = dsync_code_cache_next(entry, &piece, &last);
		for (i = 0; i < piece.size; i++)
			same = same && piece.data[i] == key->wasm[0];
		total += piece.size;
	}
	if (rc == 0)
		rc = same && total == size && memcmp(entry->engine_id, engine, sizeof(engine)) == 0 ? 1 : -1;
	else
		rc = 0;
	assert_false(rc == 0 && last); /* nobody has the last piece of what is not sound */
	dsync_code_cache_close(entry);
	return rc;
}

static int
load(unsigned char module, size_t size)
{
	const struct dsync_code_key key = key_of(module);

	return look(&key, size);
}

/* The only entry's path. */
static const char *
entry_path(void)
{
	static char path[4096];
	DIR *dir = opendir(home_path("cache/code"));
	const struct dirent *entry;

	assert_non_null(dir);
	while ((entry = readdir(dir)) != NULL) {
		if (entry->d_name[0] != '.')
			snprintf(path, sizeof(path), "%s/%s", home_path("cache/code"), entry->d_name);
	}
	closedir(dir);
	return path;
}

static void
gives_back_what_was_put_in(void **state)
{
	struct dsync_code_key key = key_of(1);

	(void)state;
	assert_int_equal(load(1, CODE_SIZE), 0);
	store(1, CODE_SIZE);
	assert_int_equal(load(1, CODE_SIZE), 1);
	assert_int_equal(load(2, CODE_SIZE), 0);
	key.memory_max++;
	assert_int_equal(look(&key, CODE_SIZE), 0);
	key = key_of(1);
	dsync_code_cache_drop(home_context(), &key);
	assert_int_equal(load(1, CODE_SIZE), 0);
}

static void
believes_no_byte_that_was_changed(void **state)
{
	unsigned char byte;
	const char *path;
	off_t at;
	int fd;

	(void)state;
	store(1, 500);
	path = entry_path();
	fd = open(path, O_RDWR | O_CLOEXEC);
	assert_true(fd >= 0);
	for (at = 0; at < HEADER_SIZE + 500; at++) {
		assert_int_equal(pread(fd, &byte, 1, at), 1);
		byte ^= 0x10;
		assert_int_equal(pwrite(fd, &byte, 1, at), 1);
		assert_int_equal(load(1, 500), 0);
		byte ^= 0x10;
		assert_int_equal(pwrite(fd, &byte, 1, at), 1);
	}
	assert_int_equal(load(1, 500), 1);
	assert_int_equal(ftruncate(fd, HEADER_SIZE + 501), 0);
	assert_int_equal(load(1, 500), 0);
	for (at = HEADER_SIZE + 499; at >= 0; at--) {
		assert_int_equal(ftruncate(fd, at), 0);
		assert_int_equal(load(1, 500), 0);
	}
	close(fd);
}

static void
believes_no_other_key(void **state)
{
	(void)state;
	store(1, CODE_SIZE);
	assert_int_equal(chmod(home_path("state/cache.key"), 0640), 0);
	assert_int_equal(load(1, CODE_SIZE), 0);
	assert_int_equal(chmod(home_path("state/cache.key"), 0600), 0);
	assert_int_equal(load(1, CODE_SIZE), 1);
	home_write_text("state/cache.key", "01234567890123456789012345678901");
	assert_int_equal(load(1, CODE_SIZE), 0);
	assert_int_equal(unlink(home_path("state/cache.key")), 0);
	assert_int_equal(symlink("/dev/zero", home_path("state/cache.key")), 0);
	assert_int_equal(load(1, CODE_SIZE), 0);
}

/* A file of holes in the cache's folder, `age` seconds old. */
static void
place(const char *name, off_t size, time_t age)
{
	struct timespec times[2] = { { .tv_sec = time(NULL) - age }, { .tv_sec = time(NULL) - age } };
	char path[4096];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", home_path("cache/code"), name);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, size), 0);
	assert_int_equal(futimens(fd, times), 0);
	close(fd);
}

static bool
is_there(const char *name)
{
	char path[300];

	snprintf(path, sizeof(path), "cache/code/%s", name);
	return home_exists(path);
}

/* The oldest go first, left-overs of those who were killed among them; what somebody is writing now does not. */
static void
stays_within_its_bound(void **state)
{
	static const char *const names[] = { "0000000000000000000000000000000000000000000000000000000000000000",
		"1111111111111111111111111111111111111111111111111111111111111111",
		"2222222222222222222222222222222222222222222222222222222222222222" };
	const off_t third = (off_t)(DSYNC_CODE_CACHE_MAX / 3);

	(void)state;
	store(1, 10);
	place(names[0], third, 30);
	place(names[1], third, 20);
	place(names[2], third - 1000000, 10);
	store(2, CODE_SIZE);
	assert_true(is_there(names[0]) && load(2, CODE_SIZE) == 1);
	store(3, 2000000);
	assert_false(is_there(names[0]));
	assert_true(is_there(names[1]) && is_there(names[2]));

	place("left-over", third, 7200);
	place("being-written", third, 10);
	store(4, 3000000);
	assert_false(is_there("left-over") || is_there(names[1]));
	assert_true(is_there("being-written") && is_there(names[2]));
	assert_int_equal(load(4, 3000000), 1);
	assert_int_equal(load(1, 10), 1);
}

static void
takes_nothing_too_large(void **state)
{
	const struct dsync_code_key key = key_of(1);

	(void)state;
	dsync_code_cache_store(home_context(), &key, engine, "", 0);
	dsync_code_cache_store(home_context(), &key, engine, "x", DSYNC_CODE_SIZE_MAX + 1);
	assert_false(home_exists("cache/code"));
}

/* In a child: stores and loads a few modules again and again; whatever comes back must be right. */
static int
use(int number)
{
	int round;

	for (round = 0; round < ROUNDS; round++) {
		unsigned char module = (unsigned char)(1 + (number + round) % 4);
		const struct dsync_code_key key = key_of(module);

		store(module, CODE_SIZE);
		if (load(module, CODE_SIZE) < 0)
			return 1;
		if (round == ROUNDS / 2)
			dsync_code_cache_drop(home_context(), &key);
	}
	return 0;
}

static void
serves_many_processes(void **state)
{
	pid_t pids[PROCESSES];
	int i, status;

	(void)state;
	for (i = 0; i < PROCESSES; i++) {
		pids[i] = fork();
		assert_true(pids[i] >= 0);
		if (pids[i] == 0)
			_exit(use(i));
	}
	for (i = 0; i < PROCESSES; i++) {
		assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
		assert_int_equal(status, 0);
	}
	assert_true(home_count("cache/code") <= 4); /* and no temporary */
	store(1, CODE_SIZE);
	assert_int_equal(load(1, CODE_SIZE), 1);
}

/* Files may not grow past 20,000 bytes: what a full disk is to those who may not mount one. */
static int
store_on_a_full_disk(void)
{
	const struct rlimit limit = { 20000, 20000 };

	signal(SIGXFSZ, SIG_IGN);
	if (setrlimit(RLIMIT_FSIZE, &limit) != 0)
		return 1;
	store(2, CODE_SIZE);
	return load(2, CODE_SIZE) == 0 && load(1, CODE_SIZE) == 1 ? 0 : 2;
}

static void
survives_a_full_disk(void **state)
{
	int status;
	pid_t pid;

	(void)state;
	store(1, CODE_SIZE);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		_exit(store_on_a_full_disk());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_int_equal(home_count("cache/code"), 1); /* no half entry, no temporary */
	store(2, CODE_SIZE);
	assert_int_equal(load(2, CODE_SIZE), 1);
}

/* In a child, which may become somebody for whom 0555 means something. */
static int
store_where_it_may_not(void)
{
	if (getuid() == 0 && setuid(65534) != 0)
		return 1;
	store(2, CODE_SIZE);
	return load(2, CODE_SIZE) == 0 ? 0 : 2;
}

static void
does_without_a_folder(void **state)
{
	int status;
	pid_t pid;

	(void)state;
	store(1, CODE_SIZE);
	assert_int_equal(chmod(home_path("cache/code"), 0555), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		_exit(store_where_it_may_not());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_int_equal(chmod(home_path("cache/code"), 0755), 0);

	assert_int_equal(unlink(entry_path()), 0);
	assert_int_equal(rmdir(home_path("cache/code")), 0);
	home_write_text("cache/code", "a file where the folder should be");
	store(1, CODE_SIZE);
	assert_int_equal(load(1, CODE_SIZE), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, home_setup, home_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(gives_back_what_was_put_in),
		TEST(believes_no_byte_that_was_changed),
		TEST(believes_no_other_key),
		TEST(stays_within_its_bound),
		TEST(takes_nothing_too_large),
		TEST(serves_many_processes),
		TEST(survives_a_full_disk),
		TEST(does_without_a_folder),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
