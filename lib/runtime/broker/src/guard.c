/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * An answer that gives a secret back ends there.  Lines of the head are looked through whole.  Of a body the
 * end that could be the beginning of a secret is held back until the next piece says what it is, so that not
 * even a part of one is handed out; each secret is looked for by the table of Knuth, Morris and Pratt, one
 * step a byte, because a server may answer with any number of beginnings.
 */
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/error.h"
#include "internal.h"

#define NEEDLES_MAX (2 * DSYNC__SECRETS_SENT_MAX)

struct needle {
	char *text;
	size_t size;
	uint16_t *back; /* how much of the needle still matches when the next byte does not */
	size_t matched; /* of the needle, at the end of what was seen */
};

struct dsync__guard {
	struct needle needles[NEEDLES_MAX];
	size_t count;
	const struct needle *held; /* the longest match; what is held back is its beginning; NULL: nothing is */
	size_t held_size;
};

static void
fill_table(struct needle *n)
{
	size_t i, k = 0;

	n->back[0] = 0;
	for (i = 1; i < n->size; i++) {
		while (k > 0 && n->text[i] != n->text[k])
			k = n->back[k - 1];
		if (n->text[i] == n->text[k])
			k++;
		n->back[i] = (uint16_t)k;
	}
}

static int
add_needle(struct dsync__guard *guard, const char *text, struct dsync_error *err)
{
	struct needle *n = &guard->needles[guard->count++];

	n->size = strlen(text);
	n->text = strdup(text);
	n->back = calloc(n->size + 1, sizeof(*n->back));
	if (n->text == NULL || n->back == NULL)
		return dsync_error_set_memory(err);
	fill_table(n);
	return 0;
}

/* As it is, and as it stands in a URL. */
static int
add_secret(struct dsync__guard *guard, const char *value, struct dsync_error *err)
{
	struct dsync_buffer encoded;
	int rc;

	rc = add_needle(guard, value, err);
	if (rc < 0)
		return rc;
	dsync_buffer_init(&encoded, DSYNC_BUFFER_UNLIMITED);
	dsync__secret_encode(value, &encoded);
	if (dsync_buffer_text(&encoded) == NULL)
		rc = dsync_error_set_memory(err);
	else if (strcmp(dsync_buffer_text(&encoded), value) != 0)
		rc = add_needle(guard, dsync_buffer_text(&encoded), err);
	dsync__wipe(&encoded);
	return rc;
}

int
dsync__guard_create(struct dsync_response *r, const struct dsync__hop *hop, struct dsync_error *err)
{
	size_t i;
	int rc = 0;

	if (hop->secret_count == 0)
		return 0;
	r->guard = calloc(1, sizeof(*r->guard));
	if (r->guard == NULL)
		return dsync_error_set_memory(err);
	for (i = 0; rc == 0 && i < hop->secret_count; i++)
		rc = add_secret(r->guard, hop->secrets[i]->value, err);
	return rc;
}

void
dsync__guard_destroy(struct dsync__guard *guard)
{
	size_t i;

	if (guard == NULL)
		return;
	for (i = 0; i < guard->count; i++) {
		if (guard->needles[i].text != NULL)
			explicit_bzero(guard->needles[i].text, guard->needles[i].size);
		free(guard->needles[i].text);
		free(guard->needles[i].back);
	}
	free(guard);
}

bool
dsync__guard_finds(const struct dsync__guard *guard, const void *data, size_t size)
{
	size_t i;

	for (i = 0; guard != NULL && i < guard->count; i++) {
		if (memmem(data, size, guard->needles[i].text, guard->needles[i].size) != NULL)
			return true;
	}
	return false;
}

int
dsync__guard_refuse(struct dsync_response *r)
{
	dsync_error_set(&r->fault, DSYNC_ERR_POLICY, "reflected", "the server's answer gives the secret back");
	dsync_error_at_entry(&r->fault, r->url.text, strlen(r->url.text));
	dsync_error_hint(&r->fault, "ask for something else, or for less: nothing that holds a secret is handed on");
	return DSYNC_ERR_POLICY;
}

/* true when the needle is there. */
static bool
scan(struct needle *n, const unsigned char *data, size_t size)
{
	size_t k = n->matched;
	size_t i;

	for (i = 0; i < size; i++) {
		while (k > 0 && (char)data[i] != n->text[k])
			k = n->back[k - 1];
		if ((char)data[i] == n->text[k])
			k++;
		if (k == n->size)
			return true;
	}
	n->matched = k;
	return false;
}

int
dsync__guard_pass(struct dsync_response *r, const void *data, size_t size, dsync__guard_next *next)
{
	struct dsync__guard *guard = r->guard;
	const struct needle *held;
	size_t held_size, passed, i;

	if (guard == NULL)
		return next(r, data, size);
	held = guard->held;
	held_size = guard->held_size;
	guard->held = NULL;
	guard->held_size = 0;
	for (i = 0; i < guard->count; i++) {
		if (scan(&guard->needles[i], data, size))
			return dsync__guard_refuse(r);
		if (guard->needles[i].matched > guard->held_size) {
			guard->held = &guard->needles[i];
			guard->held_size = guard->held->matched;
		}
	}
	passed = held_size + size - guard->held_size;
	if (held_size > passed)
		held_size = passed;
	if (held_size > 0 && next(r, held->text, held_size) < 0)
		return -1;
	return passed > held_size ? next(r, data, passed - held_size) : 0;
}

int
dsync__guard_end(struct dsync_response *r, dsync__guard_next *next)
{
	struct dsync__guard *guard = r->guard;
	size_t size;

	if (guard == NULL || guard->held_size == 0)
		return 0;
	size = guard->held_size;
	guard->held_size = 0;
	return next(r, guard->held->text, size) < 0 ? -1 : 1;
}

size_t
dsync__guard_held(const struct dsync_response *r)
{
	return r->guard != NULL ? r->guard->held_size : 0;
}
