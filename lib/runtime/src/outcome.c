/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "outcome.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "dotsync/archive.h"

struct dsync_outcome {
	char *path;
	struct dsync_result result;
	struct dsync_client *client; /* while the result is staged */
	char *json;
};

/* The text of the result as it is now; on failure the former one stays. */
static int
write_json(struct dsync_outcome *outcome, struct dsync_error *err)
{
	struct dsync_buffer text;
	char *json = NULL;

	dsync_buffer_init(&text, DSYNC_BUFFER_UNLIMITED);
	dsync__outcome_write(outcome->path, &outcome->result, &text);
	if (dsync_buffer_text(&text) != NULL)
		json = strdup(dsync_buffer_text(&text));
	dsync_buffer_finish(&text);
	if (json == NULL)
		return dsync_error_set_memory(err);
	free(outcome->json);
	outcome->json = json;
	return 0;
}

struct dsync_outcome *
dsync__outcome_create(
	const char *path, struct dsync_result *result, struct dsync_client *client, struct dsync_error *err)
{
	struct dsync_outcome *outcome = calloc(1, sizeof(*outcome));

	if (outcome == NULL) {
		dsync_result_finish(result);
		dsync_client_close(client);
		dsync_error_set_memory(err);
		return NULL;
	}
	outcome->result = *result;
	outcome->client = client;
	outcome->path = strdup(path);
	if (outcome->path == NULL || write_json(outcome, err) < 0) {
		dsync_outcome_destroy(outcome);
		dsync_error_set_memory(err);
		return NULL;
	}
	return outcome;
}

struct dsync_archive *
dsync__outcome_open_staged(const struct dsync_outcome *outcome, struct dsync_error *err)
{
	if (outcome->client != NULL && outcome->result.staging != NULL)
		return dsync_archive_open(outcome->result.staging, NULL, err);
	dsync_error_set(err, DSYNC_ERR_STATE, "", "nothing is staged");
	return NULL;
}

void
dsync_outcome_destroy(struct dsync_outcome *outcome)
{
	if (outcome == NULL)
		return;
	dsync_outcome_discard(outcome);
	dsync_result_finish(&outcome->result);
	free(outcome->path);
	free(outcome->json);
	free(outcome);
}

enum dsync_outcome_kind
dsync_outcome_kind(const struct dsync_outcome *outcome)
{
	return outcome->result.kind;
}

const struct dsync_error *
dsync_outcome_error(const struct dsync_outcome *outcome)
{
	return &outcome->result.error;
}

const char *
dsync_outcome_explanation(const struct dsync_outcome *outcome)
{
	return outcome->result.explanation != NULL ? outcome->result.explanation : "";
}

const char *
dsync_outcome_generation(const struct dsync_outcome *outcome)
{
	return outcome->result.generation;
}

uint64_t
dsync_outcome_payload_size(const struct dsync_outcome *outcome)
{
	return outcome->result.payload_size;
}

bool
dsync_outcome_shared(const struct dsync_outcome *outcome)
{
	return outcome->result.shared;
}

const char *
dsync_outcome_json(const struct dsync_outcome *outcome)
{
	return outcome->json;
}

/* Waits for the final outcome; events in between have no reader any more. */
static int
await_final(struct dsync_client *client, struct dsync_result *result, struct dsync_error *err)
{
	struct dsync_message message;
	int rc;

	for (;;) {
		rc = dsync_client_receive(client, true, &message, err);
		if (rc < 0)
			return rc;
		if (rc == 0)
			continue;
		if (message.is_outcome)
			break;
		dsync_message_finish(&message);
	}
	*result = message.result; /* moved */
	dsync_result_init(&message.result);
	dsync_message_finish(&message);
	return 0;
}

/* The final result takes the place of the staged one; its code is returned when the swap failed. */
static int
conclude(struct dsync_outcome *outcome, struct dsync_result *final, struct dsync_error *err)
{
	int rc;

	dsync_result_finish(&outcome->result);
	outcome->result = *final;
	rc = write_json(outcome, err);
	if (outcome->result.kind != DSYNC_OUTCOME_FAILED)
		return rc;
	if (err != NULL)
		*err = outcome->result.error;
	return outcome->result.error.code < 0 ? outcome->result.error.code : DSYNC_ERR_PROTOCOL;
}

int
dsync_outcome_commit(struct dsync_outcome *outcome, struct dsync_error *err)
{
	struct dsync_result final;
	int rc;

	if (outcome->client == NULL && outcome->result.shared && outcome->result.kind == DSYNC_OUTCOME_UPDATED)
		return 0; /* somebody else's refresh has put it in place */
	if (outcome->client == NULL)
		return dsync_error_set(err, DSYNC_ERR_STATE, "", "there is nothing staged to put in place");
	rc = dsync_client_decide(outcome->client, true, err);
	if (rc == 0)
		rc = await_final(outcome->client, &final, err);
	dsync_client_close(outcome->client);
	outcome->client = NULL;
	outcome->result.staged = false;
	return rc < 0 ? rc : conclude(outcome, &final, err);
}

void
dsync_outcome_discard(struct dsync_outcome *outcome)
{
	struct dsync_result final;

	if (outcome->client == NULL)
		return;
	if (dsync_client_decide(outcome->client, false, NULL) == 0 && await_final(outcome->client, &final, NULL) == 0)
		dsync_result_finish(&final);
	dsync_client_close(outcome->client);
	outcome->client = NULL;
	outcome->result.staged = false;
}
