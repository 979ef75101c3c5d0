/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "runtime/client.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "runtime/build_id.h"
#include "runtime/context.h"
#include "runtime/helper.h"

#define HELPER_NAME "dotsync-refresh"
#define END_WAIT_MS 5000 /* for the helper to take its staging file away and end */

extern char **environ;

struct dsync_client {
	struct dsync_helper helper;
	bool over; /* the final outcome is there */
	unsigned char packet[DSYNC_JOB_SIZE_MAX];
};

/* A copy where nothing is set yet; NULL stays NULL. */
static int
fill_text(char **member, const char *value)
{
	if (*member != NULL || value == NULL)
		return 0;
	*member = strdup(value);
	return *member != NULL ? 0 : DSYNC_ERR_NO_MEMORY;
}

static int
complete_job(const struct dsync_context *context, struct dsync_job *job, struct dsync_error *err)
{
	char folder[PATH_MAX];

	memcpy(job->build_id, dsync_build_id, sizeof(job->build_id));
	job->offline = job->offline || dsync_context_offline(context);
	if (fill_text(&job->config_dir, dsync_context_config_dir(context)) < 0 ||
		fill_text(&job->state_dir, dsync_context_state_dir(context)) < 0 ||
		fill_text(&job->cache_dir, dsync_context_cache_dir(context)) < 0 ||
		fill_text(&job->machine_dir, dsync_context_machine_dir(context)) < 0 ||
		fill_text(&job->helper_dir, dsync_context_helper_dir(context)) < 0 ||
		fill_text(&job->working_dir, getcwd(folder, sizeof(folder))) < 0)
		return dsync_error_set_memory(err);
	return 0;
}

/* One packet, with a descriptor unless it is -1. */
static int
send_packet(int socket, const struct dsync_view *packet, int fd)
{
	union {
		struct cmsghdr align;
		char room[CMSG_SPACE(sizeof(int))];
	} control = { 0 };
	struct iovec part = { (void *)(uintptr_t)packet->data, packet->size };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1 };
	struct cmsghdr *header;
	ssize_t sent;

	if (fd >= 0) {
		message.msg_control = control.room;
		message.msg_controllen = sizeof(control.room);
		header = CMSG_FIRSTHDR(&message);
		header->cmsg_level = SOL_SOCKET;
		header->cmsg_type = SCM_RIGHTS;
		header->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(header), &fd, sizeof(int));
	}
	do
		sent = sendmsg(socket, &message, MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	return sent < 0 ? -errno : 0;
}

static int
send_job(const struct dsync_helper *helper, const struct dsync_view *packet, int fd, struct dsync_error *err)
{
	int rc = send_packet(helper->socket, packet, fd);

	if (rc == -EPIPE || rc == -ECONNRESET) {
		dsync_error_set(err, DSYNC_ERR_SANDBOX, "helper", HELPER_NAME " ended before it was told what to do");
		dsync_error_hint(err, "install dotsync again, or run dotsync doctor");
		return DSYNC_ERR_SANDBOX;
	}
	return rc < 0 ? dsync_error_set_errno(err, -rc, "cannot send a job to " HELPER_NAME) : 0;
}

/* Starts the helper and hands it the job; on failure nothing is left running. */
static int
start(const struct dsync_context *context, struct dsync_job *job, int fd, bool detach, struct dsync_helper *helper,
	struct dsync_error *err)
{
	const struct dsync_helper_options options = { .environment = (const char *const *)environ, .detach = detach };
	struct dsync_buffer packet;
	struct dsync_view view;
	int rc;

	rc = complete_job(context, job, err);
	if (rc < 0)
		return rc;
	dsync_buffer_init(&packet, DSYNC_JOB_SIZE_MAX);
	rc = dsync_job_write(job, &packet);
	if (rc == DSYNC_ERR_LIMIT)
		rc = dsync_error_set(
			err, rc, "job", "paths and commands of this job are longer than %u bytes", DSYNC_JOB_SIZE_MAX);
	else if (rc < 0)
		rc = dsync_error_set_memory(err);
	if (rc == 0)
		rc = dsync_helper_start(context, HELPER_NAME, &options, helper, err);
	if (rc == 0) {
		view = dsync_buffer_view(&packet);
		rc = send_job(helper, &view, fd, err);
		if (rc < 0)
			dsync_helper_stop(helper);
	}
	dsync_buffer_finish(&packet);
	return rc;
}

int
dsync_client_start(struct dsync_client **client, const struct dsync_context *context, struct dsync_job *job, int fd,
	struct dsync_error *err)
{
	int rc;

	*client = malloc(sizeof(**client));
	if (*client == NULL)
		return dsync_error_set_memory(err);
	(*client)->over = false;
	rc = start(context, job, fd, false, &(*client)->helper, err);
	if (rc < 0) {
		free(*client);
		*client = NULL;
	}
	return rc;
}

int
dsync_client_start_background(const struct dsync_context *context, struct dsync_job *job, struct dsync_error *err)
{
	struct dsync_helper helper;
	int rc;

	job->background = true;
	rc = start(context, job, -1, true, &helper, err);
	if (rc == 0)
		dsync_helper_stop(&helper); /* it is nobody's child: this only closes the socket */
	return rc;
}

int
dsync_client_fd(const struct dsync_client *client)
{
	return client->helper.socket;
}

/* Why did it hang up? */
static int
fail_ended(struct dsync_client *client, struct dsync_error *err)
{
	int status = 0;

	client->over = true;
	if (dsync_helper_wait(&client->helper, END_WAIT_MS, &status) == 1 && WIFSIGNALED(status))
		dsync_error_set(err, DSYNC_ERR_PROTOCOL, "helper", HELPER_NAME " was ended by signal %d (%s)",
			WTERMSIG(status), strsignal(WTERMSIG(status)));
	else
		dsync_error_set(err, DSYNC_ERR_PROTOCOL, "helper", HELPER_NAME " ended without saying what came of it");
	dsync_error_hint(err, "the archive is whole; try again");
	return DSYNC_ERR_PROTOCOL;
}

static int
wait_readable(int fd)
{
	struct pollfd pollfd = { .fd = fd, .events = POLLIN };
	int rc;

	do
		rc = poll(&pollfd, 1, -1);
	while (rc < 0 && errno == EINTR);
	return rc < 0 ? -errno : 0;
}

int
dsync_client_receive(struct dsync_client *client, bool wait, struct dsync_message *message, struct dsync_error *err)
{
	ssize_t size;
	int rc;

	if (client->over)
		return dsync_error_set(err, DSYNC_ERR_STATE, "helper", "the job is over");
	if (wait) {
		rc = wait_readable(client->helper.socket);
		if (rc < 0)
			return dsync_error_set_errno(err, -rc, "cannot wait for " HELPER_NAME);
	}
	do
		size = recv(client->helper.socket, client->packet, sizeof(client->packet), MSG_DONTWAIT | MSG_TRUNC);
	while (size < 0 && errno == EINTR);
	if (size < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
		return 0;
	if (size < 0 && errno != ECONNRESET)
		return dsync_error_set_errno(err, errno, "cannot hear " HELPER_NAME);
	if (size <= 0)
		return fail_ended(client, err);
	if ((size_t)size > sizeof(client->packet))
		rc = dsync_error_set(err, DSYNC_ERR_PROTOCOL, "helper", "a packet of %zd bytes; %u is the limit", size,
			DSYNC_JOB_SIZE_MAX);
	else
		rc = dsync_message_read(client->packet, (size_t)size, message, err);
	if (rc < 0 || (message->is_outcome && !message->result.staged))
		client->over = true;
	return rc < 0 ? rc : 1;
}

int
dsync_client_decide(struct dsync_client *client, bool commit, struct dsync_error *err)
{
	static const char commit_packet[] = "{\"decision\":\"commit\"}";
	static const char discard_packet[] = "{\"decision\":\"discard\"}";
	const char *text = commit ? commit_packet : discard_packet;
	const struct dsync_view packet = { (const unsigned char *)text, strlen(text) };
	int rc = send_packet(client->helper.socket, &packet, -1);

	if (rc == -EPIPE || rc == -ECONNRESET)
		return fail_ended(client, err);
	return rc < 0 ? dsync_error_set_errno(err, -rc, "cannot send a decision to " HELPER_NAME) : 0;
}

void
dsync_client_close(struct dsync_client *client)
{
	int status;

	if (client == NULL)
		return;
	/* A hang-up is what cancels; only a helper that does not care is killed. */
	shutdown(client->helper.socket, SHUT_RDWR);
	dsync_helper_wait(&client->helper, END_WAIT_MS, &status);
	dsync_helper_stop(&client->helper);
	free(client);
}

int
dsync_client_run(const struct dsync_context *context, struct dsync_job *job, int fd, dsync_event_callback *event,
	void *user, struct dsync_result *result, struct dsync_error *err)
{
	struct dsync_client *client;
	struct dsync_message message;
	bool done = false;
	int rc;

	dsync_result_init(result);
	rc = dsync_client_start(&client, context, job, fd, err);
	if (rc < 0)
		return rc;
	while (!done) {
		rc = dsync_client_receive(client, true, &message, err);
		if (rc < 0)
			break;
		if (rc == 0)
			continue;
		done = message.is_outcome;
		if (done) {
			*result = message.result; /* moved */
			dsync_result_init(&message.result);
		} else if (event != NULL) {
			event(user, &message.event);
		}
		dsync_message_finish(&message);
	}
	dsync_client_close(client);
	return rc < 0 ? rc : 0;
}
