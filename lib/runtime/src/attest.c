/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The envelope (DSSE 1.0.2) and, base64 in it, the body:
 *
 *	{"payload":"...","payloadType":"application/vnd.dotsync.attest.v1+json","signatures":[]}
 *	{"base":"2026-01-01T00:00:00Z","etag":"...","last_modified":"...","payload":{"blake3":"...","size":N},
 *	 "request":"...","status":200,"updater":"...","url":"...","v":1}
 *
 * Hashes are 64 hexadecimal digits (request: 32); members that do not apply are left out.
 */
#include "runtime/attest.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "base/text.h"
#include "base/time.h"
#include "dotsync/archive.h"
#include "format/layout.h"
#include "json.h"

#define PAYLOAD_TYPE "application/vnd.dotsync.attest.v1+json"
#define BODY_SIZE_MAX 16384u
#define BASE64_SIZE_MAX (BODY_SIZE_MAX / 3 * 4 + 4)

static bool
is_zero(const unsigned char *data, size_t size)
{
	size_t i;

	for (i = 0; i < size; i++) {
		if (data[i] != 0)
			return false;
	}
	return true;
}

static void
put_hash(struct dsync_buffer *out, const char *name, const unsigned char *hash, size_t size)
{
	if (!is_zero(hash, size))
		dsync_json_put_hex(out, name, hash, size);
}

static void
write_body(const struct dsync_attest *attest, struct dsync_buffer *out)
{
	char base[DSYNC_TIME_TEXT_SIZE];

	dsync_time_format(base, attest->base);
	dsync_json_open(out, NULL);
	dsync_json_put_text(out, "base", base);
	if (attest->etag[0] != '\0')
		dsync_json_put_text(out, "etag", attest->etag);
	if (attest->last_modified[0] != '\0')
		dsync_json_put_text(out, "last_modified", attest->last_modified);
	dsync_json_open(out, "payload");
	dsync_json_put_hex(out, "blake3", attest->payload_hash, DSYNC_HASH_SIZE);
	dsync_json_put_integer(out, "size", (int64_t)attest->payload_size);
	dsync_json_close(out);
	put_hash(out, "request", attest->request, sizeof(attest->request));
	if (attest->status != 0)
		dsync_json_put_integer(out, "status", attest->status);
	put_hash(out, "updater", attest->updater_hash, DSYNC_HASH_SIZE);
	put_hash(out, "url", attest->url_hash, DSYNC_HASH_SIZE);
	dsync_json_put_integer(out, "v", 1);
	dsync_json_close(out);
}

int
dsync_attest_write(const struct dsync_attest *attest, struct dsync_buffer *out)
{
	struct dsync_buffer body;
	struct dsync_view view;
	int rc;

	dsync_buffer_init(&body, BODY_SIZE_MAX);
	write_body(attest, &body);
	view = dsync_buffer_view(&body);
	rc = dsync_buffer_error(&body);
	if (rc == 0) {
		dsync_buffer_append_text(out, "{\"payload\":\"");
		dsync_text_base64_encode(out, view.data, view.size);
		dsync_buffer_append_text(out, "\",\"payloadType\":\"" PAYLOAD_TYPE "\",\"signatures\":[]}");
		rc = dsync_buffer_error(out);
	}
	dsync_buffer_finish(&body);
	return rc;
}

/* What goes into a request again must be a header value. */
static bool
is_header_value(const char *text)
{
	for (; *text != '\0'; text++) {
		if (*text < 0x20 || *text > 0x7e)
			return false;
	}
	return true;
}

static int
read_payload(const json_t *object, struct dsync_attest *attest, struct dsync_error *err)
{
	struct dsync_json_reader r;
	int64_t size = -1;
	int rc;

	if (object == NULL)
		return dsync_error_set(err, DSYNC_ERR_CORRUPT, "attest", "no payload is named");
	dsync__json_reader_init(&r, object);
	dsync__json_take_hex(&r, "blake3", attest->payload_hash, DSYNC_HASH_SIZE);
	dsync__json_take_integer(&r, "size", 0, INT64_MAX, &size);
	rc = dsync__json_reader_end(&r, "payload", err);
	if (rc == 0 && size < 0)
		rc = dsync_error_set(err, DSYNC_ERR_CORRUPT, "attest", "no payload size");
	attest->payload_size = (uint64_t)size;
	return rc;
}

/* Members that this version does not know are no fault: a later version may have written them. */
static int
read_body(const json_t *object, struct dsync_attest *attest, struct dsync_error *err)
{
	char base[DSYNC_TIME_TEXT_SIZE + 16] = "";
	int64_t status = 0, version = 0;
	struct dsync_json_reader r;

	dsync__json_reader_init(&r, object);
	dsync__json_take_buffer(&r, "base", base, sizeof(base));
	dsync__json_take_buffer(&r, "etag", attest->etag, sizeof(attest->etag));
	dsync__json_take_buffer(&r, "last_modified", attest->last_modified, sizeof(attest->last_modified));
	dsync__json_take_hex(&r, "request", attest->request, sizeof(attest->request));
	dsync__json_take_integer(&r, "status", 0, 999, &status);
	dsync__json_take_hex(&r, "updater", attest->updater_hash, DSYNC_HASH_SIZE);
	dsync__json_take_hex(&r, "url", attest->url_hash, DSYNC_HASH_SIZE);
	dsync__json_take_integer(&r, "v", 1, 1, &version);
	attest->status = (int)status;
	if (r.fault != NULL || version != 1)
		return dsync_error_set(err, DSYNC_ERR_CORRUPT, "attest", "\"%s\" has a wrong type or value",
			r.fault != NULL ? r.fault : "v");
	if (dsync_time_parse(base, strlen(base), &attest->base) < 0)
		return dsync_error_set(err, DSYNC_ERR_CORRUPT, "attest", "\"base\" is not a time");
	if (!is_header_value(attest->etag) || !is_header_value(attest->last_modified))
		return dsync_error_set(err, DSYNC_ERR_CORRUPT, "attest", "a validator is not a header value");
	return read_payload(dsync__json_take_object(&r, "payload"), attest, err);
}

/* The body's text out of the envelope. */
static int
open_envelope(const json_t *root, struct dsync_buffer *body, struct dsync_error *err)
{
	const char *type = json_string_value(json_object_get(root, "payloadType"));
	const json_t *payload = json_object_get(root, "payload");

	if (type == NULL || strcmp(type, PAYLOAD_TYPE) != 0)
		return dsync_error_set(err, DSYNC_ERR_CORRUPT, "attest", "not an attestation of this version");
	if (!json_is_string(payload) || !json_is_array(json_object_get(root, "signatures")))
		return dsync_error_set(err, DSYNC_ERR_CORRUPT, "attest", "not a DSSE envelope");
	if (json_string_length(payload) > BASE64_SIZE_MAX ||
		dsync_text_base64_decode(body, json_string_value(payload), json_string_length(payload)) < 0)
		return dsync_error_set(err, DSYNC_ERR_CORRUPT, "attest",
			"the payload is not base64 of at most %u bytes", BODY_SIZE_MAX);
	return 0;
}

int
dsync_attest_parse(const void *json, size_t size, struct dsync_attest *attest, struct dsync_error *err)
{
	json_t *root, *object = NULL;
	struct dsync_buffer body;
	struct dsync_view view;
	int rc;

	memset(attest, 0, sizeof(*attest));
	dsync_buffer_init(&body, BODY_SIZE_MAX);
	rc = dsync__json_parse(json, size, DSYNC_ERR_CORRUPT, &root, err);
	if (rc == 0)
		rc = open_envelope(root, &body, err);
	view = dsync_buffer_view(&body);
	if (rc == 0)
		rc = dsync__json_parse(view.data, view.size, DSYNC_ERR_CORRUPT, &object, err);
	if (rc == 0)
		rc = read_body(object, attest, err);
	json_decref(object);
	json_decref(root);
	dsync_buffer_finish(&body);
	if (rc < 0)
		memset(attest, 0, sizeof(*attest));
	return rc;
}

int
dsync_attest_load(const struct dsync_archive *archive, struct dsync_attest *attest)
{
	unsigned char *json = NULL;
	size_t size;
	int rc;

	memset(attest, 0, sizeof(*attest));
	rc = dsync_archive_read_entry(archive, DSYNC_ENTRY_ATTEST, DSYNC_ATTEST_SIZE_MAX, &json, &size, NULL);
	if (rc == 0)
		rc = dsync_attest_parse(json, size, attest, NULL);
	free(json);
	if (rc == 0 && attest->payload_size == dsync_archive_payload_size(archive))
		return 0;
	memset(attest, 0, sizeof(*attest));
	return DSYNC_ERR_NOT_FOUND;
}

void
dsync_attest_request_key(unsigned char key[16], const char *method, size_t method_size, const char *url,
	size_t url_size, const char *headers, size_t headers_size)
{
	unsigned char digest[DSYNC_HASH_SIZE];
	struct dsync_hash hash;

	dsync_hash_init(&hash);
	dsync_hash_update(&hash, method, method_size);
	dsync_hash_update(&hash, " ", 1);
	dsync_hash_update(&hash, url, url_size);
	dsync_hash_update(&hash, "\n", 1);
	dsync_hash_update(&hash, headers, headers_size);
	dsync_hash_final(&hash, digest);
	memcpy(key, digest, 16);
}

void
dsync_attest_bind_key(
	unsigned char key[16], const unsigned char updater_hash[DSYNC_HASH_SIZE], struct dsync_view context)
{
	unsigned char digest[DSYNC_HASH_SIZE];
	struct dsync_hash hash;

	dsync_hash_init(&hash);
	dsync_hash_update(&hash, key, 16);
	dsync_hash_update(&hash, updater_hash, DSYNC_HASH_SIZE);
	dsync_hash_update(&hash, context.data, context.size);
	dsync_hash_final(&hash, digest);
	memcpy(key, digest, 16);
}
