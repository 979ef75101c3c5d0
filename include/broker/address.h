/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * address.h - may a connection go to this address?
 *
 * The public Internet only, unless the user granted the host as private: every range of doc/threat-model.md is refused, and
 * IPv4 inside IPv6 is judged as IPv4.
 */
#ifndef BROKER_ADDRESS_H
#define BROKER_ADDRESS_H

#include <stdbool.h>
#include <sys/socket.h>

enum dsync_address_class {
	DSYNC_ADDRESS_PUBLIC,
	DSYNC_ADDRESS_PRIVATE, /* loopback, link-local, RFC 1918, unique local, CGNAT: reachable with a grant */
	DSYNC_ADDRESS_REFUSED, /* multicast, reserved, documentation, unspecified, other families: never */
};

enum dsync_address_class dsync_address_classify(const struct sockaddr *address, socklen_t size);

/* Does an entry of a list of hosts ([scheme://]host[:port]) name a private address itself, or this machine as "localhost" does? */
bool dsync_address_entry_is_private(const char *entry);

#endif
