/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* A new manifest, and changes that keep every other byte. */
#include <inttypes.h>
#include <string.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/sys.h"
#include "base/time.h"
#include "manifest_internal.h"
#include "toml/edit.h"

/* What is too long for a manifest is refused by its parser; this only bounds the memory on the way. */
#define EDIT_SIZE_MAX (4 * (size_t)DSYNC_MANIFEST_SIZE_MAX)

static void
append_string(struct dsync_buffer *b, const char *text)
{
	if (dsync_toml_write_string(b, text, strlen(text)) < 0 && b->failed == 0)
		b->failed = DSYNC_ERR_INVALID; /* no UTF-8 */
}

/* The failure of a buffer that collected values of the caller's. */
static int
buffer_failure(const struct dsync_buffer *b, const char *table, const char *key, struct dsync_error *err)
{
	char name[DSYNC_ERROR_SUBJECT_SIZE];
	size_t size;
	int rc = dsync_buffer_error(b);

	if (rc == DSYNC_ERR_NO_MEMORY)
		return dsync_error_set_memory(err);
	if (rc == DSYNC_ERR_LIMIT)
		rc = dsync_error_set(err, rc, "manifest", "the value is too long for a manifest");
	else
		rc = dsync_error_set(err, DSYNC_ERR_INVALID, "manifest", "the value is not UTF-8 text");

	size = strlen(table) + strlen(key) + 1;
	if (size < sizeof(name)) {
		strcpy(name, table);
		strcat(name, table[0] != '\0' ? "." : "");
		strcat(name, key);
		dsync_error_at_entry(err, name, strlen(name));
	}
	return rc;
}

static struct dsync_manifest *
parse_buffer(const struct dsync_buffer *b, struct dsync_error *err)
{
	struct dsync_view text = dsync_buffer_view(b);

	return dsync_manifest_parse(text.data, text.size, err);
}

struct dsync_manifest *
dsync_manifest_create(const char *content_type, const char *display_ext, struct dsync_error *err)
{
	struct dsync_manifest *m = NULL;
	struct dsync_buffer b;
	char now[DSYNC_TIME_TEXT_SIZE];

	dsync_time_format(now, dsync_sys_now());
	if (display_ext[0] == '.')
		display_ext++;

	dsync_buffer_init(&b, EDIT_SIZE_MAX);
	dsync_buffer_append_text(&b, "[sync]\nversion = \"1.3\"\ncontent_type = ");
	append_string(&b, content_type);
	dsync_buffer_append_text(&b, "\ndisplay_ext = ");
	append_string(&b, display_ext);
	dsync_buffer_append_text(&b, "\nvariant = \"plain\"\n");
	dsync_buffer_printf(
		&b, "\n[meta]\ncreated_by = \"dotsync\"\ncreated_at = \"%s\"\nhash_algo = \"blake3\"\n", now);
	dsync_buffer_printf(
		&b, "\n[policy]\nttl = %d\ntimeout = %d\n", DSYNC_MANIFEST_TTL_DEFAULT, DSYNC_MANIFEST_TIMEOUT_DEFAULT);

	if (dsync_buffer_error(&b) < 0)
		buffer_failure(&b, "sync", "content_type", err);
	else
		m = parse_buffer(&b, err);
	dsync_buffer_finish(&b);
	return m;
}

/* A signature or seal covers these bytes: changing one of them would make a lie of it. */
static int
check_changeable(const struct dsync_manifest *m, struct dsync_error *err)
{
	int rc;

	if (!dsync_manifest_has_signature(m) && !dsync_manifest_has_seal(m))
		return 0;
	rc = dsync_error_set(err, DSYNC_ERR_STATE, "manifest", "the manifest is signed and cannot be changed");
	dsync_error_expected(err, "a manifest without [signature] and seal");
	dsync_error_found(err, "%s", dsync_manifest_has_seal(m) ? "a seal" : "a [signature] table");
	dsync_error_hint(err, "ask its owner for a new version, or make an archive of your own from its payload");
	return rc;
}

/* The new text takes effect only as a whole: what it means was read before anything is given up. */
static int
replace(struct dsync_manifest *m, const struct dsync_buffer *text, struct dsync_error *err)
{
	struct dsync_manifest old = *m;
	struct dsync_error why;
	struct dsync_manifest *fresh;

	if (err == NULL)
		err = &why;
	fresh = parse_buffer(text, err);
	if (fresh == NULL)
		return err->code;
	*m = *fresh;
	*fresh = old;
	dsync_manifest_destroy(fresh);
	return 0;
}

int
dsync_manifest_set_raw(
	struct dsync_manifest *m, const char *table, const char *key, const char *value, struct dsync_error *err)
{
	struct dsync_buffer text;
	int rc;

	rc = check_changeable(m, err);
	if (rc < 0)
		return rc;
	dsync_buffer_init(&text, EDIT_SIZE_MAX);
	rc = dsync_toml_edit_set(&text, m->text, m->text_size, table, key, value, err);
	if (rc == 0)
		rc = replace(m, &text, err);
	dsync_buffer_finish(&text);
	return rc;
}

int
dsync_manifest_remove(struct dsync_manifest *m, const char *table, const char *key, struct dsync_error *err)
{
	struct dsync_buffer text;
	int rc;

	rc = check_changeable(m, err);
	if (rc < 0)
		return rc;
	dsync_buffer_init(&text, EDIT_SIZE_MAX);
	rc = dsync_toml_edit_remove(&text, m->text, m->text_size, table, key, err);
	if (rc == 0)
		rc = replace(m, &text, err);
	dsync_buffer_finish(&text);
	return rc;
}

/* Sets the TOML text that a buffer collected, and frees it. */
static int
set_buffer(struct dsync_manifest *m, const char *table, const char *key, struct dsync_buffer *value,
	struct dsync_error *err)
{
	const char *text = dsync_buffer_text(value);
	int rc;

	if (text == NULL)
		rc = buffer_failure(value, table, key, err);
	else
		rc = dsync_manifest_set_raw(m, table, key, text, err);
	dsync_buffer_finish(value);
	return rc;
}

int
dsync_manifest_set_string(
	struct dsync_manifest *m, const char *table, const char *key, const char *value, struct dsync_error *err)
{
	struct dsync_buffer b;

	dsync_buffer_init(&b, EDIT_SIZE_MAX);
	append_string(&b, value);
	return set_buffer(m, table, key, &b, err);
}

int
dsync_manifest_set_integer(
	struct dsync_manifest *m, const char *table, const char *key, int64_t value, struct dsync_error *err)
{
	struct dsync_buffer b;

	dsync_buffer_init(&b, EDIT_SIZE_MAX);
	dsync_buffer_printf(&b, "%" PRId64, value);
	return set_buffer(m, table, key, &b, err);
}

int
dsync_manifest_set_boolean(
	struct dsync_manifest *m, const char *table, const char *key, bool value, struct dsync_error *err)
{
	return dsync_manifest_set_raw(m, table, key, value ? "true" : "false", err);
}

int
dsync_manifest_set_strings(struct dsync_manifest *m, const char *table, const char *key, const char *const *values,
	size_t count, struct dsync_error *err)
{
	struct dsync_buffer b;
	size_t i;

	dsync_buffer_init(&b, EDIT_SIZE_MAX);
	dsync_buffer_append_byte(&b, '[');
	for (i = 0; i < count; i++) {
		dsync_buffer_append_text(&b, i > 0 ? ", " : "");
		append_string(&b, values[i]);
	}
	dsync_buffer_append_byte(&b, ']');
	return set_buffer(m, table, key, &b, err);
}
