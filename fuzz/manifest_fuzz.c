/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * manifest_fuzz.c - any bytes as a manifest.
 *
 * What is accepted must come out again: the same text, the same meaning after a
 * copy, a change that takes effect or changes nothing, and its JSON.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "dotsync/manifest.h"
#include "format/manifest_json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(bool holds)
{
	if (!holds)
		abort();
}

/* Reads every string to its end, so that a sanitizer sees one that has none. */
static size_t
read_strings(const struct dsync_manifest *m)
{
	const char *const strings[] = {
		dsync_manifest_version(m),
		dsync_manifest_content_type(m),
		dsync_manifest_display_ext(m),
		dsync_manifest_name(m),
		dsync_manifest_description(m),
		dsync_manifest_created_by(m),
		dsync_manifest_owner_capsule(m),
		dsync_manifest_creator(m),
		dsync_manifest_vm_type(m),
		dsync_manifest_proof_type(m),
		dsync_manifest_encryption_algorithm(m),
		dsync_manifest_archive_id(m),
		dsync_manifest_signature_payload_hash(m),
	};
	size_t total = 0;
	size_t i;

	for (i = 0; i < sizeof(strings) / sizeof(strings[0]); i++)
		total += strings[i] != NULL ? strlen(strings[i]) : 0;
	for (i = 0; i < dsync_manifest_allow_host_count(m); i++)
		total += strlen(dsync_manifest_allow_host(m, i));
	for (i = 0; i < dsync_manifest_allow_env_count(m); i++)
		total += strlen(dsync_manifest_allow_env(m, i));
	for (i = 0; i < dsync_manifest_team_count(m); i++)
		total += strlen(dsync_manifest_team(m, i));
	for (i = 0; i < dsync_manifest_capability_count(m); i++)
		total += strlen(dsync_manifest_capability(m, i));
	return total;
}

static void
check_ranges(const struct dsync_manifest *m)
{
	check(dsync_manifest_version(m) != NULL && dsync_manifest_content_type(m) != NULL);
	check(strlen(dsync_manifest_display_ext(m)) >= 1 && strlen(dsync_manifest_display_ext(m)) <= 32);
	check(dsync_manifest_ttl(m) >= 0 && dsync_manifest_timeout(m) >= 1 && dsync_manifest_max_payload(m) >= 1);
	check(dsync_manifest_stale_if_error(m) >= 0 && dsync_manifest_stale_while_revalidate(m) >= 0);
	check(strcmp(dsync_role_name(dsync_manifest_read_role(m)), "?") != 0);
}

static void
append_json(struct dsync_buffer *out, const struct dsync_manifest *m)
{
	dsync_buffer_init(out, DSYNC_BUFFER_UNLIMITED);
	check(dsync_manifest_json_append(out, m) == 0 || dsync_buffer_error(out) == DSYNC_ERR_NO_MEMORY);
}

static void
check_same(const struct dsync_manifest *a, const struct dsync_manifest *b)
{
	struct dsync_buffer a_json;
	struct dsync_buffer b_json;

	append_json(&a_json, a);
	append_json(&b_json, b);
	check(a_json.size == b_json.size && memcmp(a_json.data, b_json.data, a_json.size) == 0);
	check(read_strings(a) == read_strings(b));
	dsync_buffer_finish(&a_json);
	dsync_buffer_finish(&b_json);
}

/* A setter takes effect, or says why not and leaves all as it was. */
static void
check_setter(struct dsync_manifest *m)
{
	struct dsync_manifest *before = dsync_manifest_dup(m, NULL);
	struct dsync_error err = { 0 };

	if (before == NULL)
		return;
	if (dsync_manifest_set_integer(m, "policy", "ttl", 86399, &err) == 0) {
		check(dsync_manifest_ttl(m) == 86399);
		check(!dsync_manifest_has_signature(before) && !dsync_manifest_has_seal(before));
		check(dsync_manifest_remove(m, "meta", "created_by", &err) == DSYNC_ERR_MANIFEST || err.code != 0);
		check_ranges(m);
	} else {
		check(err.code < 0 && err.message[0] != '\0');
		check_same(before, m);
	}
	dsync_manifest_destroy(before);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct dsync_error err = { 0 };
	struct dsync_manifest *m = dsync_manifest_parse(data, size, &err);
	struct dsync_manifest *copy;
	struct dsync_view text;
	char line[1024];

	if (m == NULL) {
		check(err.code < 0 && err.message[0] != '\0');
		check(dsync_error_format(&err, line, sizeof(line)) > 0);
		return 0;
	}

	text = dsync_manifest_text(m);
	check(text.size == size && (size == 0 || memcmp(text.data, data, size) == 0));
	check_ranges(m);
	copy = dsync_manifest_dup(m, &err);
	if (copy != NULL)
		check_same(m, copy);
	dsync_manifest_destroy(copy);
	check_setter(m);
	dsync_manifest_destroy(m);
	return 0;
}
