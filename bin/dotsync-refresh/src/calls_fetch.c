/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Requests of dotsync.v1: FETCH and what is asked of its answers. */
#include <string.h>

#include "base/text.h"
#include "calls.h"
#include "dotsync/archive.h"
#include "fetch.h"

#define FLAG_CONDITIONAL 1

int
dsync_calls_fetch_body(struct dsync_calls *c, const struct dsync_frame_call *call, struct dsync_frame_result *result)
{
	int rc = dsync_buffer_append(&c->request_body, call->data.data, call->data.size);

	if (rc < 0) {
		dsync_buffer_clear(&c->request_body);
		result->value = DSYNC_GUEST_ERR_LIMIT;
	}
	return 0;
}

/* The parts of "METHOD URL\nname: value\n..." as views of it. */
struct head {
	struct dsync_request request;
	struct dsync_header headers[DSYNC_BROKER_HEADERS_MAX];
	struct dsync_view header_text;
};

static bool
take_header(struct head *head, const char *line, size_t size)
{
	const char *colon = memchr(line, ':', size);
	struct dsync_header *header;
	size_t used;

	if (colon == NULL || head->request.header_count == DSYNC_BROKER_HEADERS_MAX)
		return false;
	header = &head->headers[head->request.header_count++];
	header->name = line;
	header->name_size = (size_t)(colon - line);
	used = header->name_size + 1;
	while (used < size && line[used] == ' ')
		used++;
	header->value = line + used;
	header->value_size = size - used;
	return true;
}

/* What a name, a value or a URL may hold is the broker's to say. */
static bool
split_head(struct dsync_view data, struct head *head)
{
	const char *text = (const char *)data.data;
	const char *space = memchr(text, ' ', data.size);
	const char *end = memchr(text, '\n', data.size);
	size_t line = end != NULL ? (size_t)(end - text) : data.size;
	size_t at = end != NULL ? line + 1 : line;

	memset(head, 0, sizeof(*head));
	if (space == NULL || (size_t)(space - text) >= line)
		return false;
	head->request.method = text;
	head->request.method_size = (size_t)(space - text);
	head->request.url = space + 1;
	head->request.url_size = line - head->request.method_size - 1;
	head->request.headers = head->headers;
	head->header_text.data = data.data + at;
	head->header_text.size = data.size - at;

	while (at < data.size) {
		end = memchr(text + at, '\n', data.size - at);
		line = end != NULL ? (size_t)(end - text) - at : data.size - at;
		if (!take_header(head, text + at, line))
			return false;
		at += line + 1;
	}
	return true;
}

/* The old payload while it is compared: an archive may call any number of bytes its own, holes among them. */
struct reading {
	const struct dsync_calls *calls;
	struct dsync_hash hash;
};

static int
update_hash(void *user, const void *data, size_t size)
{
	struct reading *r = user;

	dsync_hash_update(&r->hash, data, size);
	return dsync_calls_time_left(r->calls) > 0 ? 0 : DSYNC_ERR_TIMEOUT;
}

/* Validators that came inside the archive are worth something only if they came with this very payload. */
static bool
payload_is_attested(const struct dsync_calls *c)
{
	struct reading r = { .calls = c };
	unsigned char digest[DSYNC_HASH_SIZE];

	dsync_hash_init(&r.hash);
	if (dsync_archive_stream_payload(c->base, update_hash, &r, NULL) < 0)
		return false;
	dsync_hash_final(&r.hash, digest);
	return memcmp(digest, c->attested_payload, sizeof(digest)) == 0;
}

/* What is known for exactly this request, or NULL. */
static const struct dsync_validators *
find_validators(struct dsync_calls *c, const unsigned char key[16])
{
	if (c->known.present && memcmp(c->known.request, key, 16) == 0)
		return &c->known;
	if (!c->attested.present || memcmp(c->attested.request, key, 16) != 0)
		return NULL;
	if (!payload_is_attested(c)) {
		c->attested.present = false;
		return NULL;
	}
	return &c->attested;
}

/* A header's value as it may be kept, else "". */
static void
keep_validator(char out[DSYNC_STATE_VALIDATOR_MAX + 1], const char *value)
{
	const char *p;

	out[0] = '\0';
	if (value == NULL || strlen(value) > DSYNC_STATE_VALIDATOR_MAX)
		return;
	for (p = value; *p != '\0'; p++) {
		if (*p < 0x20 || *p > 0x7e)
			return;
	}
	memcpy(out, value, strlen(value) + 1);
}

static void
keep_answer(struct dsync_calls *c, const struct head *head, const unsigned char key[16],
	const struct dsync_validators *sent, const struct dsync_response *response)
{
	int status = dsync_response_status(response);

	if (status != 200 && status != 304)
		return;
	c->got_status = status;
	if (c->fill != NULL)
		dsync_fetch_report_head(response, c->fill); /* the last one is that of the data */
	dsync_hash(c->got_url, head->request.url, head->request.url_size);
	memset(&c->got, 0, sizeof(c->got));
	if (key == NULL)
		return;
	c->got.present = true;
	memcpy(c->got.request, key, sizeof(c->got.request));
	keep_validator(c->got.etag, dsync_response_header(response, "ETag"));
	keep_validator(c->got.last_modified, dsync_response_header(response, "Last-Modified"));
	if (status == 304 && sent != NULL && c->got.etag[0] == '\0')
		memcpy(c->got.etag, sent->etag, sizeof(c->got.etag));
	if (status == 304 && sent != NULL && c->got.last_modified[0] == '\0')
		memcpy(c->got.last_modified, sent->last_modified, sizeof(c->got.last_modified));
}

/* Sends the request; the answer, or NULL with c->fault filled. */
static struct dsync_response *
send_request(struct dsync_calls *c, struct head *head, bool conditional)
{
	const struct dsync_request *r = &head->request;
	const struct dsync_validators *sent = NULL;
	struct dsync_response *response;
	unsigned char key[16], bound[16];

	head->request.body = dsync_buffer_view(&c->request_body);
	if (conditional) {
		dsync_attest_request_key(key, r->method, r->method_size, r->url, r->url_size,
			(const char *)head->header_text.data, head->header_text.size);
		memcpy(bound, key, sizeof(bound));
		dsync_calls_bind_key(c, bound);
		sent = find_validators(c, bound);
	}
	if (sent != NULL && sent->etag[0] != '\0')
		head->request.etag = sent->etag;
	if (sent != NULL && sent->last_modified[0] != '\0')
		head->request.last_modified = sent->last_modified;
	if (dsync_calls_request(c, r, &response) == 0)
		keep_answer(c, head, conditional ? key : NULL, sent, response);
	return response;
}

static struct dsync_open_response *
free_place(struct dsync_calls *c)
{
	size_t i;

	for (i = 0; i < DSYNC_CALLS_RESPONSES_MAX; i++) {
		if (c->open[i].handle == 0)
			return &c->open[i];
	}
	return NULL;
}

int
dsync_calls_fetch(struct dsync_calls *c, const struct dsync_frame_call *call, struct dsync_frame_result *result)
{
	struct dsync_open_response *place = free_place(c);
	struct dsync_response *response;
	struct head head;
	int end = 0;

	if (place == NULL) {
		result->value = DSYNC_GUEST_ERR_LIMIT;
	} else if ((call->a & ~(int64_t)FLAG_CONDITIONAL) != 0 || !split_head(call->data, &head)) {
		result->value = DSYNC_GUEST_ERR_INVAL;
	} else {
		response = send_request(c, &head, call->a == FLAG_CONDITIONAL);
		if (response == NULL) {
			result->value = dsync_calls_fail(c, &c->fault, &end);
		} else {
			place->handle = c->next_handle++;
			place->response = response;
			result->value = place->handle;
		}
	}
	dsync_buffer_clear(&c->request_body);
	return end;
}

int
dsync_calls_status(struct dsync_calls *c, const struct dsync_frame_call *call, struct dsync_frame_result *result)
{
	const struct dsync_open_response *open = dsync_calls_find(c, call->a);

	result->value = open != NULL ? dsync_response_status(open->response) : DSYNC_GUEST_ERR_INVAL;
	return 0;
}

int
dsync_calls_header(struct dsync_calls *c, const struct dsync_frame_call *call, struct dsync_frame_result *result)
{
	const struct dsync_open_response *open = dsync_calls_find(c, call->a);
	const char *value = NULL;
	char name[256];

	if (open == NULL || call->data.size >= sizeof(name) || memchr(call->data.data, '\0', call->data.size) != NULL) {
		result->value = DSYNC_GUEST_ERR_INVAL;
		return 0;
	}
	memcpy(name, call->data.data, call->data.size);
	name[call->data.size] = '\0';
	value = dsync_response_header(open->response, name);
	if (value == NULL) {
		result->value = DSYNC_GUEST_ERR_NOENT;
		return 0;
	}
	dsync_buffer_append_text(&c->data, value);
	result->value = (int64_t)strlen(value);
	return 0;
}

int
dsync_calls_close(struct dsync_calls *c, const struct dsync_frame_call *call, struct dsync_frame_result *result)
{
	struct dsync_open_response *open = dsync_calls_find(c, call->a);

	if (open == NULL) {
		result->value = DSYNC_GUEST_ERR_INVAL;
		return 0;
	}
	dsync_response_close(open->response);
	memset(open, 0, sizeof(*open));
	return 0;
}
