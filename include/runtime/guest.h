/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * guest.h - answers to the guest protocol: guest.v1 and its JSON-RPC 2.0 successor, a line each.
 *
 *	dsync_guest_create(&guest, path, context, environ, &err);
 *	for each line:
 *		dsync_guest_answer(guest, line, size, &out);      one line, without its newline
 *	dsync_guest_destroy(guest);
 *
 * Which of the two a request is in is found from itself (doc/contracts/guest-protocol.md).  Every line gets an answer in its own
 * protocol, whatever is wrong with it; each request is judged for itself, nothing of one is left for the next.
 */
#ifndef RUNTIME_GUEST_H
#define RUNTIME_GUEST_H

#include "base/buffer.h"
#include "dotsync/error.h"

struct dsync_context;
struct dsync_guest;

#define DSYNC_GUEST_PAYLOAD_MAX (UINT64_C(64) << 20) /* of one request or answer */
#define DSYNC_GUEST_LINE_MAX \
	(DSYNC_GUEST_PAYLOAD_MAX / 3 * 4 + (UINT64_C(1) << 20)) /* as base64, and what is around it */
#define DSYNC_GUEST_DEPTH_MAX 64

/*
 * `path` is the archive as requests must name it; it need not be there yet.  `environment` is what this process was started with: the
 * contract of the protocol is in it.  Both are borrowed, and so is the context (may be NULL).  `payload_max` is at most DSYNC_GUEST_PAYLOAD_MAX.
 */
int dsync_guest_create(struct dsync_guest **guest, const char *path, struct dsync_context *context,
	char *const *environment, uint64_t payload_max, struct dsync_error *err);
void dsync_guest_destroy(struct dsync_guest *guest);

/* Appends one answer to an empty buffer without a limit; negative only when memory ran out for even that. */
int dsync_guest_answer(struct dsync_guest *guest, const void *line, size_t size, struct dsync_buffer *out);

/* The answers to what could not even be read: a line over `size_max`, and an end without any request. */
int dsync_guest_answer_too_long(uint64_t size_max, struct dsync_buffer *out);
int dsync_guest_answer_nothing(struct dsync_buffer *out);

#endif
