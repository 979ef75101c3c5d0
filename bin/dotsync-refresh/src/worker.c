/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "worker.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "base/error.h"
#include "base/sys.h"
#include "base/text.h"
#include "runtime/helper.h"
#include "timing.h"

/* A guest's next call mostly comes at once, and waking a processor that went to sleep takes longer than that. */
#define AWAKE_US 50
#define WORKER_NAME "dotsync-worker"
#define READY_MS 10000
#define SEND_MS 10000
#define EXIT_MS 5000

struct dsync_worker {
	struct dsync_helper helper;
	bool started;
	struct dsync_caller *caller;
	uint32_t sent, received;
	int64_t send_by_ms; /* when job and data must have been taken */
	struct dsync_buffer out;
	struct dsync_frame_ready ready;
	unsigned char in[DSYNC_FRAME_SIZE_MAX];
};

/* Why a worker ended that should not have, or not so. */
static int
refuse_status(int status, struct dsync_error *err)
{
	int rc;

	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS) {
		rc = dsync_error_set(err, DSYNC_ERR_GUEST, "worker",
			"the updater was stopped: it tried a system call that the sandbox forbids");
		dsync_error_hint(err, "do not trust this updater");
		return rc;
	}
	if (WIFSIGNALED(status)) {
		rc = dsync_error_set(
			err, DSYNC_ERR_GUEST, "worker", "the worker was ended by signal %d", WTERMSIG(status));
		dsync_error_hint(err, "the updater may need more memory or time than it is given");
		return rc;
	}
	return dsync_error_set(
		err, DSYNC_ERR_GUEST, "worker", "the worker ended early with status %d", WEXITSTATUS(status));
}

/* The worker has closed its end. */
static int
fail_ended(struct dsync_worker *worker, struct dsync_error *err)
{
	int status = 0;

	if (dsync_helper_wait(&worker->helper, EXIT_MS, &status) <= 0)
		return dsync_error_set(err, DSYNC_ERR_GUEST, "worker", "the worker hung up without ending");
	return refuse_status(status, err);
}

static int
fail_late(struct dsync_error *err)
{
	return dsync_error_set(err, DSYNC_ERR_TIMEOUT, "timeout", "the updater took too long");
}

/* Waits until the worker's socket can be used for `events`; CANCELLED and TIMEOUT are told apart. */
static int
wait_for(struct dsync_worker *worker, short events, int64_t timeout_ms, struct dsync_error *err)
{
	struct pollfd fds[2] = {
		{ .fd = worker->helper.socket, .events = events },
		{ .fd = dsync_caller_watch_fd(worker->caller), .events = POLLIN | POLLRDHUP },
	};
	int64_t deadline = dsync_sys_monotonic_ms() + timeout_ms;
	int64_t asleep_us = dsync_timing_us() + AWAKE_US;
	int n;

	do
		n = poll(fds, 1, 0);
	while (n == 0 && dsync_timing_us() < asleep_us);
	for (;;) {
		int64_t left = deadline - dsync_sys_monotonic_ms();

		if (left < 0)
			left = 0;
		n = poll(fds, 2, left > 1000000 ? 1000000 : (int)left);
		if (n < 0 && errno != EINTR)
			return dsync_error_set_errno(err, errno, "cannot wait for the worker");
		if (n > 0 && fds[1].revents != 0 && dsync_caller_is_cancelled(worker->caller))
			return dsync_error_set(err, DSYNC_ERR_CANCELLED, "", "cancelled");
		if (n > 0 && fds[0].revents != 0)
			return 0;
		if (n == 0 && dsync_sys_monotonic_ms() >= deadline)
			return fail_late(err);
	}
}

static int
fail_protocol(const char *what, struct dsync_error *err)
{
	int rc = dsync_error_set(err, DSYNC_ERR_PROTOCOL, "worker", "the worker broke the protocol: %s", what);

	dsync_error_hint(err, "do not trust this updater");
	return rc;
}

int
dsync_worker_receive(
	struct dsync_worker *worker, struct dsync_frame *frame, int64_t timeout_ms, struct dsync_error *err)
{
	struct iovec piece = { worker->in, sizeof(worker->in) };
	/* No room for control data: descriptors that a worker might send are dropped by the kernel, which says so. */
	struct msghdr message = { .msg_iov = &piece, .msg_iovlen = 1 };
	ssize_t n;
	int rc;

	if (timeout_ms <= 0) /* or one who always has something to say would never be late */
		return fail_late(err);
	for (;;) {
		n = recvmsg(worker->helper.socket, &message, MSG_DONTWAIT);
		if (n >= 0 || (errno != EAGAIN && errno != EINTR))
			break;
		rc = wait_for(worker, POLLIN, timeout_ms, err);
		if (rc < 0)
			return rc;
	}
	if (n <= 0)
		return fail_ended(worker, err);
	if ((message.msg_flags & MSG_CTRUNC) != 0)
		return fail_protocol("a packet with a descriptor", err);
	if ((message.msg_flags & MSG_TRUNC) != 0 ||
		dsync_frame_parse(worker->in, (size_t)n, worker->received, frame) < 0)
		return fail_protocol("a packet that is not the next frame", err);
	worker->received++;
	return 0;
}

/* `deadline` is that of all that is to be said, so that a worker that reads a frame now and then gains nothing. */
static int
send_frame(struct dsync_worker *worker, int64_t deadline, struct dsync_error *err)
{
	ssize_t n;
	int rc;

	rc = dsync_frame_end(&worker->out);
	if (rc < 0)
		return dsync_error_set(err, rc, "worker", "a frame is too long");
	for (;;) {
		n = send(worker->helper.socket, worker->out.data, worker->out.size, MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n >= 0)
			break;
		if (errno == EPIPE || errno == ECONNRESET)
			return fail_ended(worker, err);
		if (errno != EAGAIN && errno != EINTR)
			return dsync_error_set_errno(err, errno, "cannot talk to the worker");
		rc = wait_for(worker, POLLOUT, deadline - dsync_sys_monotonic_ms(), err);
		if (rc < 0)
			return rc;
	}
	worker->sent++;
	return 0;
}

int
dsync_worker_answer(struct dsync_worker *worker, const struct dsync_frame_result *result, struct dsync_error *err)
{
	dsync_frame_begin(&worker->out, DSYNC_FRAME_RESULT, worker->sent);
	dsync_frame_pack_result(&worker->out, result);
	return send_frame(worker, dsync_sys_monotonic_ms() + SEND_MS, err);
}

int
dsync_worker_send_job(struct dsync_worker *worker, const struct dsync_frame_job *job, struct dsync_error *err)
{
	worker->send_by_ms = dsync_sys_monotonic_ms() + SEND_MS;
	dsync_frame_begin(&worker->out, DSYNC_FRAME_JOB, worker->sent);
	dsync_frame_pack_job(&worker->out, job);
	return send_frame(worker, worker->send_by_ms, err);
}

int
dsync_worker_send_data(struct dsync_worker *worker, struct dsync_view data, bool last, struct dsync_error *err)
{
	struct dsync_frame_chunk chunk;
	int rc;

	do {
		chunk.data.data = data.data;
		chunk.data.size = data.size < DSYNC_FRAME_CHUNK_MAX ? data.size : DSYNC_FRAME_CHUNK_MAX;
		data.data += chunk.data.size;
		data.size -= chunk.data.size;
		chunk.last = last && data.size == 0;
		dsync_frame_begin(&worker->out, DSYNC_FRAME_DATA, worker->sent);
		dsync_frame_pack_chunk(&worker->out, &chunk);
		rc = send_frame(worker, worker->send_by_ms, err);
	} while (rc == 0 && data.size > 0);
	return rc;
}

int
dsync_worker_send(struct dsync_worker *worker, const struct dsync_frame_job *job, const void *data, size_t size,
	struct dsync_error *err)
{
	int rc = dsync_worker_send_job(worker, job, err);

	return rc < 0 ? rc : dsync_worker_send_data(worker, (struct dsync_view){ data, size }, true, err);
}

/* Ended or silent before any guest was near it: that is not the updater's doing. */
static int
refuse_start(int rc, struct dsync_error *err)
{
	if (rc == DSYNC_ERR_TIMEOUT)
		dsync_error_set(
			err, DSYNC_ERR_SANDBOX, "sandbox", "the worker did not start within %d s", READY_MS / 1000);
	else if (err != NULL)
		err->code = DSYNC_ERR_SANDBOX;
	dsync_error_hint(err, "dotsync doctor --sandbox says what this machine lacks");
	return DSYNC_ERR_SANDBOX;
}

/* READY comes first, from a worker of our build; or FAILED, which names the layer that does not hold. */
static int
receive_ready(struct dsync_worker *worker, struct dsync_error *err)
{
	struct dsync_frame frame;
	uint32_t failure;
	int rc;

	rc = dsync_worker_receive(worker, &frame, READY_MS, err);
	if (rc == DSYNC_ERR_GUEST || rc == DSYNC_ERR_TIMEOUT)
		return refuse_start(rc, err);
	if (rc < 0)
		return rc;
	if (frame.type == DSYNC_FRAME_FAILED) {
		rc = dsync_worker_failure(&frame, "starting", &failure, err);
		return failure == DSYNC_GUEST_INTERNAL ? refuse_start(rc, err)
						       : fail_protocol("it did not begin with READY", err);
	}
	if (frame.type != DSYNC_FRAME_READY || dsync_frame_unpack_ready(frame.body, &worker->ready) < 0)
		return fail_protocol("it did not begin with READY", err);
	if (worker->ready.version == DSYNC_FRAME_VERSION &&
		memcmp(worker->ready.build_id, dsync_build_id, DSYNC_BUILD_ID_SIZE) == 0)
		return 0;
	rc = dsync_error_set(err, DSYNC_ERR_SANDBOX, "build", WORKER_NAME " is of another build than dotsync-refresh");
	dsync_error_hint(err, "install both from one package");
	return rc;
}

int
dsync_worker_start(struct dsync_worker **out, const struct dsync_context *context, const struct dsync_frame_job *job,
	struct dsync_caller *caller, struct dsync_error *err)
{
	char argument[DSYNC_FRAME_ARGUMENT_SIZE];
	const char *const arguments[] = { argument, NULL };
	const struct dsync_helper_options options = { .arguments = arguments };
	struct dsync_worker *worker;
	int rc;

	*out = NULL;
	rc = dsync_frame_format_argument(argument, job);
	if (rc < 0)
		return dsync_error_set(err, DSYNC_ERR_UPDATER, "worker", "the updater is too large");
	worker = calloc(1, sizeof(*worker));
	if (worker == NULL)
		return dsync_error_set_memory(err);
	worker->caller = caller;
	dsync_buffer_init(&worker->out, DSYNC_FRAME_SIZE_MAX);

	rc = dsync_helper_start(context, WORKER_NAME, &options, &worker->helper, err);
	worker->started = rc == 0;
	if (rc == 0)
		rc = receive_ready(worker, err);
	if (rc < 0) {
		dsync_worker_destroy(worker);
		return rc;
	}
	*out = worker;
	return 0;
}

void
dsync_worker_destroy(struct dsync_worker *worker)
{
	if (worker == NULL)
		return;
	if (worker->started)
		dsync_helper_stop(&worker->helper);
	dsync_buffer_finish(&worker->out);
	free(worker);
}

const struct dsync_frame_ready *
dsync_worker_ready(const struct dsync_worker *worker)
{
	return &worker->ready;
}

int
dsync_worker_fd(const struct dsync_worker *worker)
{
	return worker->helper.socket;
}

int
dsync_worker_end(struct dsync_worker *worker, struct dsync_error *err)
{
	int status = 0;

	if (dsync_helper_wait(&worker->helper, EXIT_MS, &status) <= 0)
		return dsync_error_set(err, DSYNC_ERR_GUEST, "worker", "the worker did not end after its last frame");
	return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : refuse_status(status, err);
}
