/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Every attempt of attack_table.h in a real locked worker, started by root and by somebody else. */
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

#include "attack_table.h"
#include "worker_host.h"

#define SOMEBODY 12345
#define UNREACHABLE 77 /* of a child: this user cannot execute the worker where it was built */

static const struct {
	const char *name;
	long expected;
} attacks[] = {
#define ROW(name, expected, attempt) { #name, expected },
	ATTACKS(ROW)
#undef ROW
};
#define ATTACK_COUNT (sizeof(attacks) / sizeof(attacks[0]))

/* What came of one attempt, in the terms of the table. */
static long
attempt(const char *name, uint32_t mode)
{
	static struct host host;
	struct dsync_frame_job job = host_job(mode, 1000);
	char argument[DSYNC_FRAME_ARGUMENT_SIZE];
	const char *arguments[] = { argument, name, NULL };
	long result = 0;
	ssize_t n;
	int status;

	job.cpu_ms = 1;
	dsync_frame_format_argument(argument, &job);
	host_start_with(&host, host_program("test/dotsync-worker-attack"), arguments);
	if (!host_ready(&host))
		return -99999;
	n = recv(host.fd, &result, sizeof(result), 0);
	status = host_stop(&host);
	if (WIFSIGNALED(status))
		return WTERMSIG(status) == SIGSYS ? KILLED : SIGNAL(WTERMSIG(status));
	return n == (ssize_t)sizeof(result) ? result : -99998;
}

static bool
is_frozen_only(const char *name)
{
#define SAME(frozen, expected, call) \
	if (strcmp(name, #frozen) == 0) \
		return true;
	ATTACKS_FROZEN(SAME)
#undef SAME
	return false;
}

/* In a process of its own, since it may change its user for good. */
static int
attempt_all(uid_t uid, uint32_t mode)
{
	unsigned wrong = 0;
	size_t i;
	long found;

	if (uid != getuid() && (setgid(uid) != 0 || setuid(uid) != 0))
		return 1;
	if (access(host_program(NULL), X_OK) != 0)
		return UNREACHABLE;
	for (i = 0; i < ATTACK_COUNT; i++) {
		if (mode == DSYNC_JOB_COMPILE && is_frozen_only(attacks[i].name))
			continue;
		if (strcmp(attacks[i].name, "spin") == 0 && (uid == SOMEBODY || mode == DSYNC_JOB_COMPILE))
			continue; /* takes two seconds, once is enough */
		if (mode == DSYNC_JOB_COMPILE &&
			(strcmp(attacks[i].name, "map_2_gib") == 0 || strcmp(attacks[i].name, "memory_flood") == 0))
			continue; /* a compiler has more memory */
		found = attempt(attacks[i].name, mode);
		if (found == attacks[i].expected)
			continue;
		print_message("%s: expected %ld, found %ld\n", attacks[i].name, attacks[i].expected, found);
		wrong++;
	}
	return wrong != 0;
}

static void
in_child(int (*what)(uid_t, uint32_t), uid_t uid, uint32_t mode)
{
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0)
		_exit(what(uid, mode));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WIFEXITED(status) && WEXITSTATUS(status) == UNREACHABLE) {
		print_message("skipped: user %u cannot execute the worker in this build tree\n", (unsigned)uid);
		skip();
	}
	assert_int_equal(status, 0);
}

static void
stops_attacks(void **state)
{
	(void)state;
	in_child(attempt_all, getuid(), DSYNC_JOB_RUN);
	in_child(attempt_all, getuid(), DSYNC_JOB_COMPILE);
}

static void
stops_attacks_started_by_somebody_else(void **state)
{
	(void)state;
	if (getuid() != 0) {
		print_message("skipped: only root can be somebody else\n");
		skip();
	}
	in_child(attempt_all, SOMEBODY, DSYNC_JOB_RUN);
}

static int
report_layers(uid_t uid, uint32_t mode)
{
	static struct host host;
	struct dsync_frame_job job = host_job(mode, 1000);
	const struct dsync_frame_ready *r = &host.ready;

	if (uid != getuid() && (setgid(uid) != 0 || setuid(uid) != 0))
		return 1;
	if (access(host_program(NULL), X_OK) != 0)
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
	(void)state;
	in_child(report_layers, getuid(), DSYNC_JOB_RUN);
	in_child(report_layers, getuid(), DSYNC_JOB_COMPILE);
	if (getuid() == 0)
		in_child(report_layers, SOMEBODY, DSYNC_JOB_RUN);
}

/* Makes one system call answer with an errno in all children from here on; N50. */
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
check_without_seccomp(uid_t uid, uint32_t mode)
{
	struct dsync_frame_ready ready;
	struct host_end end;

	(void)uid;
	(void)mode;
	return without(SYS_seccomp, ENOSYS, &end, &ready) != 0 || !end.failed ||
		strcmp(end.text, "sandbox: system call filter: Function not implemented") != 0 || end.status != 0;
}

static int
check_without_landlock(uid_t uid, uint32_t mode)
{
	struct dsync_frame_ready ready;
	struct host_end end;

	(void)uid;
	(void)mode;
	return without(444, ENOSYS, &end, &ready) != 0 || end.failed || ready.landlock_abi != 0 ||
		ready.landlock_scopes != 0 || ready.seccomp != DSYNC_SECCOMP_P1;
}

static int
check_without_namespaces(uid_t uid, uint32_t mode)
{
	struct dsync_frame_ready ready;
	struct host_end end;

	(void)uid;
	(void)mode;
	return without(SYS_unshare, EPERM, &end, &ready) != 0 || end.failed || ready.namespaces != 0 ||
		ready.no_capabilities != 1;
}

static int
check_without_close_range(uid_t uid, uint32_t mode)
{
	struct dsync_frame_ready ready;
	struct host_end end;

	(void)uid;
	(void)mode;
	return without(436, ENOSYS, &end, &ready) != 0 || end.failed;
}

static int
check_without_rlimits(uid_t uid, uint32_t mode)
{
	struct dsync_frame_ready ready;
	struct host_end end;

	(void)uid;
	(void)mode;
	return without(SYS_prlimit64, EPERM, &end, &ready) != 0 || !end.failed ||
		strcmp(end.text, "sandbox: resource limits: Operation not permitted") != 0;
}

static void
says_what_is_missing(void **state)
{
	(void)state;
	in_child(check_without_seccomp, 0, 0);
	in_child(check_without_landlock, 0, 0);
	in_child(check_without_namespaces, 0, 0);
	in_child(check_without_close_range, 0, 0);
	in_child(check_without_rlimits, 0, 0);
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
		host_start_with(&host, host_program("test/dotsync-worker-attack"), arguments);
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
		cmocka_unit_test(reports_what_holds),
		cmocka_unit_test(says_what_is_missing),
		cmocka_unit_test(ends_with_its_parent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
