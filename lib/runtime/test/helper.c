/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Helper programs: which are refused, and how those that are not get started and ended. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "home.h"
#include "runtime/helper.h"

#define PLAIN "fds=4 leader helper "
#define PROBE_STATUS 7

static void
start(const struct dsync_helper_options *options, struct dsync_helper *helper)
{
	struct dsync_error err = { 0 };

	if (dsync_helper_start(home_context(), "helper", options, helper, &err) < 0)
		fail_msg("%s %s", err.message, err.hint);
	assert_true(helper->socket >= 0);
	assert_true((fcntl(helper->socket, F_GETFD) & FD_CLOEXEC) != 0);
}

/* What the probe says of itself. */
static void
check_report(const struct dsync_helper *helper, const char *expected)
{
	char report[8192];
	ssize_t size = recv(helper->socket, report, sizeof(report) - 1, 0);

	assert_true(size > 0);
	report[size] = '\0';
	assert_string_equal(report, expected);
}

static void
test_start(void **state)
{
	struct dsync_helper helper;
	int status;

	(void)state;
	home_install("probe", "helper", 0755);
	start(NULL, &helper);
	assert_true(helper.pid > 0);
	check_report(&helper, PLAIN);
	assert_int_equal(dsync_helper_wait(&helper, 0, &status), 0);
	shutdown(helper.socket, SHUT_RDWR);
	assert_int_equal(dsync_helper_wait(&helper, 10000, &status), 1);
	assert_int_equal(WEXITSTATUS(status), PROBE_STATUS);
	assert_int_equal(dsync_helper_wait(&helper, 0, &status), 1); /* and again */
	assert_int_equal(dsync_helper_stop(&helper), 0);
	assert_int_equal(helper.socket, -1);
	assert_int_equal(dsync_helper_stop(&helper), 0);
}

static void
test_arguments(void **state)
{
	static const char *const arguments[] = { "one", "", "two three", NULL };
	static const char *const environment[] = { "A=b", "PATH=/nowhere", NULL };
	const struct dsync_helper_options options = { .arguments = arguments, .environment = environment };
	struct dsync_helper helper;

	(void)state;
	assert_int_equal(setenv("SECRET", "x", 1), 0);
	home_install("probe", "helper", 0700);
	start(&options, &helper);
	check_report(&helper, PLAIN "one  two three A=b PATH=/nowhere ");
	dsync_helper_stop(&helper);
}

static void
test_stop_kills(void **state)
{
	struct dsync_helper helper;
	int status;

	(void)state;
	home_install("probe", "helper", 0755);
	start(NULL, &helper);
	assert_int_equal(kill(helper.pid, SIGSTOP), 0);
	status = dsync_helper_stop(&helper);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
}

static void
test_without_pidfd(void **state)
{
	struct dsync_helper helper;
	int status;

	(void)state;
	home_install("probe", "helper", 0755);
	start(NULL, &helper);
	close(helper.pidfd);
	helper.pidfd = -1;
	assert_int_equal(dsync_helper_wait(&helper, 20, &status), 0);
	shutdown(helper.socket, SHUT_RDWR);
	assert_int_equal(dsync_helper_wait(&helper, 10000, &status), 1);
	assert_int_equal(WEXITSTATUS(status), PROBE_STATUS);
	dsync_helper_stop(&helper);
	start(NULL, &helper);
	close(helper.pidfd);
	helper.pidfd = -1;
	status = dsync_helper_stop(&helper);
	assert_true(WIFSIGNALED(status));
}

/* Signals that the caller ignores, blocks or handles are no affair of the helper's. */
static void
test_signals(void **state)
{
	struct dsync_helper helper;
	sigset_t all, old;
	int status;

	(void)state;
	home_install("probe", "helper", 0755);
	signal(SIGCHLD, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &old);
	start(NULL, &helper);
	sigprocmask(SIG_SETMASK, &old, NULL);
	check_report(&helper, PLAIN);
	shutdown(helper.socket, SHUT_RDWR);
	assert_int_equal(dsync_helper_wait(&helper, 10000, &status), 1);
	assert_int_equal(status, 0); /* nobody can say any more */
	dsync_helper_stop(&helper);

	start(NULL, &helper);
	assert_int_equal(dsync_helper_stop(&helper), 0);
	signal(SIGCHLD, SIG_DFL);
	signal(SIGPIPE, SIG_DFL);
}

/* Descriptors that the caller left open, far apart, and not close-on-exec. */
static void
test_open_descriptors(void **state)
{
	struct dsync_helper helper;
	int low = dup(0);
	int high = fcntl(0, F_DUPFD, 500);
	int three = fcntl(0, F_DUPFD, 3);

	(void)state;
	home_install("probe", "helper", 0755);
	start(NULL, &helper);
	check_report(&helper, PLAIN);
	dsync_helper_stop(&helper);
	close(low);
	close(high);
	close(three);
}

/* In a child: what it has closed, the test itself goes on with. */
static void
start_closed(int closed)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		struct dsync_helper helper;
		char report[256] = "";
		int fd;

		for (fd = 0; fd < 4; fd++) {
			if ((closed & (1 << fd)) != 0)
				close(fd);
		}
		if (dsync_helper_start(home_context(), "helper", NULL, &helper, NULL) < 0)
			_exit(1);
		if (recv(helper.socket, report, sizeof(report) - 1, 0) <= 0 || strcmp(report, PLAIN) != 0)
			_exit(2);
		dsync_helper_stop(&helper);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (status != 0)
		fail_msg("with descriptors %x closed: status %x", (unsigned)closed, (unsigned)status);
}

static void
test_closed_descriptors(void **state)
{
	int closed;

	(void)state;
	home_install("probe", "helper", 0755);
	home_context();
	for (closed = 0; closed < 16; closed++)
		start_closed(closed);
}

static void
test_detach(void **state)
{
	const struct dsync_helper_options options = { .detach = true };
	struct dsync_helper helper;

	(void)state;
	home_install("probe", "helper", 0755);
	start(&options, &helper);
	assert_int_equal(helper.pid, -1);
	assert_int_equal(helper.pidfd, -1);
	check_report(&helper, "fds=4 follower helper --detach ");
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* there is nobody left to wait for */
	assert_int_equal(errno, ECHILD);
	assert_int_equal(dsync_helper_stop(&helper), 0);
}

static void
refuse(const char *what, const char *message)
{
	struct dsync_helper helper;
	struct dsync_error err = { 0 };

	if (dsync_helper_start(home_context(), "helper", NULL, &helper, &err) != DSYNC_ERR_SANDBOX)
		fail_msg("%s: %d", what, err.code);
	if (strstr(err.message, message) == NULL)
		fail_msg("%s: \"%s\" is not in \"%s\"", what, message, err.message);
	assert_true(err.hint[0] != '\0');
	assert_int_equal(helper.pid, -1);
	assert_int_equal(helper.socket, -1);
}

static void
test_refuse(void **state)
{
	static const char script[] = "#!/bin/sh\nexit 0\n";

	(void)state;
	refuse("missing", "is missing");
	assert_int_equal(mkdir(home_path("helpers/helper"), 0755), 0);
	refuse("a folder", "is not a regular file");
	assert_int_equal(rmdir(home_path("helpers/helper")), 0);
	assert_int_equal(mkfifo(home_path("helpers/helper"), 0755), 0);
	refuse("a pipe", "is not a regular file");
	assert_int_equal(unlink(home_path("helpers/helper")), 0);

	home_install("probe", "helper", 0775);
	refuse("group-writable", "can be changed by other users");
	home_install("probe", "helper", 0757);
	refuse("world-writable", "can be changed by other users");
	home_install("probe", "helper", 0644);
	refuse("not executable", "is not executable");

	home_write("helpers/helper", script, sizeof(script) - 1);
	assert_int_equal(chmod(home_path("helpers/helper"), 0755), 0);
	refuse("a script", "is not a program");
	home_write("helpers/helper", "", 0);
	refuse("empty", "is not a program");
	home_write("helpers/helper", "\177EL", 3);
	refuse("cut", "is not a program");
	home_write("helpers/helper", "\177ELFrubbish", 11);
	refuse("no real program", "cannot be executed here");

	assert_int_equal(unlink(home_path("helpers/helper")), 0);
	assert_int_equal(rmdir(home_path("helpers")), 0);
	refuse("no folder", "is missing");
	home_write_text("helpers", "");
	refuse("a file for a folder", "is missing");
}

static void
test_foreign_owner(void **state)
{
	(void)state;
	if (geteuid() != 0) {
		print_message("skipped: only root can give a file to somebody else\n");
		skip();
	}
	home_install("probe", "helper", 0755);
	assert_int_equal(chown(home_path("helpers/helper"), 65534, 65534), 0);
	refuse("foreign", "belongs to another user");
}

/* Neither PATH nor the environment finds a helper. */
static void
test_environment(void **state)
{
	(void)state;
	home_install("probe", "elsewhere", 0755);
	assert_int_equal(setenv("PATH", home_path("helpers"), 1), 0);
	refuse("only in PATH under another name", "is missing");
}

static void
test_too_many_arguments(void **state)
{
	static const char *const arguments[] = { "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "13",
		"14", "15", "16", "17", NULL };
	const struct dsync_helper_options options = { .arguments = arguments };
	struct dsync_helper helper;

	(void)state;
	assert_int_equal(dsync_helper_start(home_context(), "helper", &options, &helper, NULL), DSYNC_ERR_INVALID);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, home_setup, home_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_start),
		TEST(test_arguments),
		TEST(test_stop_kills),
		TEST(test_without_pidfd),
		TEST(test_signals),
		TEST(test_open_descriptors),
		TEST(test_closed_descriptors),
		TEST(test_detach),
		TEST(test_refuse),
		TEST(test_foreign_owner),
		TEST(test_environment),
		TEST(test_too_many_arguments),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
