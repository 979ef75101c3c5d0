/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The contract host.*: results as in doc/contracts/host.md.  An answer is spooled whole before the guest hears of
 * it, because it may ask for its size and read it from the start again and again.
 */
#include <fcntl.h>
#include <string.h>

#include "base/error.h"
#include "base/sys.h"
#include "base/text.h"
#include "calls.h"

#define BAD_URL (-1)
#define NOT_ALLOWED (-2)
#define BODY_FAILED (-4)
#define REQUEST_FAILED (-5)

/* A file that nobody else finds: it never gets a name, or loses it at once where a file system makes no other. */
static int
open_spool(const struct dsync_calls *c)
{
	int fd = dsync_sys_openat(c->spool_folder, ".", O_TMPFILE | O_RDWR, 0600);
	int rc;

	if (fd >= 0)
		return fd;
	dsync_sys_unlinkat(c->spool_folder, c->spool_name); /* of one who was killed right here */
	fd = dsync_sys_openat(c->spool_folder, c->spool_name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
	rc = fd >= 0 ? dsync_sys_unlinkat(c->spool_folder, c->spool_name) : fd;
	if (rc == 0)
		return fd;
	if (fd >= 0)
		dsync_sys_close(fd);
	return rc;
}

static void
drop_spool(struct dsync_calls *c)
{
	if (c->spool >= 0)
		dsync_sys_close(c->spool);
	c->spool = -1;
	c->spool_size = 0;
}

static int
refuse_size(struct dsync_calls *c)
{
	return dsync_error_set(&c->fault, DSYNC_ERR_LIMIT, "bytes", "the answer is larger than this updater can count");
}

static int
spool_sink(void *user, const void *data, size_t size)
{
	struct dsync_calls *c = user;
	int rc;

	if (size > INT32_MAX - c->spool_size)
		return refuse_size(c);
	rc = dsync_sys_pwrite_all(c->spool, data, size, c->spool_size);
	if (rc < 0)
		return dsync_error_set_errno(&c->fault, -rc, "cannot keep the server's answer");
	c->spool_size += size;
	return 0;
}

static int
spool_body(struct dsync_calls *c, struct dsync_response *response)
{
	struct dsync_error err;
	int64_t n;
	int fd;

	if (dsync_response_length(response) > INT32_MAX)
		return refuse_size(c);
	fd = open_spool(c);
	if (fd < 0)
		return dsync_error_set_errno(&c->fault, -fd, "cannot keep the server's answer");
	c->spool = fd;
	memset(&err, 0, sizeof(err));
	n = dsync_response_pipe(response, -1, spool_sink, c, &err);
	if (n < 0 && err.code != 0)
		c->fault = err;
	return n < 0 ? (int)n : 0;
}

static int64_t
code_of(const struct dsync_error *fault)
{
	if (fault->code == DSYNC_ERR_SYNTAX)
		return BAD_URL;
	if (fault->code != DSYNC_ERR_POLICY)
		return REQUEST_FAILED;
	return strcmp(fault->rule, "method") == 0 || strcmp(fault->rule, "header") == 0 ? BAD_URL : NOT_ALLOWED;
}

static bool
ends_run(int code)
{
	return code == DSYNC_ERR_CANCELLED || code == DSYNC_ERR_GUEST;
}

int
dsync_calls_http(struct dsync_calls *c, const struct dsync_frame_call *call, struct dsync_frame_result *result)
{
	struct dsync_request request = { .url = (const char *)call->data.data, .take_304 = true };
	struct dsync_response *response;
	int rc;

	drop_spool(c);
	result->value = BAD_URL;
	if (call->a < 0 || (uint64_t)call->a > call->data.size || !dsync_text_is_utf8(call->data.data, call->data.size))
		return 0;
	if (call->a == 0) { /* on no list, as the reference has it */
		result->value = NOT_ALLOWED;
		return 0;
	}
	request.url_size = (size_t)call->a;
	request.method = (const char *)call->data.data + call->a;
	request.method_size = call->data.size - request.url_size;

	rc = dsync_calls_request(c, &request, &response);
	if (rc < 0) {
		result->value = code_of(&c->fault);
		return ends_run(rc) ? rc : 0;
	}
	result->value = dsync_response_status(response);
	if (result->value == 200) {
		c->got_status = 200;
		dsync_hash(c->got_url, request.url, request.url_size);
	}
	if (result->value == 304) /* a status like any other here; but a run that fails of it should say so */
		dsync_error_set(&c->fault, DSYNC_ERR_NETWORK, "http",
			"the server answered with status 304, which nobody asked for");
	rc = spool_body(c, response);
	dsync_response_close(response);
	if (rc < 0) {
		drop_spool(c);
		result->value = BODY_FAILED;
	}
	return ends_run(rc) ? rc : 0;
}

int
dsync_calls_last_size(struct dsync_calls *c, const struct dsync_frame_call *call, struct dsync_frame_result *result)
{
	(void)call;
	result->value = (int64_t)c->spool_size;
	return 0;
}

int
dsync_calls_last_read(struct dsync_calls *c, const struct dsync_frame_call *call, struct dsync_frame_result *result)
{
	unsigned char *room = dsync_buffer_reserve(&c->data, DSYNC_FRAME_CALL_DATA_MAX);
	uint64_t left;

	if (call->b < 0 || call->c < 0) {
		result->value = DSYNC_GUEST_ERR_INVAL;
		return 0;
	}
	if (room == NULL || (uint64_t)call->b >= c->spool_size)
		return 0;
	left = c->spool_size - (uint64_t)call->b;
	if (left > (uint64_t)call->c)
		left = (uint64_t)call->c;
	if (left > DSYNC_FRAME_CALL_DATA_MAX)
		left = DSYNC_FRAME_CALL_DATA_MAX;
	if (dsync_sys_pread_all(c->spool, room, (size_t)left, (uint64_t)call->b) < 0) {
		result->value = DSYNC_GUEST_ERR_IO;
		return 0;
	}
	dsync_buffer_added(&c->data, (size_t)left);
	result->value = (int64_t)left;
	return 0;
}

int
dsync_calls_write_at(struct dsync_calls *c, const struct dsync_frame_call *call, struct dsync_frame_result *result)
{
	/* Addresses of this contract have 32 bits; past them only a false worker writes, whom a gap costs nothing, and us the hashing. */
	if (call->b < 0 || call->b > UINT32_MAX) {
		result->value = DSYNC_GUEST_ERR_INVAL;
		return 0;
	}
	if (dsync_staging_write_at(c->staging, (uint64_t)call->b, call->data.data, call->data.size) < 0)
		result->value = dsync_calls_fail_staging(c);
	else
		result->value = (int64_t)call->data.size;
	return 0;
}
