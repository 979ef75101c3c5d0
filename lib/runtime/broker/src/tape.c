/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Answers kept in a folder, and given again without a network (dotsync-run(1)).  Each hop has two files with its number:
 * NNN.head, with the request's line, a blank line, and the answer's head as the server sent it; and
 * NNN.body.  An answer is given to the first request with the same method, URL and body that has not had it yet.
 * Everything that is asked of a request before it is sent is asked of it here as well.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/sys.h"
#include "internal.h"

#define NAME_SIZE 16
#define HEAD_FILE_MAX (DSYNC__HEAD_BYTES_MAX + DSYNC_URL_SIZE_MAX + 256u)

_Static_assert(DSYNC_BROKER_REQUESTS_MAX <= 64, "a bit for each answer");

struct dsync__tape {
	int folder; /* the broker's */
	unsigned number;
	struct dsync_buffer head; /* the whole file */
	size_t start;             /* recording: where the answer begins in it; playing: where the next line does */
	int body;
	uint64_t at; /* in the body */
};

static void
name_file(char name[NAME_SIZE], unsigned number, const char *kind)
{
	snprintf(name, NAME_SIZE, "%03u.%s", number, kind);
}

/* What tells one request from another. */
static void
write_request(struct dsync_buffer *out, const struct dsync_response *r, const struct dsync__hop *hop)
{
	char text[DSYNC_HASH_TEXT_SIZE];
	unsigned char hash[DSYNC_HASH_SIZE];

	dsync_buffer_printf(out, "%s %s\n", dsync__method_name(hop->method), r->record->url);
	if (hop->with_body) {
		dsync_hash(hash, hop->request->body.data, hop->request->body.size);
		dsync_hash_format(text, hash);
		dsync_buffer_printf(out, "Body: %s\n", text);
	}
	dsync_buffer_append_byte(out, '\n');
}

static int
fail_file(const struct dsync__tape *tape, const char *kind, int sys_errno, const char *what, struct dsync_error *err)
{
	char name[NAME_SIZE];
	int rc;

	name_file(name, tape->number, kind);
	rc = dsync_error_set_errno(err, sys_errno, "%s", what);
	dsync_error_at_entry(err, name, strlen(name));
	return rc;
}

/* Whoever made the folder may have put a pipe there, which would be waited for. */
static int
open_body(struct dsync__tape *tape, int flags, const char *what, struct dsync_error *err)
{
	char name[NAME_SIZE];
	struct stat st;
	int rc;

	name_file(name, tape->number, "body");
	tape->body = dsync_sys_openat(tape->folder, name, flags | O_NOFOLLOW | O_NONBLOCK, 0666);
	if (tape->body < 0)
		return fail_file(tape, "body", -tape->body, what, err);
	rc = dsync_sys_fstat(tape->body, &st);
	if (rc < 0)
		return fail_file(tape, "body", -rc, what, err);
	if (S_ISREG(st.st_mode))
		return 0;
	rc = dsync_error_set(err, DSYNC_ERR_INVALID, "", "%s: it is not a regular file", what);
	dsync_error_at_entry(err, name, strlen(name));
	return rc;
}

static int
begin_recording(struct dsync_response *r, const struct dsync__hop *hop, struct dsync_error *err)
{
	struct dsync__tape *tape = r->tape;

	tape->number = (unsigned)(r->record - r->broker->records) + 1;
	write_request(&tape->head, r, hop);
	tape->start = tape->head.size;
	return open_body(tape, O_WRONLY | O_CREAT | O_EXCL, "cannot keep an answer", err);
}

static bool
starts_with(const struct dsync_buffer *text, const struct dsync_buffer *start)
{
	return text->size >= start->size && memcmp(text->data, start->data, start->size) == 0;
}

/* The head of the first unused answer to this request goes into the tape; 0, 1 when there is none, or why not. */
static int
find_answer(struct dsync_response *r, const struct dsync_buffer *request, struct dsync_error *err)
{
	struct dsync__tape *tape = r->tape;
	char name[NAME_SIZE];
	int rc;

	for (tape->number = 1; tape->number <= DSYNC_BROKER_REQUESTS_MAX; tape->number++) {
		uint64_t bit = UINT64_C(1) << (tape->number - 1);

		if ((r->broker->replayed & bit) != 0)
			continue;
		name_file(name, tape->number, "head");
		dsync_buffer_clear(&tape->head);
		rc = dsync_file_read(tape->folder, name, &tape->head, err);
		if (rc == DSYNC_ERR_NOT_FOUND)
			continue;
		if (rc < 0)
			return rc;
		if (starts_with(&tape->head, request)) {
			r->broker->replayed |= bit;
			return 0;
		}
	}
	return 1;
}

static int
begin_playing(struct dsync_response *r, const struct dsync__hop *hop, struct dsync_error *err)
{
	struct dsync_buffer request;
	int rc;

	dsync_buffer_init(&request, HEAD_FILE_MAX);
	write_request(&request, r, hop);
	rc = dsync_buffer_error(&request) < 0 ? dsync_error_set_memory(err) : find_answer(r, &request, err);
	r->tape->start = request.size;
	dsync_buffer_finish(&request);
	if (rc == 1) {
		rc = dsync_error_set(err, DSYNC_ERR_NETWORK, "replay", "no answer to this request was recorded");
		dsync_error_at_entry(err, r->url.text, strlen(r->url.text));
		dsync_error_hint(err, "record again, or see NNN.head in the folder for what was asked");
	}
	return rc < 0 ? rc : open_body(r->tape, O_RDONLY, "cannot read an answer", err);
}

int
dsync__tape_begin(struct dsync_response *r, const struct dsync__hop *hop, struct dsync_error *err)
{
	if (r->broker->tape_folder < 0)
		return 0;
	r->tape = calloc(1, sizeof(*r->tape));
	if (r->tape == NULL)
		return dsync_error_set_memory(err);
	r->tape->folder = r->broker->tape_folder;
	r->tape->body = -1;
	dsync_buffer_init(&r->tape->head, HEAD_FILE_MAX);
	return dsync__tape_plays(r) ? begin_playing(r, hop, err) : begin_recording(r, hop, err);
}

bool
dsync__tape_plays(const struct dsync_response *r)
{
	return r->tape != NULL && r->broker->policy.replay != NULL;
}

static bool
records(const struct dsync_response *r)
{
	return r->tape != NULL && r->broker->policy.replay == NULL;
}

int
dsync__tape_keep_head(struct dsync_response *r, const void *line, size_t size)
{
	struct dsync__tape *tape = r->tape;
	struct dsync_view head;
	char name[NAME_SIZE];

	if (!records(r))
		return 0;
	if (r->status == 0) { /* this was an interim answer */
		tape->head.size = tape->start;
		return 0;
	}
	dsync_buffer_append(&tape->head, line, size);
	if (!r->head_done)
		return 0;
	head = dsync_buffer_view(&tape->head);
	name_file(name, tape->number, "head");
	return dsync_file_write(tape->folder, name, head.data, head.size, 0644, &r->fault);
}

int
dsync__tape_keep_body(struct dsync_response *r, const void *data, size_t size)
{
	struct dsync__tape *tape = r->tape;
	int rc;

	if (!records(r))
		return 0;
	rc = dsync_sys_pwrite_all(tape->body, data, size, tape->at);
	if (rc < 0)
		return fail_file(tape, "body", -rc, "cannot keep an answer", &r->fault);
	tape->at += size;
	return 0;
}

static void
play_head(struct dsync_response *r)
{
	struct dsync__tape *tape = r->tape;
	char *line = (char *)tape->head.data + tape->start;
	size_t left = tape->head.size - tape->start;
	const char *end = memchr(line, '\n', left);
	size_t size = end != NULL ? (size_t)(end - line) + 1 : left;

	tape->start += size;
	if (size == 0 || dsync__head_receive(line, 1, size, r) != size) {
		r->done = true;
		r->result = CURLE_WEIRD_SERVER_REPLY;
	}
}

static void
end_play(struct dsync_response *r)
{
	r->done = true;
	if (r->length >= 0 && r->received < (uint64_t)r->length && !dsync__response_without_body(r))
		r->result = CURLE_PARTIAL_FILE;
}

static void
play_body(struct dsync_response *r)
{
	char piece[CURL_MAX_WRITE_SIZE];
	ssize_t got = dsync_sys_pread(r->tape->body, piece, sizeof(piece), r->tape->at);
	size_t taken;

	if (got < 0)
		fail_file(r->tape, "body", (int)-got, "cannot read an answer", &r->fault);
	if (got <= 0) {
		end_play(r);
		return;
	}
	taken = dsync__body_receive(piece, 1, (size_t)got, r);
	if (taken == (size_t)got)
		r->tape->at += taken;
	else if (taken != CURL_WRITEFUNC_PAUSE)
		r->done = true; /* the fault or the sink's error says why */
}

void
dsync__tape_play(struct dsync_response *r)
{
	while (!r->head_done && !r->done)
		play_head(r);
	if (!r->done)
		play_body(r);
}

/* An answer that did not come whole is not kept; one that was left alone is, as far as it was read. */
static void
drop_recording(const struct dsync__tape *tape)
{
	char name[NAME_SIZE];

	name_file(name, tape->number, "head");
	dsync_sys_unlinkat(tape->folder, name);
	name_file(name, tape->number, "body");
	dsync_sys_unlinkat(tape->folder, name);
}

void
dsync__tape_end(struct dsync_response *r)
{
	struct dsync__tape *tape = r->tape;

	if (tape == NULL)
		return;
	if (records(r) && tape->body >= 0 && (!r->head_done || r->failed != 0))
		drop_recording(tape);
	if (tape->body >= 0)
		dsync_sys_close(tape->body);
	dsync_buffer_finish(&tape->head);
	free(tape);
	r->tape = NULL;
}
