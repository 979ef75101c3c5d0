/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include <string.h>

#include "base/json.h"
#include "consent.h"
#include "dotsync/archive.h"
#include "dotsync/manifest.h"
#include "entries.h"
#include "format/manifest_json.h"
#include "info.h"
#include "report.h"
#include "status_text.h"

static bool
contains(const struct dsync_strings *list, const char *text)
{
	size_t i;

	for (i = 0; i < list->count; i++) {
		if (strcmp(list->items[i], text) == 0)
			return true;
	}
	return false;
}

/* What is asked for and not missing: what the updater may do here and now. */
static void
put_effective(struct dsync_buffer *out, const char *name, const struct dsync_strings *asked,
	const struct dsync_strings *missing)
{
	size_t i;

	dsync_json_open_array(out, name);
	for (i = 0; i < asked->count; i++) {
		if (!contains(missing, asked->items[i]))
			dsync_json_put_text(out, NULL, asked->items[i]);
	}
	dsync_json_close_array(out);
}

static void
put_permissions(struct dsync_buffer *out, const struct dsync_consent *consent)
{
	dsync_json_open(out, "permissions");
	dsync_json_open(out, "asked");
	consent_put_strings(out, "hosts", &consent->asked_hosts);
	consent_put_strings(out, "env", &consent->asked_env);
	dsync_json_close(out);
	dsync_json_open(out, "granted");
	consent_put_strings(out, "hosts", &consent->granted_hosts);
	consent_put_strings(out, "env", &consent->granted_env);
	consent_put_strings(out, "private_hosts", &consent->granted_private);
	dsync_json_put_bool(out, "complete", consent->granted);
	dsync_json_close(out);
	dsync_json_open(out, "effective");
	put_effective(out, "hosts", &consent->asked_hosts, &consent->missing_hosts);
	put_effective(out, "env", &consent->asked_env, &consent->missing_env);
	dsync_json_close(out);
	dsync_json_close(out);
}

static void
put_updater(struct dsync_buffer *out, const struct dsync_updater_info *updater)
{
	char hash[DSYNC_HASH_TEXT_SIZE];

	dsync_json_open(out, "updater");
	dsync_json_put_bool(out, "present", updater->present);
	if (updater->present) {
		dsync_hash_format(hash, updater->hash);
		if (updater->builtin != NULL)
			dsync_json_put_text(out, "builtin", updater->builtin);
		else
			dsync_json_put_null(out, "builtin");
		dsync_json_put_text(out, "contract", dsync_contract_name(updater->contract));
		dsync_json_put_text(out, "hash", hash);
		dsync_json_put_unsigned(out, "size", updater->size);
	}
	dsync_json_close(out);
}

static void
put_trust(struct dsync_buffer *out, const struct info *info)
{
	dsync_json_open(out, "trust");
	dsync_json_put_text(out, "state", dsync_trust_state_name(dsync_trust_state(info->trust)));
	dsync_json_put_text(out, "owner", dsync_manifest_created_by(info->manifest));
	entries_put_layers(out, info->trust);
	dsync_json_close(out);
}

static void
put_manifest(struct dsync_buffer *out, const struct dsync_manifest *manifest)
{
	struct dsync_buffer json;
	struct dsync_view view;

	dsync_buffer_init(&json, DSYNC_BUFFER_UNLIMITED);
	if (dsync_manifest_json_append(&json, manifest) == 0) {
		view = dsync_buffer_view(&json);
		dsync_json_put_raw(out, "manifest", (const char *)view.data, view.size);
	}
	dsync_buffer_finish(&json);
}

int
info_print_json(struct app *app, const char *file, const struct info *info)
{
	struct dsync_extent extent = dsync_archive_payload_extent(info->archive);
	struct dsync_buffer out;

	report_json_begin(&out, file, true);
	dsync_json_put_text(&out, "name", dsync_manifest_name(info->manifest));
	dsync_json_put_text(&out, "display_name", info->display_name);
	dsync_json_put_text(&out, "content_type", dsync_manifest_content_type(info->manifest));
	dsync_json_put_text(&out, "variant", dsync_variant_name(dsync_manifest_variant(info->manifest)));
	dsync_json_put_unsigned(&out, "file_size", dsync_archive_file_size(info->archive));
	dsync_json_open(&out, "payload");
	dsync_json_put_unsigned(&out, "size", extent.size);
	dsync_json_put_unsigned(&out, "offset", extent.offset);
	dsync_json_close(&out);
	entries_put_json(&out, info->archive);
	dsync_json_open(&out, "freshness");
	status_put_json(&out, &info->status);
	dsync_json_close(&out);
	put_manifest(&out, info->manifest);
	put_updater(&out, &info->updater);
	put_permissions(&out, &info->consent);
	if (info->updater.present)
		consent_put_state(&out, &info->consent);
	put_trust(&out, info);
	dsync_json_close(&out);
	return report_print(app, &out);
}
