/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * attest.h - sync.attest: what this host got and how.
 *
 * A DSSE envelope (payloadType application/vnd.dotsync.attest.v1+json) with no signature until this host has a key.
 * It travels with the archive through cp, scp, tar and git, so freshness base and validators do too.  Read as hostile.
 */
#ifndef RUNTIME_ATTEST_H
#define RUNTIME_ATTEST_H

#include <stdint.h>

#include "base/buffer.h"
#include "base/hash.h"
#include "dotsync/error.h"
#include "dotsync/view.h"
#include "runtime/state.h"

struct dsync_archive;

struct dsync_attest {
	int64_t base;                                /* when the data was got */
	int status;                                  /* HTTP status, 0: not by HTTP */
	unsigned char url_hash[DSYNC_HASH_SIZE];     /* zeros: none */
	unsigned char updater_hash[DSYNC_HASH_SIZE]; /* zeros: none */
	unsigned char payload_hash[DSYNC_HASH_SIZE];
	uint64_t payload_size;
	unsigned char request[16]; /* as in struct dsync_state */
	char etag[DSYNC_STATE_VALIDATOR_MAX + 1];
	char last_modified[DSYNC_STATE_VALIDATOR_MAX + 1];
};

int dsync_attest_write(const struct dsync_attest *attest, struct dsync_buffer *out);
int dsync_attest_parse(const void *json, size_t size, struct dsync_attest *attest, struct dsync_error *err);

/* Of this archive; DSYNC_ERR_NOT_FOUND when there is none, it is not readable, or it speaks of a payload of another size. */
int dsync_attest_load(const struct dsync_archive *archive, struct dsync_attest *attest);

/* BLAKE3-128 over method, URL and headers: what was asked for. */
void dsync_attest_request_key(unsigned char key[16], const char *method, size_t method_size, const char *url,
	size_t url_size, const char *headers, size_t headers_size);

/*
 * Makes it the key of validators: BLAKE3-128 over it, the updater's hash and the context.  Another updater, or this one with other
 * parameters, makes another payload of the same answer, and must not hear that nothing has changed.
 */
void dsync_attest_bind_key(
	unsigned char key[16], const unsigned char updater_hash[DSYNC_HASH_SIZE], struct dsync_view context);

#endif
