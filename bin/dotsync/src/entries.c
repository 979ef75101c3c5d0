/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "entries.h"

#include "base/json.h"
#include "dotsync/archive.h"
#include "dotsync/trust.h"

void
entries_put_json(struct dsync_buffer *out, const struct dsync_archive *archive)
{
	struct dsync_archive_entry entry;
	size_t i;

	dsync_json_open_array(out, "entries");
	for (i = 0; i < dsync_archive_entry_count(archive); i++) {
		if (dsync_archive_entry(archive, i, &entry) < 0)
			continue;
		dsync_json_open(out, NULL);
		dsync_json_put_text(out, "name", entry.name);
		dsync_json_put_unsigned(out, "offset", entry.offset);
		dsync_json_put_unsigned(out, "size", entry.size);
		dsync_json_put_unsigned(out, "stored_size", entry.stored_size);
		dsync_json_put_text(out, "method", entry.deflated ? "deflate" : "store");
		dsync_json_close(out);
	}
	dsync_json_close_array(out);
}

void
entries_put_layers(struct dsync_buffer *out, const struct dsync_trust *trust)
{
	size_t i;

	dsync_json_open_array(out, "layers");
	for (i = 0; i < dsync_trust_layer_count(trust); i++) {
		dsync_json_open(out, NULL);
		dsync_json_put_text(out, "layer", dsync_trust_layer_name(trust, i));
		dsync_json_put_text(out, "verdict", dsync_trust_layer_verdict(trust, i));
		dsync_json_put_text(out, "detail", dsync_trust_layer_detail(trust, i));
		dsync_json_close(out);
	}
	dsync_json_close_array(out);
}
