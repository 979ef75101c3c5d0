/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * guest_process.c - starts a program, feeds it, listens to it, and sees to it that it is gone afterwards.
 *
 * Its standard input is a socket, because writing to a pipe that nobody reads raises a signal, and signals are the
 * caller's affair.
 */
#include "guest_process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "base/sys.h"
#include "helper_process.h"

#define PIECE_SIZE 65536u
#define FIRST_CLOSED_FD 3
#define END_WAIT_MS 50 /* between two looks at a program that has closed its output */

enum { IN, OUT, ERRORS, STREAM_COUNT };

struct run {
	const struct dsync_guest_process *process;
	struct dsync_helper child;
	int ours[STREAM_COUNT], theirs[STREAM_COUNT]; /* -1: closed */
	size_t sent;
	int64_t deadline;
	struct dsync_buffer *buffers[STREAM_COUNT];
};

static void
close_fd(int *fd)
{
	if (*fd >= 0)
		dsync_sys_close(*fd);
	*fd = -1;
}

static int
make_streams(struct run *run)
{
	int pair[2];
	int i;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		return -errno;
	run->ours[IN] = pair[0];
	run->theirs[IN] = pair[1];
	for (i = OUT; i < STREAM_COUNT; i++) {
		if (pipe2(pair, O_CLOEXEC) < 0)
			return -errno;
		run->ours[i] = pair[0];
		run->theirs[i] = pair[1];
		if (fcntl(pair[0], F_SETFL, O_NONBLOCK) < 0)
			return -errno;
	}
	/* A caller without standard descriptors would get these: the child's must not be in each other's way. */
	for (i = 0; i < STREAM_COUNT; i++) {
		int moved = fcntl(run->theirs[i], F_DUPFD_CLOEXEC, FIRST_CLOSED_FD + STREAM_COUNT);

		if (moved < 0)
			return -errno;
		close_fd(&run->theirs[i]);
		run->theirs[i] = moved;
	}
	return 0;
}

static int
describe(const struct run *run, posix_spawn_file_actions_t *actions, posix_spawnattr_t *attributes)
{
	sigset_t all, none;
	int i, rc = 0;

	for (i = 0; i < STREAM_COUNT && rc == 0; i++)
		rc = posix_spawn_file_actions_adddup2(actions, run->theirs[i], i);
	if (rc == 0)
		rc = posix_spawn_file_actions_addclosefrom_np(actions, FIRST_CLOSED_FD);
	sigfillset(&all);
	sigemptyset(&none);
	if (rc == 0)
		rc = posix_spawnattr_setsigdefault(attributes, &all);
	if (rc == 0)
		rc = posix_spawnattr_setsigmask(attributes, &none);
	if (rc == 0) /* a group of its own, so that it can be ended whole */
		rc = posix_spawnattr_setflags(
			attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP);
	return rc;
}

/* 0 or an errno. */
static int
spawn(struct run *run)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	pid_t pid;
	int rc;

	rc = posix_spawn_file_actions_init(&actions);
	if (rc != 0)
		return rc;
	rc = posix_spawnattr_init(&attributes);
	if (rc == 0) {
		rc = describe(run, &actions, &attributes);
		/* posix_spawn() changes no argument: its type is older than const. */
		if (rc == 0)
			rc = posix_spawnp(&pid, run->process->arguments[0], &actions, &attributes,
				(char *const *)(uintptr_t)run->process->arguments, run->process->environment);
		posix_spawnattr_destroy(&attributes);
	}
	posix_spawn_file_actions_destroy(&actions);
	if (rc == 0)
		dsync__helper_adopt(&run->child, pid);
	return rc;
}

static int
start(struct run *run, struct dsync_error *err)
{
	const char *name = run->process->arguments[0];
	int rc, i;

	rc = make_streams(run);
	if (rc < 0)
		return dsync_error_set_errno(err, -rc, "cannot talk to %s", name);
	rc = spawn(run);
	for (i = 0; i < STREAM_COUNT; i++)
		close_fd(&run->theirs[i]);
	if (rc == 0)
		return 0;
	dsync_error_set(err, DSYNC_ERR_NOT_FOUND, "guest", "cannot start %s: %s", name, strerror(rc));
	dsync_error_hint(err, "name a program that speaks the guest protocol");
	return DSYNC_ERR_NOT_FOUND;
}

/* What it does not want to hear it need not. */
static void
feed(struct run *run)
{
	const struct dsync_view input = run->process->input;
	ssize_t n;

	n = send(run->ours[IN], input.data + run->sent, input.size - run->sent, MSG_NOSIGNAL | MSG_DONTWAIT);
	if (n > 0)
		run->sent += (size_t)n;
	else if (n == 0 || (errno != EAGAIN && errno != EINTR))
		close_fd(&run->ours[IN]);
	if (run->sent == input.size)
		close_fd(&run->ours[IN]);
}

/* 0, also at the end, or DSYNC_ERR_LIMIT or NO_MEMORY. */
static int
hear(struct run *run, int stream)
{
	struct dsync_buffer *buffer = run->buffers[stream];
	unsigned char piece[PIECE_SIZE];
	size_t room = buffer->limit - buffer->size;
	ssize_t n = read(run->ours[stream], piece, sizeof(piece));

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (n <= 0) {
		close_fd(&run->ours[stream]);
		return 0;
	}
	if (stream == ERRORS && (size_t)n > room)
		n = (ssize_t)room;
	return dsync_buffer_append(buffer, piece, (size_t)n);
}

/* Milliseconds for poll(). */
static int
time_left(const struct run *run)
{
	const int64_t left = run->deadline - dsync_sys_monotonic_ms();

	return left <= 0 ? 0 : left > INT32_MAX ? INT32_MAX : (int)left;
}

/*
 * Until both of its outputs have ended, or it has itself: something that it left in the background may hold them open.  1 when
 * the time was over first.
 */
static int
converse(struct run *run)
{
	struct pollfd fds[STREAM_COUNT + 1];
	int ended = 0, ready, i, rc = 0;

	while (rc == 0 && (run->ours[OUT] >= 0 || run->ours[ERRORS] >= 0)) {
		for (i = 0; i < STREAM_COUNT; i++)
			fds[i] = (struct pollfd){ .fd = run->ours[i], .events = i == IN ? POLLOUT : POLLIN };
		fds[STREAM_COUNT] = (struct pollfd){ .fd = ended ? -1 : run->child.pidfd, .events = POLLIN };
		ready = poll(fds, STREAM_COUNT + 1, ended ? 0 : time_left(run));
		if (ready < 0 && errno != EINTR)
			return -errno;
		if (ready <= 0 && (ended || time_left(run) == 0))
			return ended ? 0 : 1;
		if (ready < 0)
			continue;
		ended |= fds[STREAM_COUNT].revents != 0;
		if (fds[IN].revents != 0)
			feed(run);
		for (i = OUT; i < STREAM_COUNT && rc == 0; i++) {
			if (fds[i].revents != 0)
				rc = hear(run, i);
		}
		if (time_left(run) == 0)
			return 1;
	}
	return rc;
}

/* 1 when it is to be killed for taking too long; it stays there to be waited for, so that its group is still its own. */
static int
await_end(struct run *run)
{
	struct pollfd end = { .fd = run->child.pidfd, .events = POLLIN };
	siginfo_t info;

	for (;;) {
		info.si_pid = 0;
		if (waitid(P_PID, (id_t)run->child.pid, &info, WEXITED | WNOHANG | WNOWAIT) < 0 || info.si_pid != 0)
			return 0; /* ended, or not ours to wait for */
		if (time_left(run) == 0)
			return 1;
		poll(&end, end.fd >= 0, end.fd >= 0 || time_left(run) < END_WAIT_MS ? time_left(run) : END_WAIT_MS);
	}
}

static int
fail(const struct run *run, int rc, struct dsync_error *err)
{
	const char *name = run->process->arguments[0];

	if (rc == DSYNC_ERR_NO_MEMORY)
		return dsync_error_set_memory(err);
	if (rc == DSYNC_ERR_LIMIT)
		return dsync_error_set(
			err, rc, "guest", "%s answers with more than %zu bytes", name, run->buffers[OUT]->limit);
	if (rc < 0)
		return dsync_error_set_errno(err, -rc, "cannot talk to %s", name);
	return dsync_error_set(err, DSYNC_ERR_TIMEOUT, "guest", "%s did not answer within %llu ms", name,
		(unsigned long long)run->process->timeout_ms);
}

int
dsync__guest_process_run(const struct dsync_guest_process *process, struct dsync_buffer *out,
	struct dsync_buffer *errors, int *status, struct dsync_error *err)
{
	struct run run = { .process = process,
		.child = { -1, -1, -1 },
		.ours = { -1, -1, -1 },
		.theirs = { -1, -1, -1 },
		.buffers = { NULL, out, errors } };
	int64_t timeout = process->timeout_ms > INT32_MAX ? INT32_MAX : (int64_t)process->timeout_ms;
	int rc, i;

	*status = 0;
	run.deadline = dsync_sys_monotonic_ms() + timeout;
	rc = start(&run, err);
	if (rc == 0) {
		rc = converse(&run);
		if (rc == 0)
			rc = await_end(&run);
		kill(-run.child.pid, SIGKILL);
		*status = dsync_helper_stop(&run.child);
		if (rc != 0)
			rc = fail(&run, rc, err);
	}
	for (i = 0; i < STREAM_COUNT; i++) {
		close_fd(&run.ours[i]);
		close_fd(&run.theirs[i]);
	}
	return rc;
}
