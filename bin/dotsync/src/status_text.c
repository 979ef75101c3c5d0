/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "status_text.h"

#include <inttypes.h>

#include "base/json.h"
#include "base/text.h"
#include "base/time.h"
#include "consent.h"

enum colour
status_colour(const struct dsync_status *status)
{
	switch (status->state) {
	case DSYNC_STATE_FRESH:
	case DSYNC_STATE_NO_UPDATER:
		return COLOUR_GOOD;
	case DSYNC_STATE_FAILING:
	case DSYNC_STATE_EXPIRED:
	case DSYNC_STATE_CLOCK_SUSPECT:
		return COLOUR_BAD;
	default:
		return COLOUR_MILD;
	}
}

void
status_append_age(struct dsync_buffer *out, const struct dsync_status *status)
{
	char age[DSYNC_TEXT_HUMAN_SIZE];

	if (status->age == INT64_MAX) {
		dsync_buffer_append_text(out, "of unknown age");
		return;
	}
	dsync_text_human_duration(age, status->age);
	dsync_buffer_printf(out, "%s old", age);
}

static void
append_when(struct dsync_buffer *out, const char *what, const struct dsync_status *status)
{
	char in[DSYNC_TEXT_HUMAN_SIZE];

	if (status->next_refresh == DSYNC_STATUS_NO_TIME)
		return;
	if (status->next_refresh <= status->now) {
		dsync_buffer_printf(out, "%s due", what);
		return;
	}
	dsync_text_human_duration(in, dsync_time_sub(status->next_refresh, status->now));
	dsync_buffer_printf(out, "next %s in %s", what, in);
}

void
status_append_next(struct dsync_buffer *out, const struct dsync_status *status, const struct dsync_consent *consent)
{
	switch (status->state) {
	case DSYNC_STATE_CONSENT_NEEDED:
		if (consent != NULL)
			consent_append_reason(out, consent);
		dsync_buffer_append_text(out, "`dotsync grant` shows what its updater asks for");
		break;
	case DSYNC_STATE_HELD:
		dsync_buffer_append_text(out, "`dotsync unhold` lets it follow new versions again");
		break;
	case DSYNC_STATE_UNWRITABLE:
		dsync_buffer_append_text(out, "this user cannot replace it: `dotsync doctor` says why");
		break;
	case DSYNC_STATE_REFRESHING:
	case DSYNC_STATE_NO_UPDATER:
		break;
	case DSYNC_STATE_FAILING:
		append_when(out, "attempt", status);
		break;
	default:
		append_when(out, "refresh", status);
	}
	if (status->last_code != 0 && status->last_error[0] != '\0')
		dsync_buffer_printf(out, "%slast attempt failed: %s", out->size > 0 ? "; " : "", status->last_error);
}

static void
put_time(struct dsync_buffer *out, const char *name, int64_t time)
{
	if (time == DSYNC_STATUS_NO_TIME)
		dsync_json_put_null(out, name);
	else
		dsync_json_put_time(out, name, time);
}

void
status_put_json(struct dsync_buffer *out, const struct dsync_status *status)
{
	dsync_json_put_text(out, "state", dsync_state_word_name(status->state));
	if (status->age == INT64_MAX)
		dsync_json_put_null(out, "age");
	else
		dsync_json_put_integer(out, "age", status->age);
	dsync_json_put_integer(out, "ttl", status->ttl);
	dsync_json_put_bool(out, "stale", status->stale);
	dsync_json_put_bool(out, "refresh_due", status->refresh_due);
	put_time(out, "fresh_until", status->fresh_until);
	put_time(out, "next_refresh", status->next_refresh);
	put_time(out, "last_attempt", status->last_attempt);
	if (status->last_code != 0)
		dsync_json_put_text(out, "last_error", status->last_error);
	else
		dsync_json_put_null(out, "last_error");
	dsync_json_put_unsigned(out, "failures", status->failures);
	dsync_json_put_bool(out, "held", status->held);
	dsync_json_put_text(out, "generation", status->generation);
	dsync_json_put_unsigned(out, "payload_size", status->payload_size);
}
