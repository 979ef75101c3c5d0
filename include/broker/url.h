/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * url.h - the strict URL grammar of the broker.
 *
 * A URL is accepted only when it has one reading: bytes 0x21-0x7E, scheme http or https followed by exactly "//", no
 * user part, a host that is labels of letters, digits and hyphens, or a dotted quad, or an address in brackets, a port of 1 to 65535 without leading zero, at most
 * 8192 bytes.  The fragment is accepted and never sent.  The HTTP client parses the same text with curl_url; both must agree.
 */
#ifndef BROKER_URL_H
#define BROKER_URL_H

#include <stdbool.h>
#include <stdint.h>

#include "dotsync/error.h"

#define DSYNC_URL_SIZE_MAX 8192u
#define DSYNC_URL_HOST_SIZE 256u

enum dsync_url_host_kind { DSYNC_HOST_NAME, DSYNC_HOST_IPV4, DSYNC_HOST_IPV6 };

struct dsync_url {
	bool https;
	enum dsync_url_host_kind kind;
	char host[DSYNC_URL_HOST_SIZE]; /* lower case, no trailing dot, no brackets */
	uint16_t port;                  /* the default of the scheme when absent */
	bool port_given;
	char text[DSYNC_URL_SIZE_MAX + 1]; /* scheme://host[:port]path[?query]: normalised, without fragment */
	uint32_t path_offset;              /* of the path in `text` */
};

/* DSYNC_ERR_SYNTAX, rule "url", with what was found and a hint (xn-- for names that are not ASCII). */
int dsync_url_parse(struct dsync_url *url, const char *text, size_t size, struct dsync_error *err);

/* The same scheme, host and port. */
bool dsync_url_same_origin(const struct dsync_url *a, const struct dsync_url *b);

/* Resolves a Location header against the URL that sent it (RFC 3986 section 5), then parses strictly. */
int dsync_url_resolve(struct dsync_url *url, const struct dsync_url *base, const char *location, size_t size,
	struct dsync_error *err);

#endif
