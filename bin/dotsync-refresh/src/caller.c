/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "caller.h"

#include <errno.h>
#include <jansson.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/error.h"
#include "base/sys.h"
#include "base/text.h"

#define JOB_WAIT_MS 10000
#define PROGRESS_MS 100
#define LOG_TEXT_MAX 4096u /* of one line, escaped */
#define FDS_MAX 4

void
dsync_caller_init(struct dsync_caller *caller, int fd)
{
	memset(caller, 0, sizeof(*caller));
	caller->fd = fd;
	caller->passed = -1;
}

/* Keeps the first descriptor that came along and closes the others. */
static void
take_descriptors(struct msghdr *message, int *passed)
{
	struct cmsghdr *c;
	size_t count, i;
	int fds[FDS_MAX];

	for (c = CMSG_FIRSTHDR(message); c != NULL; c = CMSG_NXTHDR(message, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		count = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		if (count > FDS_MAX)
			count = FDS_MAX;
		memcpy(fds, CMSG_DATA(c), count * sizeof(int));
		for (i = 0; i < count; i++) {
			if (*passed < 0)
				*passed = fds[i];
			else
				close(fds[i]);
		}
	}
}

/* One packet, waited for up to `timeout_ms` (-1: for ever); its size, 0 when the caller hung up, -1 for a failure or an overlong one. */
static ssize_t
receive(int fd, void *packet, size_t size, int timeout_ms, int *passed)
{
	union {
		struct cmsghdr align;
		char room[CMSG_SPACE(FDS_MAX * sizeof(int))];
	} control;
	struct iovec piece = { packet, size };
	struct msghdr message = {
		.msg_iov = &piece, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control)
	};
	struct pollfd poll_fd = { .fd = fd, .events = POLLIN };
	ssize_t n;
	int rc;

	do
		rc = poll(&poll_fd, 1, timeout_ms);
	while (rc < 0 && errno == EINTR);
	if (rc <= 0)
		return -1;
	do
		n = recvmsg(fd, &message, MSG_CMSG_CLOEXEC);
	while (n < 0 && errno == EINTR);
	if (n >= 0)
		take_descriptors(&message, passed);
	return n >= 0 && (message.msg_flags & MSG_TRUNC) == 0 ? n : -1;
}

int
dsync_caller_receive(struct dsync_caller *caller, struct dsync_job *job, int *passed, struct dsync_error *err)
{
	unsigned char *packet;
	ssize_t n;
	int rc;

	*passed = -1;
	packet = malloc(DSYNC_JOB_SIZE_MAX);
	if (packet == NULL)
		return dsync_error_set_memory(err);
	n = receive(caller->fd, packet, DSYNC_JOB_SIZE_MAX, JOB_WAIT_MS, passed);
	if (n > 0)
		rc = dsync_job_read(packet, (size_t)n, job, err);
	else
		rc = dsync_error_set(err, DSYNC_ERR_PROTOCOL, "job", "no job was sent");
	free(packet);
	if (rc == 0) {
		caller->background = job->background;
	} else if (*passed >= 0) {
		close(*passed);
		*passed = -1;
	}
	return rc;
}

static void
tell(struct dsync_caller *caller, const struct dsync_event *event)
{
	struct dsync_buffer packet;

	if (caller->background || caller->cancelled)
		return;
	dsync_buffer_init(&packet, DSYNC_JOB_SIZE_MAX);
	if (dsync_event_write(event, &packet) == 0) {
		if (send(caller->fd, packet.data, packet.size, MSG_NOSIGNAL | MSG_DONTWAIT) < 0 && errno == EPIPE)
			caller->cancelled = true;
	}
	dsync_buffer_finish(&packet);
}

void
dsync_caller_tell(struct dsync_caller *caller, enum dsync_event_kind kind, const char *text)
{
	const struct dsync_event event = { .kind = kind, .text = text };

	tell(caller, &event);
}

void
dsync_caller_log(struct dsync_caller *caller, int level, const void *text, size_t size)
{
	char line[LOG_TEXT_MAX];
	struct dsync_event event = { .kind = DSYNC_EVENT_LOG, .level = level, .text = line };

	dsync_text_escape(line, sizeof(line), text, size);
	tell(caller, &event);
}

void
dsync_caller_progress(struct dsync_caller *caller, uint64_t done, uint64_t total)
{
	struct dsync_event event = { .kind = DSYNC_EVENT_PROGRESS, .done = done, .total = total, .text = "" };
	int64_t now;

	if (caller->background)
		return;
	now = dsync_sys_monotonic_ms();
	if (now - caller->progress_ms < PROGRESS_MS && done != total)
		return;
	caller->progress_ms = now;
	tell(caller, &event);
}

int
dsync_caller_watch_fd(const struct dsync_caller *caller)
{
	return caller->background ? -1 : caller->fd;
}

bool
dsync_caller_is_cancelled(struct dsync_caller *caller)
{
	struct pollfd poll_fd = { .fd = caller->fd, .events = POLLIN | POLLRDHUP };

	if (caller->background)
		return false;
	/* While a job is being done there is nothing for the caller to say, so any stir ends it. */
	if (!caller->cancelled && poll(&poll_fd, 1, 0) > 0)
		caller->cancelled = true;
	return caller->cancelled;
}

static int
write_outcome(struct dsync_result *result, struct dsync_buffer *packet)
{
	dsync_buffer_clear(packet);
	return dsync_result_write(result, packet);
}

static void
drop_strings(struct dsync_strings *list)
{
	while (list->count > 0)
		free(list->items[--list->count]);
}

/* What a reader can do without goes first. */
static int
write_shortened(struct dsync_result *result, struct dsync_buffer *packet)
{
	if (write_outcome(result, packet) == 0)
		return 0;
	while (result->request_count > 0) {
		result->request_count--;
		free(result->requests[result->request_count].method);
		free(result->requests[result->request_count].url);
	}
	if (write_outcome(result, packet) == 0)
		return 0;
	free(result->explanation);
	result->explanation = NULL;
	drop_strings(&result->origins);
	drop_strings(&result->asked);
	drop_strings(&result->missing);
	return write_outcome(result, packet);
}

int
dsync_caller_send(struct dsync_caller *caller, struct dsync_result *result)
{
	struct dsync_buffer packet;
	ssize_t n;
	int rc;

	if (caller->background)
		return 0;
	dsync_buffer_init(&packet, DSYNC_JOB_SIZE_MAX);
	rc = write_shortened(result, &packet);
	if (rc == 0) {
		do
			n = send(caller->fd, packet.data, packet.size, MSG_NOSIGNAL);
		while (n < 0 && errno == EINTR);
		rc = n < 0 ? DSYNC_ERR_CANCELLED : 0;
	}
	dsync_buffer_finish(&packet);
	return rc;
}

bool
dsync_caller_decision(struct dsync_caller *caller)
{
	char packet[256];
	const char *word;
	bool commit;
	json_t *root;
	ssize_t n;
	int passed = -1;

	n = receive(caller->fd, packet, sizeof(packet), -1, &passed);
	if (passed >= 0)
		close(passed);
	if (n <= 0)
		return false;
	root = json_loadb(packet, (size_t)n, JSON_REJECT_DUPLICATES, NULL);
	word = json_string_value(json_object_get(root, "decision"));
	commit = word != NULL && strcmp(word, "commit") == 0 && json_object_size(root) == 1;
	json_decref(root);
	return commit;
}
