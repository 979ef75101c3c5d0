/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Any sync.attest, and any body inside a good envelope: what is accepted is written again with the same meaning. */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "runtime/attest.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
try_envelope(const void *text, size_t size)
{
	struct dsync_attest attest, again;
	struct dsync_buffer out;

	if (dsync_attest_parse(text, size, &attest, NULL) < 0)
		return;
	dsync_buffer_init(&out, DSYNC_BUFFER_UNLIMITED);
	if (dsync_attest_write(&attest, &out) < 0 || dsync_attest_parse(out.data, out.size, &again, NULL) < 0)
		abort();
	if (again.status != attest.status || strcmp(again.etag, attest.etag) != 0 ||
		strcmp(again.last_modified, attest.last_modified) != 0 || again.payload_size != attest.payload_size ||
		memcmp(again.payload_hash, attest.payload_hash, sizeof(attest.payload_hash)) != 0)
		abort();
	dsync_buffer_finish(&out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct dsync_buffer out;

	try_envelope(data, size);
	dsync_buffer_init(&out, DSYNC_BUFFER_UNLIMITED);
	dsync_buffer_append_text(&out, "{\"payload\":\"");
	dsync_text_base64_encode(&out, data, size);
	dsync_buffer_append_text(
		&out, "\",\"payloadType\":\"application/vnd.dotsync.attest.v1+json\",\"signatures\":[]}");
	if (dsync_buffer_error(&out) == 0)
		try_envelope(out.data, out.size);
	dsync_buffer_finish(&out);
	return 0;
}
