/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* A session's action done by another program: one start of it, one request, one response. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "base/error.h"
#include "base/sys.h"
#include "base/text.h"
#include "grants.h"
#include "guest_environment.h"
#include "guest_message.h"
#include "guest_process.h"
#include "session.h"

#define ID_SIZE 16
#define ERRORS_SIZE_MAX 65536u
#define QUOTE_SIZE 100 /* of what it said, in messages */

extern char **environ;

/* Of the manifest's entries those that the session's list has too, or all when it has no list. */
static int
intersect(const struct dsync_manifest *m, size_t count,
	const char *(*get)(const struct dsync_manifest *m, size_t index), bool narrow, const struct dsync_strings *list,
	struct dsync_strings *out, struct dsync_error *err)
{
	size_t i;
	int rc = 0;

	for (i = 0; i < count && rc == 0; i++) {
		if (!narrow || dsync__strings_contain(list, get(m, i)))
			rc = dsync_grant_add(out, get(m, i), err);
	}
	return rc;
}

static int
make_request(const struct dsync_session *session, enum dsync_action action, struct dsync_view input, char *id,
	struct dsync_guest_request *request, struct dsync_error *err)
{
	const struct dsync_manifest *m = dsync_archive_manifest(session->archive);
	unsigned char random[ID_SIZE];
	int rc;

	memset(request, 0, sizeof(*request));
	rc = dsync_sys_random(random, sizeof(random));
	if (rc < 0)
		return dsync_error_set_errno(err, -rc, "cannot get random numbers");
	id[0] = '"';
	dsync_text_hex_encode(id + 1, random, sizeof(random));
	strcat(id, "\"");
	request->id = (struct dsync_view){ (const unsigned char *)id, strlen(id) };
	request->rpc = session->host.protocol == DSYNC_GUEST_JSON_RPC;
	request->action = action;
	request->input = input;
	request->context.mode = session->mode;
	request->context.role = session->role;
	request->context.granted = session->granted;
	request->context.sync_path = session->path;
	request->context.host_app = session->host.program;
	rc = intersect(m, dsync_manifest_allow_host_count(m), dsync_manifest_allow_host, session->narrow_hosts,
		&session->hosts, &request->context.hosts, err);
	if (rc == 0)
		rc = intersect(m, dsync_manifest_allow_env_count(m), dsync_manifest_allow_env, session->narrow_env,
			&session->env, &request->context.env, err);
	return rc;
}

/* What it said is what people need to find out why; both, and cut. */
static void
quote(struct dsync_error *err, const struct dsync_buffer *out, const struct dsync_buffer *errors)
{
	const size_t a = out->size < QUOTE_SIZE ? out->size : QUOTE_SIZE;
	const size_t b = errors->size < QUOTE_SIZE ? errors->size : QUOTE_SIZE;

	dsync_error_found(err, "output \"%.*s\", errors \"%.*s\"", (int)a, a > 0 ? (const char *)out->data : "", (int)b,
		b > 0 ? (const char *)errors->data : "");
}

static struct dsync_view
trim(const struct dsync_buffer *buffer)
{
	struct dsync_view view = dsync_buffer_view(buffer);

	while (view.size > 0 && strchr(" \t\r\n", view.data[view.size - 1]) != NULL)
		view.size--;
	return view;
}

static int
judge(const struct dsync_guest_request *request, struct dsync_session *session, const struct dsync_buffer *out,
	const struct dsync_buffer *errors, int status, struct dsync_error *err)
{
	struct dsync_view answer = trim(out);
	int rc;

	if (answer.size == 0)
		answer = trim(errors); /* some say it there */
	rc = dsync__guest_read_response(request, answer, &session->text, err);
	if (rc == DSYNC_ERR_PROTOCOL && (err == NULL || err->found[0] == '\0'))
		quote(err, out, errors);
	if (rc == 0 && WIFSIGNALED(status))
		rc = dsync_error_set(
			err, DSYNC_ERR_GUEST, "guest", "the other program was ended by signal %d", WTERMSIG(status));
	else if (rc == 0 && WEXITSTATUS(status) != 0)
		rc = dsync_error_set(
			err, DSYNC_ERR_GUEST, "guest", "the other program ended with status %d", WEXITSTATUS(status));
	if (rc < 0)
		dsync_buffer_clear(&session->text);
	return rc;
}

static int
exchange(struct dsync_session *session, const struct dsync_guest_request *request, struct dsync_error *err)
{
	const char *const arguments[] = { session->host.program, "guest", session->path, NULL };
	struct dsync_guest_process process = { .arguments = arguments, .timeout_ms = session->host.timeout_ms };
	struct dsync_guest_environment environment;
	struct dsync_buffer line, out, errors;
	int status, rc;

	rc = dsync__guest_environment_make(&environment, environ, request, session, err);
	if (rc < 0)
		return rc;
	dsync_buffer_init(&line, DSYNC_BUFFER_UNLIMITED);
	dsync_buffer_init(&out, session->host.answer_size_max);
	dsync_buffer_init(&errors, ERRORS_SIZE_MAX);
	rc = dsync__guest_write_request(request, &line) < 0 ? dsync_error_set_memory(err) : 0;
	process.environment = environment.items;
	process.input = dsync_buffer_view(&line);
	if (rc == 0)
		rc = dsync__guest_process_run(&process, &out, &errors, &status, err);
	if (rc == 0)
		rc = judge(request, session, &out, &errors, status, err);
	dsync_buffer_finish(&errors);
	dsync_buffer_finish(&out);
	dsync_buffer_finish(&line);
	dsync__guest_environment_finish(&environment);
	return rc;
}

int
dsync__guest_call(
	struct dsync_session *session, enum dsync_action action, struct dsync_view input, struct dsync_error *err)
{
	struct dsync_guest_request request;
	char id[2 * ID_SIZE + 3];
	int rc;

	rc = make_request(session, action, input, id, &request, err);
	if (rc == 0)
		rc = exchange(session, &request, err);
	dsync__guest_finish_request(&request);
	return rc;
}
