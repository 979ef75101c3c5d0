/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * A caller of include/dotsync/refresh.h, as small as one can be:
 *
 *	client PLACE HELPERS run|stage|discard|background|cancel|loop FILE
 *
 * PLACE has the folders config, state, cache and machine.  Prints the outcome as JSON, or one word.  `loop` reads numbers from standard input
 * and refreshes so many times before it answers with the last one's kind, so that this process can be looked at in between.
 */
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "dotsync/context.h"
#include "dotsync/refresh.h"

struct client {
	struct dsync_context *context;
	const char *file;
	unsigned events;
};

static struct dsync_context *
make_context(const char *place, const char *helpers, struct dsync_error *err)
{
	struct dsync_context_options options = DSYNC_CONTEXT_OPTIONS_INIT;
	char paths[4][512];
	static const char *const names[] = { "config", "state", "cache", "machine" };
	size_t i;

	for (i = 0; i < 4; i++)
		snprintf(paths[i], sizeof(paths[i]), "%s/%s", place, names[i]);
	options.config_dir = paths[0];
	options.state_dir = paths[1];
	options.cache_dir = paths[2];
	options.machine_dir = paths[3];
	options.helper_dir = helpers;
	return dsync_context_create(&options, err);
}

static void
count_event(void *user, const struct dsync_event *event)
{
	struct client *client = user;

	(void)event;
	client->events++;
}

static int
fail(const struct dsync_error *err)
{
	char text[1024];

	dsync_error_format(err, text, sizeof(text));
	printf("%s\n", text);
	return 1;
}

static int
background(struct client *client)
{
	struct dsync_error err;
	int rc = dsync_refresh_background(client->context, client->file, &err);

	if (rc < 0)
		return fail(&err);
	printf("%s\n", rc > 0 ? "started" : "nothing to start");
	return 0;
}

/* Hangs up at the first event. */
static int
cancel(struct client *client, const struct dsync_refresh_options *options)
{
	struct dsync_error err;
	struct dsync_refresh *refresh = dsync_refresh_start(client->context, client->file, options, &err);
	struct pollfd pollfd = { .events = POLLIN };

	if (refresh == NULL)
		return fail(&err);
	pollfd.fd = dsync_refresh_fd(refresh);
	while (client->events == 0 && poll(&pollfd, 1, 10000) > 0 && dsync_refresh_dispatch(refresh, &err) == 0)
		;
	dsync_refresh_cancel(refresh);
	printf("cancelled\n");
	return 0;
}

static int
run(struct client *client, const struct dsync_refresh_options *options, const char *how)
{
	struct dsync_error err;
	struct dsync_outcome *outcome = dsync_refresh_run(client->context, client->file, options, &err);
	int rc = 0;

	if (outcome == NULL)
		return fail(&err);
	if (strcmp(how, "stage") == 0)
		rc = dsync_outcome_commit(outcome, &err);
	else if (strcmp(how, "discard") == 0)
		dsync_outcome_discard(outcome);
	if (rc == 0)
		printf("%s\n", dsync_outcome_json(outcome));
	dsync_outcome_destroy(outcome);
	return rc == 0 ? 0 : fail(&err);
}

static int
loop(struct client *client, struct dsync_refresh_options *options)
{
	struct dsync_outcome *outcome;
	const char *kind = "none";
	struct dsync_error err;
	unsigned count;

	options->force = true;
	while (scanf("%u", &count) == 1) {
		for (; count > 0; count--) {
			outcome = dsync_refresh_run(client->context, client->file, options, &err);
			if (outcome == NULL)
				return fail(&err);
			kind = dsync_outcome_kind_name(dsync_outcome_kind(outcome));
			dsync_outcome_destroy(outcome);
		}
		printf("%s\n", kind);
		fflush(stdout);
	}
	return 0;
}

int
main(int argc, char **argv)
{
	struct dsync_refresh_options options = DSYNC_REFRESH_OPTIONS_INIT;
	struct client client = { .file = argc == 5 ? argv[4] : NULL };
	struct dsync_error err;
	int status;

	if (argc != 5)
		return 2;
	client.context = make_context(argv[1], argv[2], &err);
	if (client.context == NULL)
		return fail(&err);
	options.event = count_event;
	options.event_user = &client;
	options.stage = strcmp(argv[3], "stage") == 0 || strcmp(argv[3], "discard") == 0;
	if (strcmp(argv[3], "background") == 0)
		status = background(&client);
	else if (strcmp(argv[3], "cancel") == 0)
		status = cancel(&client, &options);
	else if (strcmp(argv[3], "loop") == 0)
		status = loop(&client, &options);
	else
		status = run(&client, &options, argv[3]);
	dsync_context_destroy(client.context);
	return status;
}
