/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "helper_process.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/sys.h"

#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif
#ifndef SYS_pidfd_send_signal
#define SYS_pidfd_send_signal 424
#endif

#define POLL_PAUSE_MS 5 /* between two looks where there is no pidfd */

void
dsync__helper_adopt(struct dsync_helper *helper, pid_t pid)
{
	helper->pid = pid;
	helper->pidfd = (int)syscall(SYS_pidfd_open, pid, 0); /* close-on-exec by itself */
	if (helper->pidfd < 0)
		helper->pidfd = -1;
}

void
dsync__helper_reap(pid_t pid)
{
	pid_t rc;

	do
		rc = waitpid(pid, NULL, 0);
	while (rc < 0 && errno == EINTR);
}

/* The child has ended and was waited for, here or by somebody else. */
static void
forget(struct dsync_helper *helper)
{
	if (helper->pidfd >= 0)
		dsync_sys_close(helper->pidfd);
	helper->pidfd = -1;
	helper->pid = -1;
}

/* 1 ended, 0 still running. */
static int
look(struct dsync_helper *helper, int flags, int *status)
{
	pid_t rc;

	*status = 0;
	if (helper->pid < 0)
		return 1;
	do
		rc = waitpid(helper->pid, status, flags);
	while (rc < 0 && errno == EINTR);
	if (rc == 0)
		return 0;
	if (rc < 0)
		*status = 0;
	forget(helper);
	return 1;
}

/* Until the pidfd says that it has ended, or the time is over. */
static void
wait_pidfd(int pidfd, int timeout_ms)
{
	struct pollfd pollfd = { .fd = pidfd, .events = POLLIN };
	int64_t end = dsync_sys_monotonic_ms() + timeout_ms;
	int64_t left = timeout_ms;

	while (poll(&pollfd, 1, (int)left) < 0 && errno == EINTR) {
		left = end - dsync_sys_monotonic_ms();
		if (left < 0)
			left = 0;
	}
}

int
dsync_helper_wait(struct dsync_helper *helper, int timeout_ms, int *status)
{
	int64_t end = dsync_sys_monotonic_ms() + timeout_ms;

	if (look(helper, WNOHANG, status) == 1)
		return 1;
	if (helper->pidfd >= 0) {
		wait_pidfd(helper->pidfd, timeout_ms);
		return look(helper, WNOHANG, status);
	}
	while (dsync_sys_monotonic_ms() < end) {
		dsync_sys_sleep_ms(POLL_PAUSE_MS);
		if (look(helper, WNOHANG, status) == 1)
			return 1;
	}
	return 0;
}

/* Where SIGCHLD is ignored a process number may be somebody else's soon after the end; a pidfd never is. */
static void
end(const struct dsync_helper *helper)
{
	if (helper->pidfd >= 0)
		syscall(SYS_pidfd_send_signal, helper->pidfd, SIGKILL, NULL, 0);
	else
		kill(helper->pid, SIGKILL);
}

int
dsync_helper_stop(struct dsync_helper *helper)
{
	int status = 0;

	if (helper->socket >= 0)
		dsync_sys_close(helper->socket);
	helper->socket = -1;
	if (look(helper, WNOHANG, &status) == 0) {
		end(helper);
		look(helper, 0, &status);
	}
	return status;
}
