/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * One edit: parse, find the place, splice, parse the result, hand it out.
 */
#include "toml/edit.h"

#include "base/error.h"
#include "place.h"

#include <string.h>

/* What the caller asked for. */
struct edit {
	const char *table;
	const char *key;
	const char *value; /* NULL: remove */
};

static int
fail_value(const struct edit *edit, struct dsync_error *err)
{
	int rc = dsync_error_set(err, DSYNC_ERR_INVALID, "toml", "the new value does not fit the document");

	dsync_error_at_entry(err, edit->key, strlen(edit->key));
	dsync_error_expected(err, "one TOML value");
	if (edit->value != NULL)
		dsync_error_found(err, "%s", edit->value);
	return rc;
}

/* The key has exactly the new value, or is gone. */
static bool
has_edit(const struct dsync_toml *doc, const struct edit *edit)
{
	struct place place;
	struct dsync_view raw;

	if (dsync__toml_place_find(doc, edit->table, edit->key, &place, NULL) < 0)
		return false;
	if (edit->value == NULL || place.key == DSYNC_TOML_NONE)
		return edit->value == NULL && place.key == DSYNC_TOML_NONE;
	raw = dsync_toml_raw(doc, place.key);
	return raw.size == strlen(edit->value) && memcmp(raw.data, edit->value, raw.size) == 0;
}

static int
check_result(const struct dsync_buffer *result, const struct edit *edit, struct dsync_error *err)
{
	struct dsync_view text = dsync_buffer_view(result);
	struct dsync_error cause = { .code = 0 };
	struct dsync_toml *doc = dsync_toml_parse((const char *)text.data, text.size, &cause);
	int rc = 0;

	if (doc == NULL && cause.code != DSYNC_ERR_SYNTAX) {
		if (err != NULL)
			*err = cause;
		return cause.code;
	}
	if (doc == NULL || !has_edit(doc, edit))
		rc = fail_value(edit, err);
	dsync_toml_free(doc);
	return rc;
}

static int
fail_buffer(const struct dsync_buffer *b, struct dsync_error *err)
{
	int rc = dsync_buffer_error(b);

	if (rc == DSYNC_ERR_NO_MEMORY)
		return dsync_error_set_memory(err);
	return rc < 0 ? dsync_error_set(err, rc, "toml", "the text with the new value cannot be built") : 0;
}

/* Makes the edited text in `result`. */
static int
apply(const struct dsync_toml *doc, const struct edit *edit, struct dsync_buffer *result, struct dsync_error *err)
{
	struct dsync_toml_range range = { 0, 0 };
	struct dsync_buffer piece;
	struct place place;
	int rc;

	rc = dsync__toml_place_find(doc, edit->table, edit->key, &place, err);
	if (rc < 0)
		return rc;
	dsync_buffer_init(&piece, DSYNC_BUFFER_UNLIMITED);
	if (place.key == DSYNC_TOML_NONE && edit->value != NULL) {
		dsync__toml_place_insert(doc, &place, edit->table, edit->key, edit->value, &piece, &range.start);
		range.end = range.start;
	} else if (place.key != DSYNC_TOML_NONE && edit->value != NULL) {
		range = dsync_toml_value_range(doc, place.key);
		dsync_buffer_append_text(&piece, edit->value);
	} else if (place.key != DSYNC_TOML_NONE) {
		range = dsync__toml_place_remove(doc, &place);
	}

	rc = fail_buffer(&piece, err);
	if (rc == 0) {
		struct dsync_view inserted = dsync_buffer_view(&piece);

		dsync_buffer_append(result, doc->text, range.start);
		dsync_buffer_append(result, inserted.data, inserted.size);
		dsync_buffer_append(result, doc->text + range.end, doc->text_size - range.end);
		rc = fail_buffer(result, err);
	}
	dsync_buffer_finish(&piece);
	return rc;
}

static int
run(struct dsync_buffer *out, const char *text, size_t size, const struct edit *edit, struct dsync_error *err)
{
	struct dsync_error cause = { .code = 0 };
	struct dsync_toml *doc = dsync_toml_parse(text, size, &cause);
	struct dsync_buffer result;
	struct dsync_view view;
	int rc;

	if (doc == NULL) {
		if (err != NULL)
			*err = cause;
		return cause.code;
	}
	dsync_buffer_init(&result, DSYNC_BUFFER_UNLIMITED);
	rc = apply(doc, edit, &result, err);
	if (rc == 0)
		rc = check_result(&result, edit, err);
	if (rc == 0) {
		view = dsync_buffer_view(&result);
		dsync_buffer_append(out, view.data, view.size);
		rc = fail_buffer(out, err);
	}
	dsync_buffer_finish(&result);
	dsync_toml_free(doc);
	return rc;
}

int
dsync_toml_edit_set(struct dsync_buffer *out, const char *text, size_t size, const char *table, const char *key,
	const char *value, struct dsync_error *err)
{
	struct edit edit = { table, key, value };

	return run(out, text, size, &edit, err);
}

int
dsync_toml_edit_remove(struct dsync_buffer *out, const char *text, size_t size, const char *table, const char *key,
	struct dsync_error *err)
{
	struct edit edit = { table, key, NULL };

	return run(out, text, size, &edit, err);
}
