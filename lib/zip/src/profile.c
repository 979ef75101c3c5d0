/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include <inttypes.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "internal.h"

/* The record whose name is this one, ignoring case and a slash at the end. */
static const struct dsync__zip_record *
find_like(const struct dsync_zip *zip, const char *name)
{
	size_t size = strlen(name);
	size_t i;

	for (i = 0; i < zip->count; i++) {
		const struct dsync__zip_record *r = &zip->records[i];

		size_t bare = r->name_size - (size_t)r->entry.is_directory;

		if (bare == size && dsync_text_equal_case(r->entry.name, bare, name, size))
			return r;
	}
	return NULL;
}

/* The record "folder/NAME", for a hint. */
static const char *
find_deeper(const struct dsync_zip *zip, const char *name)
{
	size_t size = strlen(name);
	size_t i;

	for (i = 0; i < zip->count; i++) {
		const struct dsync__zip_record *r = &zip->records[i];

		if (r->name_size > size && r->entry.name[r->name_size - size - 1] == '/' &&
			strcmp(r->entry.name + r->name_size - size, name) == 0)
			return r->entry.name;
	}
	return NULL;
}

static int
refuse_missing(const struct dsync_zip *zip, const char *name, struct dsync_error *err)
{
	const char *deeper = find_deeper(zip, name);
	int rc;

	rc = dsync__zip_refuse(err, "Z26", zip->directory_offset, "no %s", name);
	dsync_error_at_entry(err, name, strlen(name));
	if (deeper != NULL) {
		dsync_error_found(err, "%s", deeper);
		dsync_error_hint(err, "entries must be at the archive root");
	}
	return rc;
}

static int
refuse_size(const struct dsync__zip_record *r, uint64_t size_max, struct dsync_error *err)
{
	char limit[DSYNC_TEXT_HUMAN_SIZE];

	dsync_text_human_size(limit, size_max);
	return dsync__zip_refuse(err, "Z27", r->record_offset, "%s is %" PRIu64 " bytes (limit %s)", r->entry.name,
		r->entry.size, limit);
}

static int
check_record(const struct dsync__zip_record *r, const struct dsync_zip_rule *rule, struct dsync_error *err)
{
	int rc;

	if (strcmp(r->entry.name, rule->name) != 0)
		return dsync__zip_refuse(
			err, "Z12", r->record_offset, "entry name is too like the reserved name \"%s\"", rule->name);
	if (rule->stored_only && r->entry.method != DSYNC_ZIP_STORED) {
		rc = dsync__zip_refuse(err, "Z13", r->record_offset, "%s is compressed (Deflate)", rule->name);
		dsync_error_hint(err, "store it (zip -0), or %s", DSYNC__ZIP_HINT_REPACK);
		return rc;
	}
	if (r->entry.size > rule->size_max)
		return refuse_size(r, rule->size_max, err);
	return 0;
}

int
dsync__zip_profile_check(const struct dsync_zip *zip, const struct dsync_zip_profile *profile, struct dsync_error *err)
{
	const struct dsync__zip_record *r;
	size_t i;
	int rc;

	for (i = 0; profile != NULL && i < profile->rule_count; i++) {
		const struct dsync_zip_rule *rule = &profile->rules[i];

		r = find_like(zip, rule->name);
		if (r == NULL && rule->required)
			return refuse_missing(zip, rule->name, err);
		if (r == NULL)
			continue;
		rc = check_record(r, rule, err);
		if (rc < 0) {
			dsync_error_at_entry(err, r->entry.name, r->name_size);
			return rc;
		}
	}
	return 0;
}
