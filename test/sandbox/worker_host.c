/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "worker_host.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define PATIENCE_MS 30000

static void
must(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "worker_host: %s: %s\n", what, strerror(errno));
	abort();
}

void
host_world_init(struct host_world *world)
{
	memset(world, 0, sizeof(*world));
	world->status = 200;
	dsync_buffer_init(&world->written, DSYNC_BUFFER_UNLIMITED);
	dsync_buffer_init(&world->log, DSYNC_BUFFER_UNLIMITED);
	dsync_buffer_init(&world->context_written, DSYNC_BUFFER_UNLIMITED);
	dsync_buffer_init(&world->calls, DSYNC_BUFFER_UNLIMITED);
}

void
host_world_finish(struct host_world *world)
{
	dsync_buffer_finish(&world->written);
	dsync_buffer_finish(&world->log);
	dsync_buffer_finish(&world->context_written);
	dsync_buffer_finish(&world->calls);
}

const char *
host_program(const char *name)
{
	static char path[4096];
	const char *build = getenv("DOTSYNC_BUILD");

	must(build != NULL, "DOTSYNC_BUILD is not set: run by ctest");
	snprintf(path, sizeof(path), "%s/%s", build, name != NULL ? name : "libexec/dotsync/dotsync-worker");
	return path;
}

struct dsync_frame_job
host_job(uint32_t mode, size_t data_size)
{
	struct dsync_frame_job job;

	memset(&job, 0, sizeof(job));
	job.mode = mode;
	job.data_size = data_size;
	job.memory_max = 4 << 20;
	job.cpu_ms = 2000;
	job.log_max = 1000;
	job.now_ms = INT64_C(1700000000123);
	memset(job.seed, 42, sizeof(job.seed));
	job.argument_count = 1;
	job.environment_count = 1;
	job.strings.data = (const unsigned char *)"sync.wasm\0SYNC_MODE=pull";
	job.strings.size = 25;
	return job;
}

void
host_start_with(struct host *host, const char *program, const char *const *arguments)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t all, none;
	char *empty[] = { NULL };
	char *argv[8] = { NULL };
	int pair[2], i;

	must(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) == 0, "socketpair");
	host->sent = 0;
	host->received = 0;
	host->fd = fcntl(pair[0], F_DUPFD_CLOEXEC, 10);
	close(pair[0]);
	sigfillset(&all);
	sigemptyset(&none);
	posix_spawn_file_actions_init(&actions);
	for (i = 0; i < 3; i++)
		posix_spawn_file_actions_addopen(&actions, i, "/dev/null", O_RDWR, 0);
	posix_spawn_file_actions_adddup2(&actions, pair[1], DSYNC_FRAME_FD);
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setsigdefault(&attributes, &all);
	posix_spawnattr_setsigmask(&attributes, &none);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);

	argv[0] = strdup("dotsync-worker");
	for (i = 0; arguments[i] != NULL && i < 6; i++)
		argv[i + 1] = strdup(arguments[i]);
	errno = posix_spawn(
		&host->pid, program != NULL ? program : host_program(NULL), &actions, &attributes, argv, empty);
	must(errno == 0, "posix_spawn");
	for (i = 0; argv[i] != NULL; i++)
		free(argv[i]);
	posix_spawn_file_actions_destroy(&actions);
	posix_spawnattr_destroy(&attributes);
	close(pair[1]);
}

void
host_start(struct host *host, const char *program, const struct dsync_frame_job *job)
{
	char text[DSYNC_FRAME_ARGUMENT_SIZE];
	const char *arguments[] = { text, NULL };

	must(dsync_frame_format_argument(text, job) == 0, "argument");
	host_start_with(host, program, arguments);
}

size_t
host_receive(struct host *host, struct dsync_frame *frame)
{
	struct pollfd p = { .fd = host->fd, .events = POLLIN };
	ssize_t n;

	must(poll(&p, 1, PATIENCE_MS) == 1, "waiting for the worker");
	n = recv(host->fd, host->packet, sizeof(host->packet), 0);
	if (n <= 0)
		return 0;
	must(dsync_frame_parse(host->packet, (size_t)n, host->received, frame) == 0, "a frame of the worker");
	host->received++;
	return (size_t)n;
}

bool
host_ready(struct host *host)
{
	struct dsync_frame frame;

	return host_receive(host, &frame) > 0 && frame.type == DSYNC_FRAME_READY &&
		dsync_frame_unpack_ready(frame.body, &host->ready) == 0;
}

void
host_send(struct host *host, struct dsync_buffer *packet)
{
	ssize_t n = send(host->fd, packet->data, packet->size, MSG_NOSIGNAL);

	must(n == (ssize_t)packet->size || errno == EPIPE || errno == ECONNRESET, "send");
	host->sent++;
}

void
host_send_job(struct host *host, const struct dsync_frame_job *job, const void *data, size_t size)
{
	struct dsync_frame_chunk chunk;
	struct dsync_buffer packet;
	size_t done = 0;

	dsync_buffer_init(&packet, DSYNC_FRAME_SIZE_MAX);
	dsync_frame_begin(&packet, DSYNC_FRAME_JOB, host->sent);
	dsync_frame_pack_job(&packet, job);
	dsync_frame_end(&packet);
	host_send(host, &packet);
	do {
		chunk.data.data = (const unsigned char *)data + done;
		chunk.data.size = size - done < DSYNC_FRAME_CHUNK_MAX ? size - done : DSYNC_FRAME_CHUNK_MAX;
		done += chunk.data.size;
		chunk.last = done == size;
		dsync_frame_begin(&packet, DSYNC_FRAME_DATA, host->sent);
		dsync_frame_pack_chunk(&packet, &chunk);
		dsync_frame_end(&packet);
		host_send(host, &packet);
	} while (done < size);
	dsync_buffer_finish(&packet);
}

static const char *
source_text(const struct host_world *world, int64_t source)
{
	switch (source) {
	case DSYNC_GUEST_SOURCE_PAYLOAD:
		return world->payload;
	case DSYNC_GUEST_SOURCE_CONTEXT:
		return world->context;
	case DSYNC_GUEST_SOURCE_MANIFEST:
		return "[sync]\n";
	case DSYNC_GUEST_SOURCE_PUSHED:
		return world->pushed;
	case DSYNC_GUEST_SOURCE_RESPONSE:
		return world->body;
	default:
		return NULL;
	}
}

static void
read_text(const char *text, int64_t offset, int64_t count, struct dsync_frame_result *result)
{
	const int64_t size = text == NULL ? 0 : (int64_t)strlen(text);

	result->value = text == NULL ? DSYNC_GUEST_ERR_NOENT : 0;
	if (text == NULL || offset >= size)
		return;
	result->value = count < size - offset ? count : size - offset;
	result->data.data = (const unsigned char *)text + offset;
	result->data.size = (size_t)result->value;
}

static void
write_at(struct dsync_buffer *out, int64_t offset, struct dsync_view data)
{
	if (out->size < (size_t)offset + data.size)
		dsync_buffer_append_zeros(out, (size_t)offset + data.size - out->size);
	if (data.size > 0)
		memcpy(out->data + offset, data.data, data.size);
}

static void
answer_dotsync(struct host_world *w, const struct dsync_frame_call *call, struct dsync_frame_result *r)
{
	switch (call->call) {
	case DSYNC_CALL_GET:
		r->value = call->a < 10 ? 1000 + call->a : DSYNC_GUEST_ERR_UNKNOWN;
		break;
	case DSYNC_CALL_ENV:
	case DSYNC_CALL_HEADER:
		read_text("value", 0, 100, r);
		break;
	case DSYNC_CALL_FETCH:
		r->value = DSYNC_GUEST_SOURCE_RESPONSE;
		break;
	case DSYNC_CALL_STATUS:
		r->value = w->status;
		break;
	case DSYNC_CALL_SIZE:
		r->value = source_text(w, call->a) == NULL ? DSYNC_GUEST_ERR_NOENT
							   : (int64_t)strlen(source_text(w, call->a));
		break;
	case DSYNC_CALL_READ:
		read_text(source_text(w, call->a), call->b, call->c, r);
		break;
	case DSYNC_CALL_WRITE:
		r->value = w->write_result;
		dsync_buffer_append(&w->written, call->data.data, call->data.size);
		break;
	case DSYNC_CALL_COPY:
		read_text(source_text(w, call->a), call->b, call->c < 0 ? INT64_MAX : call->c, r);
		dsync_buffer_append(&w->written, r->data.data, r->data.size);
		r->data.size = 0;
		break;
	case DSYNC_CALL_DISCARD:
		dsync_buffer_clear(&w->written);
		break;
	case DSYNC_CALL_CONTEXT:
		dsync_buffer_append(&w->context_written, call->data.data, call->data.size);
		break;
	case DSYNC_CALL_SLEEP:
		w->slept_ms += call->a;
		break;
	case DSYNC_CALL_LOG:
		dsync_buffer_append(&w->log, call->data.data, call->data.size);
		break;
	default:
		break;
	}
}

static void
answer_host(struct host_world *w, const struct dsync_frame_call *call, struct dsync_frame_result *r)
{
	switch (call->call) {
	case DSYNC_CALL_HTTP:
		r->value = w->status;
		break;
	case DSYNC_CALL_LAST_SIZE:
		r->value = w->body == NULL ? 0 : (int64_t)strlen(w->body);
		break;
	case DSYNC_CALL_LAST_READ:
		read_text(w->body, call->b, call->c, r);
		break;
	case DSYNC_CALL_WRITE_AT:
		r->value = w->write_result;
		if (r->value == 0)
			write_at(&w->written, call->b, call->data);
		break;
	default:
		break;
	}
}

static void
answer(struct host *host, struct dsync_view body)
{
	struct host_world *w = host->world;
	struct dsync_frame_result result = { .value = 0, .data = { (const unsigned char *)"", 0 } };
	struct dsync_frame_call call;
	struct dsync_buffer packet;

	must(w != NULL && dsync_frame_unpack_call(body, &call) == 0, "a call of the worker");
	w->call_count++;
	dsync_buffer_printf(&w->calls, "%d ", call.call);
	if (call.call == DSYNC_CALL_FINISH) {
		w->finished = true;
		w->outcome = call.a;
		w->retry = call.b;
		snprintf(w->message, sizeof(w->message), "%.*s", (int)call.data.size, (const char *)call.data.data);
	} else if (call.call >= DSYNC_CALL_HTTP) {
		answer_host(w, &call, &result);
	} else {
		answer_dotsync(w, &call, &result);
	}

	dsync_buffer_init(&packet, DSYNC_FRAME_SIZE_MAX);
	dsync_frame_begin(&packet, DSYNC_FRAME_RESULT, host->sent);
	dsync_frame_pack_result(&packet, &result);
	dsync_frame_end(&packet);
	host_send(host, &packet);
	dsync_buffer_finish(&packet);
}

void
host_serve(struct host *host, struct host_end *end)
{
	struct dsync_frame_failed failed;
	struct dsync_frame_chunk chunk;
	struct dsync_frame frame;

	memset(end, 0, sizeof(*end));
	dsync_buffer_init(&end->code, DSYNC_BUFFER_UNLIMITED);
	while (!end->done && !end->failed && host_receive(host, &frame) > 0) {
		switch (frame.type) {
		case DSYNC_FRAME_CALL:
			answer(host, frame.body);
			break;
		case DSYNC_FRAME_CODE:
			must(dsync_frame_unpack_chunk(frame.body, &chunk) == 0, "CODE");
			dsync_buffer_append(&end->code, chunk.data.data, chunk.data.size);
			break;
		case DSYNC_FRAME_DONE:
			must(dsync_frame_unpack_done(frame.body, &end->result) == 0, "DONE");
			end->done = true;
			break;
		default:
			must(frame.type == DSYNC_FRAME_FAILED && dsync_frame_unpack_failed(frame.body, &failed) == 0,
				"FAILED");
			end->failed = true;
			end->failure = failed.failure;
			memcpy(end->text, failed.text.data, failed.text.size);
			break;
		}
	}
}

int
host_stop(struct host *host)
{
	struct pollfd p = { .fd = (int)syscall(SYS_pidfd_open, host->pid, 0), .events = POLLIN };
	int status;

	close(host->fd);
	must(p.fd >= 0, "pidfd_open");
	if (poll(&p, 1, PATIENCE_MS) != 1)
		kill(host->pid, SIGKILL);
	close(p.fd);
	must(waitpid(host->pid, &status, 0) == host->pid, "waitpid");
	return status;
}

void
host_end_finish(struct host_end *end)
{
	dsync_buffer_finish(&end->code);
}

static void
converse(const struct dsync_frame_job *job, const void *data, size_t size, struct host_world *world,
	struct host_end *end)
{
	static struct host host;

	host.world = world;
	host_start(&host, NULL, job);
	must(host_ready(&host), "READY");
	host_send_job(&host, job, data, size);
	host_serve(&host, end);
	end->status = host_stop(&host);
}

void
host_compile(const void *module, size_t size, const struct dsync_frame_job *limits, struct host_end *end)
{
	struct dsync_frame_job job = limits != NULL ? *limits : host_job(DSYNC_JOB_COMPILE, size);

	job.mode = DSYNC_JOB_COMPILE;
	job.data_size = size;
	converse(&job, module, size, NULL, end);
}

void
host_run(const struct host_end *compiled, const struct dsync_frame_job *limits, struct host_world *world,
	struct host_end *end)
{
	struct dsync_frame_job job = limits != NULL ? *limits : host_job(DSYNC_JOB_RUN, compiled->code.size);

	job.mode = DSYNC_JOB_RUN;
	job.data_size = compiled->code.size;
	converse(&job, compiled->code.data, compiled->code.size, world, end);
}

bool
host_load(const char *name, struct dsync_buffer *module)
{
	char path[4096];
	unsigned char *at;
	FILE *file;

	snprintf(path, sizeof(path), "%s/test/sandbox/%s.wasm", getenv("DOTSYNC_BUILD"), name);
	dsync_buffer_init(module, HOST_MODULE_MAX);
	file = fopen(path, "rb");
	if (file == NULL)
		return false;
	at = dsync_buffer_reserve(module, HOST_MODULE_MAX);
	must(at != NULL, "memory");
	dsync_buffer_added(module, fread(at, 1, HOST_MODULE_MAX, file));
	fclose(file);
	return true;
}
