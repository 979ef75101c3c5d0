/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * host_rule.h - entries of an allow-list: [scheme://]host[:port|:*].
 *
 * A bare host is https on 443.  A host with another port (or "*", any port) and no scheme is either scheme on it; http on 80 must be
 * written, as "http://host" or "host:80".  The brackets of an IPv6 address may be left out when there is no port.
 * "*.example.com" is one or more whole labels before ".example.com", never the apex, never an address, with
 * at least two labels after the star.  Addresses match exactly.  Names compare without case.
 */
#ifndef BROKER_HOST_RULE_H
#define BROKER_HOST_RULE_H

#include <stdbool.h>
#include <stdint.h>

#include "broker/url.h"
#include "dotsync/error.h"

struct dsync_host_rule {
	bool http;
	bool https;
	bool wildcard;
	bool any_port;
	uint16_t port;
	enum dsync_url_host_kind kind;
	char host[DSYNC_URL_HOST_SIZE]; /* after "*." when wildcard */
};

/* DSYNC_ERR_SYNTAX, rule "host"; a bare "*", "*.com" and stars elsewhere are refused. */
int dsync_host_rule_parse(struct dsync_host_rule *rule, const char *text, size_t size, struct dsync_error *err);
bool dsync_host_rule_allows(const struct dsync_host_rule *rule, const struct dsync_url *url);

#endif
