/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The walls behind the filter.  The lock is made without its last step, so that a system call is answered by what stands behind seccomp:
 * limits, Landlock, another user.  N1, N3, N7, N8, N10, N25, N27, N37, N38, N39 with the filter off.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <netinet/in.h>

#include <cmocka.h>

#include "landlock.h"
#include "lock.h"

#define NO_LANDLOCK 77
#define DESCRIPTORS_MAX 8

/* The errno, 0 for what succeeded. */
static int
of(long result)
{
	return result == -1 ? errno : 0;
}

static int
connect_to(uint16_t port)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(port) };
	int fd = socket(AF_INET, SOCK_STREAM, 0), error;

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	error = of(connect(fd, (struct sockaddr *)&address, sizeof(address)));
	close(fd);
	return error;
}

/* The first number that could not be had. */
static int
use_up_descriptors(void)
{
	int fd, last = -1;

	while ((fd = dup(3)) >= 0)
		last = fd;
	for (fd = 4; fd <= last; fd++)
		close(fd);
	return errno == EMFILE ? last + 1 : -1;
}

static int
raise_limit(int resource)
{
	const struct rlimit limit = { 1000, 1000 };

	return of(setrlimit((__rlimit_resource_t)resource, &limit));
}

static const char *
environ_of_parent(void)
{
	static char path[64];

	snprintf(path, sizeof(path), "/proc/%d/environ", (int)getppid());
	return path;
}

#define MUST(condition) \
	do { \
		if (!(condition)) { \
			dprintf(out, "line %d: errno %d\n", __LINE__, errno); \
			return 1; \
		} \
	} while (0)

/* In a child whose descriptor 3 stays open through the lock. */
static int
without_filter(int out)
{
	const struct dsync_frame_job job = {
		.mode = DSYNC_JOB_RUN, .memory_max = 4 << 20, .cpu_ms = 1000, .data_size = 1000
	};
	struct dsync_landlock landlock;
	struct dsync_frame_ready ready;
	char text[DSYNC_LOCK_TEXT_SIZE];
	struct sockaddr_in any = { .sin_family = AF_INET };
	int fd;

	MUST(dsync_lock_begin(&job, getppid(), &ready, text) == 0);
	/* limits */
	MUST(use_up_descriptors() == DESCRIPTORS_MAX);
	MUST(fork() == -1 && errno == EAGAIN);
	MUST(mmap(NULL, (size_t)1 << 30, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED &&
		errno == ENOMEM);
	MUST(raise_limit(RLIMIT_NOFILE) == EPERM && raise_limit(RLIMIT_NPROC) == EPERM);
	/* nobody in particular */
	MUST(getuid() != 0 && of(setuid(0)) != 0 && of(kill(1, 0)) != 0);
	MUST(open(environ_of_parent(), O_RDONLY) == -1);

	dsync_landlock_restrict(&landlock);
	if (landlock.abi == 0)
		return NO_LANDLOCK;
	MUST(open("/etc/passwd", O_RDONLY) == -1 && errno == EACCES);
	MUST(open("/tmp/dotsync-layers-test", O_WRONLY | O_CREAT, 0600) == -1 && errno == EACCES);
	MUST(open("/proc/self/maps", O_RDONLY) == -1 && errno == EACCES);
	MUST(of(execl("/bin/true", "true", (char *)NULL)) == EACCES);
	if (landlock.net) {
		MUST(connect_to(9) == EACCES);
		fd = socket(AF_INET, SOCK_STREAM, 0);
		MUST(of(bind(fd, (struct sockaddr *)&any, sizeof(any))) == EACCES);
	}
	return 0;
}

static void
holds_without_the_filter(void **state)
{
	char said[256] = "";
	int fds[2], status;
	pid_t pid;

	(void)state;
	assert_int_equal(pipe(fds), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		if (dup2(fds[1], 3) != 3)
			_exit(2);
		_exit(without_filter(3));
	}
	close(fds[1]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (read(fds[0], said, sizeof(said) - 1) > 0)
		print_message("%s", said);
	close(fds[0]);
	if (WIFEXITED(status) && WEXITSTATUS(status) == NO_LANDLOCK) {
		print_message("skipped in part: this kernel has no Landlock\n");
		return;
	}
	assert_int_equal(status, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(holds_without_the_filter),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
