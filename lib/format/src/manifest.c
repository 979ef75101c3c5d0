/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* The life of a manifest: parse, copy, change as a whole, destroy. */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "manifest_internal.h"

static void
free_lists(struct manifest_values *values)
{
	free(values->allow_hosts.items);
	free(values->allow_env.items);
	free(values->team.items);
	free(values->capabilities.items);
}

void
dsync_manifest_destroy(struct dsync_manifest *m)
{
	if (m == NULL)
		return;
	free_lists(&m->values);
	dsync_toml_free(m->doc);
	free(m->text);
	free(m);
}

/*
 * The strings of the values lie behind the text: unescaped and with a NUL each is
 * shorter than it was with its quotes, so that the same size again is enough.
 */
static char *
copy_text(const void *text, size_t size)
{
	char *copy = malloc(2 * size + 2);

	if (copy == NULL)
		return NULL;
	if (size > 0)
		memcpy(copy, text, size);
	copy[size] = '\0';
	return copy;
}

static int
check_size(size_t size, struct dsync_error *err)
{
	int rc;

	if (size <= DSYNC_MANIFEST_SIZE_MAX)
		return 0;
	rc = dsync_error_set(err, DSYNC_ERR_LIMIT, "manifest", "the manifest is too large");
	dsync_error_expected(err, "at most %u bytes", DSYNC_MANIFEST_SIZE_MAX);
	dsync_error_found(err, "%zu bytes", size);
	return rc;
}

struct dsync_manifest *
dsync_manifest_parse(const void *text, size_t size, struct dsync_error *err)
{
	struct dsync_manifest *m;

	if (check_size(size, err) < 0)
		return NULL;
	m = calloc(1, sizeof(*m));
	if (m == NULL) {
		dsync_error_set_memory(err);
		return NULL;
	}

	m->text = copy_text(text, size);
	m->text_size = size;
	if (m->text == NULL) {
		dsync_error_set_memory(err);
		goto fail;
	}
	m->doc = dsync_toml_parse(m->text, size, err);
	if (m->doc == NULL)
		goto fail;
	if (dsync__manifest_read(&m->values, m->doc, m->text + size + 1, err) < 0)
		goto fail;
	return m;

fail:
	dsync_manifest_destroy(m);
	return NULL;
}

struct dsync_manifest *
dsync_manifest_dup(const struct dsync_manifest *m, struct dsync_error *err)
{
	return dsync_manifest_parse(m->text, m->text_size, err);
}

struct dsync_view
dsync_manifest_text(const struct dsync_manifest *m)
{
	struct dsync_view view;

	view.data = (const unsigned char *)m->text;
	view.size = m->text_size;
	return view;
}
