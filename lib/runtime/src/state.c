/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Layout of a record, integers little-endian:
 *
 *	"DSST"  u8 version = 1  u8 flags (1: held)  u16 zero
 *	16 bytes generation
 *	i64 base  i64 last_attempt  i64 next_attempt  i64 held_until
 *	u32 failures  i32 last_code
 *	16 bytes request
 *	u16 length, bytes: last_error, etag, last_modified, last_rule, last_expected, last_hint
 *
 * and nothing after it.  A time that is not known is INT64_MIN.
 */
#include "runtime/state.h"

#include <string.h>

#include "base/cursor.h"
#include "base/time.h"
#include "base/text.h"

#define MAGIC "DSST"
#define MAGIC_SIZE 4
#define VERSION 1
#define FLAG_HELD 1u
#define CLAMP_SECONDS (INT64_C(366) * 86400)
#define COOLING_MAX (INT64_C(8) * 86400) /* no schedule goes further (schedule.h) */

void
dsync_state_init(struct dsync_state *state)
{
	memset(state, 0, sizeof(*state));
	state->base = DSYNC_STATE_NO_TIME;
	state->last_attempt = DSYNC_STATE_NO_TIME;
	state->next_attempt = DSYNC_STATE_NO_TIME;
	state->held_until = DSYNC_STATE_NO_TIME;
}

static void
pack_text(struct dsync_buffer *out, const char *text)
{
	size_t size = strlen(text);

	dsync_buffer_append_u16le(out, (uint16_t)size);
	dsync_buffer_append(out, text, size);
}

int
dsync_state_pack(const struct dsync_state *state, struct dsync_buffer *out)
{
	dsync_buffer_append(out, MAGIC, MAGIC_SIZE);
	dsync_buffer_append_byte(out, VERSION);
	dsync_buffer_append_byte(out, state->held ? FLAG_HELD : 0);
	dsync_buffer_append_u16le(out, 0);
	dsync_buffer_append(out, state->generation, sizeof(state->generation));
	dsync_buffer_append_u64le(out, (uint64_t)state->base);
	dsync_buffer_append_u64le(out, (uint64_t)state->last_attempt);
	dsync_buffer_append_u64le(out, (uint64_t)state->next_attempt);
	dsync_buffer_append_u64le(out, (uint64_t)state->held_until);
	dsync_buffer_append_u32le(out, state->failures);
	dsync_buffer_append_u32le(out, (uint32_t)state->last_code);
	dsync_buffer_append(out, state->request, sizeof(state->request));
	pack_text(out, state->last_error);
	pack_text(out, state->etag);
	pack_text(out, state->last_modified);
	pack_text(out, state->last_rule);
	pack_text(out, state->last_expected);
	pack_text(out, state->last_hint);
	return dsync_buffer_error(out);
}

/* A text of at most `size` - 1 bytes. */
static int
unpack_text(struct dsync_cursor *c, char *out, size_t size)
{
	struct dsync_view view;
	uint16_t length;

	if (dsync_cursor_u16le(c, &length) < 0 || length >= size || dsync_cursor_take(c, length, &view) < 0)
		return DSYNC_ERR_CORRUPT;
	if (memchr(view.data, '\0', view.size) != NULL || !dsync_text_is_utf8(view.data, view.size))
		return DSYNC_ERR_CORRUPT;
	memcpy(out, view.data, view.size);
	out[view.size] = '\0';
	return 0;
}

/* Validators go into a request: visible ASCII and spaces only, as in a header's value. */
static int
unpack_validator(struct dsync_cursor *c, char *out, size_t size)
{
	const char *p;

	if (unpack_text(c, out, size) < 0)
		return DSYNC_ERR_CORRUPT;
	for (p = out; *p != '\0'; p++) {
		if (*p < 0x20 || *p > 0x7e)
			return DSYNC_ERR_CORRUPT;
	}
	return 0;
}

/* Nothing a record says may reach further than a year from now. */
static int64_t
clamp(int64_t seconds, int64_t now)
{
	int64_t last = dsync_time_add(now, CLAMP_SECONDS);

	return seconds > last ? last : seconds;
}

static int
unpack_header(struct dsync_cursor *c, struct dsync_state *state)
{
	unsigned char magic[MAGIC_SIZE];
	uint8_t version, flags;
	uint16_t zero;

	if (dsync_cursor_copy(c, magic, sizeof(magic)) < 0 || memcmp(magic, MAGIC, MAGIC_SIZE) != 0)
		return DSYNC_ERR_CORRUPT;
	if (dsync_cursor_u8(c, &version) < 0 || version != VERSION)
		return DSYNC_ERR_CORRUPT;
	if (dsync_cursor_u8(c, &flags) < 0 || (flags & ~FLAG_HELD) != 0)
		return DSYNC_ERR_CORRUPT;
	if (dsync_cursor_u16le(c, &zero) < 0 || zero != 0)
		return DSYNC_ERR_CORRUPT;
	state->held = (flags & FLAG_HELD) != 0;
	return dsync_cursor_copy(c, state->generation, sizeof(state->generation)) < 0 ? DSYNC_ERR_CORRUPT : 0;
}

static int
unpack_numbers(struct dsync_cursor *c, int64_t now, struct dsync_state *state)
{
	int64_t *const times[] = { &state->base, &state->last_attempt, &state->next_attempt, &state->held_until };
	uint64_t value;
	uint32_t code;
	size_t i;

	for (i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		if (dsync_cursor_u64le(c, &value) < 0)
			return DSYNC_ERR_CORRUPT;
		*times[i] = clamp((int64_t)value, now);
	}
	if (dsync_cursor_u32le(c, &state->failures) < 0 || dsync_cursor_u32le(c, &code) < 0)
		return DSYNC_ERR_CORRUPT;
	state->last_code = (int32_t)code;
	/* A forged record, or a clock that was set back, may cost a refresh; it must not prevent them. */
	if (state->next_attempt > dsync_time_add(now, COOLING_MAX))
		state->next_attempt = DSYNC_STATE_NO_TIME;
	return dsync_cursor_copy(c, state->request, sizeof(state->request)) < 0 ? DSYNC_ERR_CORRUPT : 0;
}

int
dsync_state_unpack(const void *data, size_t size, int64_t now, struct dsync_state *state)
{
	struct dsync_cursor c;

	dsync_state_init(state);
	if (size > DSYNC_STATE_SIZE_MAX)
		goto corrupt;
	dsync_cursor_init(&c, data, size, 0);
	if (unpack_header(&c, state) < 0 || unpack_numbers(&c, now, state) < 0)
		goto corrupt;
	if (unpack_text(&c, state->last_error, sizeof(state->last_error)) < 0 ||
		unpack_validator(&c, state->etag, sizeof(state->etag)) < 0 ||
		unpack_validator(&c, state->last_modified, sizeof(state->last_modified)) < 0 ||
		unpack_text(&c, state->last_rule, sizeof(state->last_rule)) < 0 ||
		unpack_text(&c, state->last_expected, sizeof(state->last_expected)) < 0 ||
		unpack_text(&c, state->last_hint, sizeof(state->last_hint)) < 0)
		goto corrupt;
	if (dsync_cursor_left(&c) != 0)
		goto corrupt;
	return 0;

corrupt:
	dsync_state_init(state);
	return DSYNC_ERR_CORRUPT;
}
