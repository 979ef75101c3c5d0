/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * message.c - the packets of the helper: events and the outcome; see job.h.
 */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "dotsync/context.h"
#include "json.h"
#include "result.h"
#include "runtime/job.h"

static const char *const event_names[] = { "started", "waiting", "progress", "request", "refused", "log", "sandbox" };
#define EVENT_COUNT (sizeof(event_names) / sizeof(event_names[0]))

int
dsync_event_write(const struct dsync_event *event, struct dsync_buffer *out)
{
	dsync_json_open(out, NULL);
	dsync_json_open(out, "event");
	dsync_json_put_text(out, "kind", event_names[event->kind]);
	dsync_json_put_integer(out, "done", event->done > INT64_MAX ? INT64_MAX : (int64_t)event->done);
	dsync_json_put_integer(out, "total", event->total > INT64_MAX ? INT64_MAX : (int64_t)event->total);
	dsync_json_put_integer(out, "level", event->level);
	dsync_json_put_text(out, "text", event->text);
	dsync_json_close(out);
	dsync_json_close(out);
	return dsync_buffer_error(out);
}

/* The text is kept in `storage`, which the message owns. */
static int
read_event(const json_t *object, struct dsync_message *message, struct dsync_error *err)
{
	int64_t done = 0, total = 0, level = 0;
	struct dsync_json_reader r;
	char *kind = NULL, *text = NULL;
	size_t i;
	int rc;

	dsync__json_reader_init(&r, object);
	dsync__json_take_text(&r, "kind", &kind);
	dsync__json_take_integer(&r, "done", 0, INT64_MAX, &done);
	dsync__json_take_integer(&r, "total", 0, INT64_MAX, &total);
	dsync__json_take_integer(&r, "level", 0, DSYNC_LOG_ERROR, &level);
	dsync__json_take_text(&r, "text", &text);
	rc = dsync__json_reader_end(&r, "event", err);
	for (i = 0; i < EVENT_COUNT && (kind == NULL || strcmp(kind, event_names[i]) != 0); i++)
		;
	free(kind);
	if (rc == 0 && i == EVENT_COUNT)
		rc = dsync_error_set(err, DSYNC_ERR_PROTOCOL, "json", "an event of a kind that is not known");
	if (rc < 0) {
		free(text);
		return rc;
	}
	message->storage = text;
	message->event.kind = (enum dsync_event_kind)i;
	message->event.done = (uint64_t)done;
	message->event.total = (uint64_t)total;
	message->event.level = (int)level;
	message->event.text = text != NULL ? text : "";
	return 0;
}

int
dsync_message_read(const void *packet, size_t size, struct dsync_message *message, struct dsync_error *err)
{
	const json_t *event, *outcome;
	struct dsync_json_reader r;
	json_t *root;
	int rc;

	memset(message, 0, sizeof(*message));
	dsync_result_init(&message->result);
	rc = dsync__json_parse(packet, size, DSYNC_ERR_PROTOCOL, &root, err);
	if (rc < 0)
		return rc;
	dsync__json_reader_init(&r, root);
	event = dsync__json_take_object(&r, "event");
	outcome = dsync__json_take_object(&r, "outcome");
	rc = dsync__json_reader_end(&r, "packet", err);
	message->is_outcome = outcome != NULL;
	if (rc == 0 && (event != NULL) == (outcome != NULL))
		rc = dsync_error_set(
			err, DSYNC_ERR_PROTOCOL, "json", "a packet that is neither one event nor one outcome");
	else if (rc == 0 && event != NULL)
		rc = read_event(event, message, err);
	else if (rc == 0)
		rc = dsync__result_read(outcome, &message->result, err);
	json_decref(root);
	if (rc < 0)
		dsync_message_finish(message);
	return rc;
}

void
dsync_message_finish(struct dsync_message *message)
{
	free(message->storage);
	message->storage = NULL;
	dsync_result_finish(&message->result);
}
