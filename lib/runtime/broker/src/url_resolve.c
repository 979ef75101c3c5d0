/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * A reference is put together with its base to one absolute text (RFC 3986 section 5.2.2),
 * which then goes through the strict parser like any other.
 */
#include <string.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/text.h"
#include "internal.h"

/* ALPHA *( ALPHA / DIGIT / "+" / "-" / "." ) ":" */
static bool
has_scheme(const char *text, size_t size)
{
	size_t i;

	for (i = 0; i < size && text[i] != ':'; i++) {
		if (dsync_text_is_alpha((unsigned char)text[i]))
			continue;
		if (i == 0 || (!dsync_text_is_digit((unsigned char)text[i]) && strchr("+-.", text[i]) == NULL))
			return false;
	}
	return i > 0 && i < size;
}

/* How much of the base's text stays in front of a relative reference. */
static size_t
kept_size(const struct dsync_url *base, const char *location, size_t size)
{
	size_t path_end = strcspn(base->text, "?");

	if (size == 0 || location[0] == '#')
		return strlen(base->text);
	if (location[0] == '?')
		return path_end;
	if (location[0] == '/')
		return size > 1 && location[1] == '/' ? strcspn(base->text, "/") : base->path_offset;
	while (base->text[path_end - 1] != '/')
		path_end--;
	return path_end;
}

int
dsync_url_resolve(
	struct dsync_url *url, const struct dsync_url *base, const char *location, size_t size, struct dsync_error *err)
{
	struct dsync_buffer text;
	struct dsync_view view;
	struct dsync_url result;
	int rc;

	if (has_scheme(location, size))
		return dsync_url_parse(url, location, size, err);

	dsync_buffer_init(&text, 2 * DSYNC_URL_SIZE_MAX);
	dsync_buffer_append(&text, base->text, kept_size(base, location, size));
	dsync_buffer_append(&text, location, size);
	if (dsync_buffer_error(&text) == 0) {
		view = dsync_buffer_view(&text);
		rc = dsync_url_parse(&result, (const char *)view.data, view.size, err);
	} else {
		memset(&result, 0, sizeof(result));
		rc = dsync_error_set(
			err, DSYNC_ERR_SYNTAX, "url", "reference of %zu bytes is too long for a URL", size);
	}
	dsync_buffer_finish(&text);
	*url = result; /* which may be `base` itself */
	return rc;
}
