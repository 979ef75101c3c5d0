/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Every attempt of worker/attack_table.h in a real locked worker: started by root and by somebody else, with and without
 * namespaces, with the engine (dotsync-worker-attack) and without it (dotsync-attack, which is installed).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>

#include <cmocka.h>

#include "worker/attack_secret.h"
#include "worker/attack_table.h"
#include "worker_host.h"

#define SOMEBODY 12345
#define UNREACHABLE 77 /* of a child: this user cannot execute the worker where it was built */

static const struct {
	const char *name;
	long expected;
} attacks[] = {
#define ROW(row, name, expected, attempt) { #name, expected },
	ATTACKS(ROW)
#undef ROW
};
#define ATTACK_COUNT (sizeof(attacks) / sizeof(attacks[0]))

#define WITH_ENGINE "test/dotsync-worker-attack"
#define INSTALLED "libexec/dotsync/dotsync-attack"

/* Who attacks, and from where. */
struct scene {
	uid_t uid;
	uint32_t mode;
	const char *program;
	bool no_namespaces;
};

/* What came of one attempt, in the terms of the table. */
static long
attempt(const struct scene *scene, const char *name, const char *argument_too)
{
	static struct host host;
	struct dsync_frame_job job = host_job(scene->mode, 1000);
	char argument[DSYNC_FRAME_ARGUMENT_SIZE];
	const char *arguments[] = { argument, name, argument_too, NULL };
	long result = 0;
	ssize_t n;
	int status;

	job.cpu_ms = 1;
	dsync_frame_format_argument(argument, &job);
	host_start_with(&host, host_program(scene->program), arguments);
	if (!host_ready(&host))
		return -99999;
	if (scene->no_namespaces && host.ready.namespaces != 0)
		return -99997;
	n = recv(host.fd, &result, sizeof(result), 0);
	status = host_stop(&host);
	if (WIFSIGNALED(status) && WCOREDUMP(status))
		return -99996;
	if (WIFSIGNALED(status))
		return WTERMSIG(status) == SIGSYS ? ATTACK_KILLED : ATTACK_SIGNAL(WTERMSIG(status));
	return n == (ssize_t)sizeof(result) ? result : -99998;
}

static bool
is_frozen_only(const char *name)
{
#define SAME(row, frozen, expected, call) \
	if (strcmp(name, #frozen) == 0) \
		return true;
	ATTACKS_FROZEN(SAME)
#undef SAME
	return false;
}

/* Attempts that make no sense here, or take two seconds of which one time is enough. */
static bool
is_left_out(const struct scene *scene, const char *name)
{
	if (scene->mode == DSYNC_JOB_COMPILE && is_frozen_only(name))
		return true;
	if (strcmp(name, "spin") == 0)
		return scene->uid == SOMEBODY || scene->mode == DSYNC_JOB_COMPILE || scene->no_namespaces ||
			strcmp(scene->program, INSTALLED) == 0;
	/* a compiler has more memory */
	return scene->mode == DSYNC_JOB_COMPILE &&
		(strcmp(name, "map_2_gib") == 0 || strcmp(name, "memory_flood") == 0);
}

/* Makes one system call answer with an errno in all children from here on. */
static void
take_away(unsigned number, unsigned error)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | error),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { sizeof(code) / sizeof(code[0]), code };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0)
		_exit(99);
}

static bool
become(const struct scene *scene)
{
	if (scene->uid != getuid() && (setgid(scene->uid) != 0 || setuid(scene->uid) != 0))
		_exit(1);
	if (scene->no_namespaces)
		take_away(SYS_unshare, EPERM);
	return access(host_program(scene->program), X_OK) == 0;
}

/* In a process of its own, since it may change its user for good. */
static int
attempt_all(const struct scene *scene)
{
	unsigned wrong = 0;
	size_t i;
	long found;

	if (!become(scene))
		return UNREACHABLE;
	for (i = 0; i < ATTACK_COUNT; i++) {
		if (is_left_out(scene, attacks[i].name))
			continue;
		found = attempt(scene, attacks[i].name, NULL);
		if (found == attacks[i].expected)
			continue;
		print_message("%s: expected %ld, found %ld\n", attacks[i].name, attacks[i].expected, found);
		wrong++;
	}
	return wrong != 0;
}

static void
in_child(int (*what)(const struct scene *scene), const struct scene *scene)
{
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0)
		_exit(what(scene));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WIFEXITED(status) && WEXITSTATUS(status) == UNREACHABLE) {
		print_message("skipped: user %u cannot execute the worker in this build tree\n", (unsigned)scene->uid);
		skip();
	}
	assert_int_equal(status, 0);
}

static void
needs_root(void)
{
	if (getuid() != 0) {
		print_message("skipped: only root can be somebody else\n");
		skip();
	}
}

static void
stops_attacks(void **state)
{
	const struct scene run = { getuid(), DSYNC_JOB_RUN, WITH_ENGINE, false };
	const struct scene compile = { getuid(), DSYNC_JOB_COMPILE, WITH_ENGINE, false };

	(void)state;
	in_child(attempt_all, &run);
	in_child(attempt_all, &compile);
}

static void
stops_attacks_started_by_somebody_else(void **state)
{
	const struct scene scene = { SOMEBODY, DSYNC_JOB_RUN, WITH_ENGINE, false };

	(void)state;
	needs_root();
	in_child(attempt_all, &scene);
}

static void
stops_attacks_without_namespaces(void **state)
{
	const struct scene own = { getuid(), DSYNC_JOB_RUN, WITH_ENGINE, true };
	const struct scene other = { SOMEBODY, DSYNC_JOB_RUN, WITH_ENGINE, true };

	(void)state;
	in_child(attempt_all, &own);
	needs_root();
	in_child(attempt_all, &other);
}

/* What `doctor --sandbox` runs is what these tests run. */
static void
stops_attacks_of_the_installed_program(void **state)
{
	const struct scene own = { getuid(), DSYNC_JOB_RUN, INSTALLED, false };
	const struct scene other = { SOMEBODY, DSYNC_JOB_RUN, INSTALLED, true };

	(void)state;
	in_child(attempt_all, &own);
	needs_root();
	in_child(attempt_all, &other);
}

/* N47, H35: what a host keeps in memory and environment is nowhere in the worker; and the search would find it. */
static void
holds_no_secret_of_its_host(void **state)
{
	const struct scene scene = { getuid(), DSYNC_JOB_RUN, WITH_ENGINE, false };
	char secret[DSYNC_ATTACK_SECRET_SIZE + 1] = "";
	size_t i;

	(void)state;
	for (i = 0; i < DSYNC_ATTACK_SECRET_SIZE; i++)
		secret[i] = dsync_attack_secret_byte(getpid(), i);
	assert_int_equal(setenv("PLANTED_SECRET", secret, 1), 0);
	assert_int_equal(attempt(&scene, "find_secret", NULL), 0);
	assert_int_equal(attempt(&scene, "find_secret", secret), 1); /* handed to it as an argument */
	unsetenv("PLANTED_SECRET");
}

static int
report_layers(const struct scene *scene)
{
	static struct host host;
	struct dsync_frame_job job = host_job(scene->mode, 1000);
	const struct dsync_frame_ready *r = &host.ready;

	if (!become(scene))
		return UNREACHABLE;
	host_start(&host, NULL, &job);
	if (!host_ready(&host))
		return 2;
	print_message("landlock %u scopes %u net %u namespaces %u\n", r->landlock_abi, r->landlock_scopes,
		r->landlock_net, r->namespaces);
	host_stop(&host);
	if (memcmp(r->build_id, dsync_build_id, sizeof(r->build_id)) != 0)
		return 3;
	return r->seccomp == DSYNC_SECCOMP_P1 && r->no_new_privs == 1 && r->not_root == 1 && r->rlimits == 1 &&
			r->no_capabilities == 1 && r->mdwe == 0
		? 0
		: 4;
}

static void
reports_what_holds(void **state)
{
	const struct scene run = { getuid(), DSYNC_JOB_RUN, NULL, false };
	const struct scene compile = { getuid(), DSYNC_JOB_COMPILE, NULL, false };
	const struct scene other = { SOMEBODY, DSYNC_JOB_RUN, NULL, false };

	(void)state;
	in_child(report_layers, &run);
	in_child(report_layers, &compile);
	needs_root();
	in_child(report_layers, &other);
}

/* N50: one system call of the lock is missing on this machine. */
static int
without(unsigned number, unsigned error, struct host_end *end, struct dsync_frame_ready *ready)
{
	static struct host host;
	struct dsync_frame_job job = host_job(DSYNC_JOB_RUN, 1000);
	struct dsync_frame frame;
	struct dsync_frame_failed failed;

	take_away(number, error);
	memset(end, 0, sizeof(*end));
	host_start(&host, NULL, &job);
	if (host_receive(&host, &frame) == 0)
		return 1;
	if (frame.type == DSYNC_FRAME_FAILED && dsync_frame_unpack_failed(frame.body, &failed) == 0) {
		end->failed = true;
		memcpy(end->text, failed.text.data, failed.text.size);
	} else if (dsync_frame_unpack_ready(frame.body, ready) < 0) {
		return 1;
	}
	end->status = host_stop(&host);
	return 0;
}

static int
check_without_seccomp(const struct scene *scene)
{
	struct dsync_frame_ready ready;
	struct host_end end;

	(void)scene;
	return without(SYS_seccomp, ENOSYS, &end, &ready) != 0 || !end.failed ||
		strcmp(end.text, "sandbox: system call filter: Function not implemented") != 0 || end.status != 0;
}

static int
check_without_landlock(const struct scene *scene)
{
	struct dsync_frame_ready ready;
	struct host_end end;

	(void)scene;
	return without(444, ENOSYS, &end, &ready) != 0 || end.failed || ready.landlock_abi != 0 ||
		ready.landlock_scopes != 0 || ready.seccomp != DSYNC_SECCOMP_P1;
}

static int
check_without_namespaces(const struct scene *scene)
{
	struct dsync_frame_ready ready;
	struct host_end end;

	(void)scene;
	return without(SYS_unshare, EPERM, &end, &ready) != 0 || end.failed || ready.namespaces != 0 ||
		ready.no_capabilities != 1;
}

static int
check_without_close_range(const struct scene *scene)
{
	struct dsync_frame_ready ready;
	struct host_end end;

	(void)scene;
	return without(436, ENOSYS, &end, &ready) != 0 || end.failed;
}

static int
check_without_rlimits(const struct scene *scene)
{
	struct dsync_frame_ready ready;
	struct host_end end;

	(void)scene;
	return without(SYS_prlimit64, EPERM, &end, &ready) != 0 || !end.failed ||
		strcmp(end.text, "sandbox: resource limits: Operation not permitted") != 0;
}

static void
says_what_is_missing(void **state)
{
	(void)state;
	in_child(check_without_seccomp, NULL);
	in_child(check_without_landlock, NULL);
	in_child(check_without_namespaces, NULL);
	in_child(check_without_close_range, NULL);
	in_child(check_without_rlimits, NULL);
}

/* N49: the worker computes for ever; who started it is killed. */
static void
ends_with_its_parent(void **state)
{
	struct dsync_frame_job job = host_job(DSYNC_JOB_RUN, 1000);
	char argument[DSYNC_FRAME_ARGUMENT_SIZE];
	const char *arguments[] = { argument, "spin", NULL };
	static struct host host;
	int fds[2], status;
	pid_t child, worker = 0;

	(void)state;
	job.cpu_ms = 60000;
	dsync_frame_format_argument(argument, &job);
	assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), 0);
	assert_int_equal(pipe(fds), 0);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		host_start_with(&host, host_program(WITH_ENGINE), arguments);
		if (!host_ready(&host) || write(fds[1], &host.pid, sizeof(host.pid)) != (ssize_t)sizeof(host.pid))
			_exit(1);
		for (;;)
			pause();
	}
	assert_int_equal(read(fds[0], &worker, sizeof(worker)), sizeof(worker));
	kill(child, SIGKILL);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(waitpid(worker, &status, 0), worker);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	close(fds[0]);
	close(fds[1]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(stops_attacks),
		cmocka_unit_test(stops_attacks_started_by_somebody_else),
		cmocka_unit_test(stops_attacks_without_namespaces),
		cmocka_unit_test(stops_attacks_of_the_installed_program),
		cmocka_unit_test(holds_no_secret_of_its_host),
		cmocka_unit_test(reports_what_holds),
		cmocka_unit_test(says_what_is_missing),
		cmocka_unit_test(ends_with_its_parent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
