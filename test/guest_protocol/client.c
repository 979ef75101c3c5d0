/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * A session in this process or in another program's:
 *
 *	client HELPERS PROGRAM|- v1|rpc FILE ACTION [INPUT]
 *
 * As the owner, with every grant.  Prints what was handed out, or the protocol's word for what went wrong and why.
 */
#include <stdio.h>
#include <string.h>

#include "dotsync/context.h"
#include "dotsync/session.h"

static int
act(struct dsync_session *session, const char *action, const char *input, struct dsync_view *view,
	struct dsync_error *err)
{
	const size_t size = strlen(input);

	if (strcmp(action, "ReadPayload") == 0)
		return dsync_session_read_payload(session, view, err);
	if (strcmp(action, "ReadContext") == 0)
		return dsync_session_read_context(session, view, err);
	if (strcmp(action, "WritePayload") == 0)
		return dsync_session_write_payload(session, input, size, err);
	if (strcmp(action, "WriteContext") == 0)
		return dsync_session_write_context(session, input, size, err);
	if (strcmp(action, "UpdatePayload") == 0)
		return dsync_session_update_payload(session, input, size, err);
	return dsync_session_produce(session, view, err);
}

static int
fail(const struct dsync_error *err)
{
	char text[1024];

	dsync_error_format(err, text, sizeof(text));
	printf("%s: %s\n", dsync_session_problem_name(dsync_session_problem(err)), text);
	return 1;
}

int
main(int argc, char **argv)
{
	struct dsync_context_options options = DSYNC_CONTEXT_OPTIONS_INIT;
	struct dsync_session_host host = DSYNC_SESSION_HOST_INIT;
	struct dsync_view view = { (const unsigned char *)"", 0 };
	struct dsync_context *context;
	struct dsync_session *session = NULL;
	struct dsync_error err;
	int i, rc = -1;

	if (argc < 6)
		return 2;
	options.helper_dir = argv[1];
	context = dsync_context_create(&options, &err);
	if (context != NULL)
		session = dsync_session_open(argv[4], context, &err);
	if (session != NULL) {
		dsync_session_set_role(session, DSYNC_ROLE_OWNER);
		for (i = 0; i < DSYNC_ACTION_COUNT; i++)
			dsync_session_grant(session, (enum dsync_action)i);
		host.program = argv[2];
		host.protocol = strcmp(argv[3], "rpc") == 0 ? DSYNC_GUEST_JSON_RPC : DSYNC_GUEST_V1;
		rc = strcmp(argv[2], "-") != 0 ? dsync_session_set_host(session, &host, &err) : 0;
		if (rc == 0)
			rc = act(session, argv[5], argc > 6 ? argv[6] : "", &view, &err);
	}
	if (rc == 0)
		fwrite(view.data, 1, view.size, stdout);
	else
		fail(&err);
	dsync_session_close(session);
	dsync_context_destroy(context);
	return rc == 0 ? 0 : 1;
}
