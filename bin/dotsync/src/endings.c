/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "endings.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/error.h"
#include "runtime/client.h"

/* What is ignored, as under nohup, ends nothing; held, it would be heard all the same. */
static void
add(sigset_t *ends, int signal_number)
{
	struct sigaction action;

	if (sigaction(signal_number, NULL, &action) == 0 && action.sa_handler != SIG_IGN)
		sigaddset(ends, signal_number);
}

void
endings_hold(struct endings *endings)
{
	sigset_t ends;

	sigemptyset(&ends);
	add(&ends, SIGINT);
	add(&ends, SIGTERM);
	add(&ends, SIGHUP);
	sigprocmask(SIG_BLOCK, &ends, &endings->before);
	endings->fd = signalfd(-1, &ends, SFD_CLOEXEC | SFD_NONBLOCK);
}

void
endings_release(struct endings *endings)
{
	struct signalfd_siginfo info;

	if (endings->fd >= 0) {
		if (read(endings->fd, &info, sizeof(info)) == (ssize_t)sizeof(info))
			raise((int)info.ssi_signo);
		close(endings->fd);
	}
	sigprocmask(SIG_SETMASK, &endings->before, NULL);
}

/* What the helper has said so far; 1 when the outcome was among it. */
static int
hear(struct dsync_client *client, dsync_event_callback *event, void *user, struct dsync_result *result,
	struct dsync_error *err)
{
	struct dsync_message message;
	int rc;

	rc = dsync_client_receive(client, false, &message, err);
	if (rc <= 0)
		return rc;
	rc = message.is_outcome;
	if (message.is_outcome) {
		*result = message.result; /* moved */
		dsync_result_init(&message.result);
	} else {
		event(user, &message.event);
	}
	dsync_message_finish(&message);
	return rc;
}

int
endings_run_job(const struct endings *endings, const struct dsync_context *context, struct dsync_job *job, int fd,
	dsync_event_callback *event, void *user, struct dsync_result *result, struct dsync_error *err)
{
	struct dsync_client *client;
	struct pollfd polled[2] = { { .events = POLLIN }, { .events = POLLIN } };
	int rc;

	if (endings == NULL)
		return dsync_client_run(context, job, fd, event, user, result, err);
	dsync_result_init(result);
	rc = dsync_client_start(&client, context, job, fd, err);
	if (rc < 0)
		return rc;
	polled[0].fd = dsync_client_fd(client);
	polled[1].fd = endings->fd;
	while (rc == 0) {
		if (poll(polled, 2, -1) < 0 && errno != EINTR)
			rc = dsync_error_set_errno(err, errno, "cannot wait for dotsync-refresh");
		else if (polled[1].revents != 0)
			rc = dsync_error_set(err, DSYNC_ERR_CANCELLED, "", "interrupted");
		else
			rc = hear(client, event, user, result, err);
	}
	dsync_client_close(client);
	return rc < 0 ? rc : 0;
}
