/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The IANA special-purpose registries, as far as they say "not globally reachable", and
 * what is multicast or reserved.  IPv6 is denied outside 2000::/3, so that ranges which do
 * not exist yet are refused until they do.
 */
#include "broker/address.h"

#include <netinet/in.h>
#include <stdint.h>
#include <string.h>

struct range {
	uint8_t prefix[16];
	unsigned bits;
	enum dsync_address_class class;
};

#define PRIVATE DSYNC_ADDRESS_PRIVATE
#define REFUSED DSYNC_ADDRESS_REFUSED

/* The first match counts; without one the address is public. */
static const struct range ipv4_ranges[] = {
	{ { 0 }, 8, REFUSED },             /* this network; 0.0.0.0 reaches the machine itself */
	{ { 10 }, 8, PRIVATE },            /* RFC 1918 */
	{ { 100, 64 }, 10, PRIVATE },      /* carrier-grade NAT */
	{ { 127 }, 8, PRIVATE },           /* loopback */
	{ { 169, 254 }, 16, PRIVATE },     /* link-local; 169.254.169.254 hands out cloud credentials */
	{ { 172, 16 }, 12, PRIVATE },      /* RFC 1918 */
	{ { 192, 0, 0 }, 24, REFUSED },    /* IETF protocol assignments */
	{ { 192, 0, 2 }, 24, REFUSED },    /* documentation */
	{ { 192, 31, 196 }, 24, REFUSED }, /* AS112 */
	{ { 192, 52, 193 }, 24, REFUSED }, /* AMT */
	{ { 192, 88, 99 }, 24, REFUSED },  /* 6to4 relays */
	{ { 192, 168 }, 16, PRIVATE },     /* RFC 1918 */
	{ { 192, 175, 48 }, 24, REFUSED }, /* AS112 */
	{ { 198, 18 }, 15, REFUSED },      /* benchmarks */
	{ { 198, 51, 100 }, 24, REFUSED }, /* documentation */
	{ { 203, 0, 113 }, 24, REFUSED },  /* documentation */
	{ { 224 }, 4, REFUSED },           /* multicast */
	{ { 240 }, 4, REFUSED },           /* reserved, broadcast */
};

/* The first match counts; without one the address is refused. */
static const struct range ipv6_ranges[] = {
	{ { [15] = 1 }, 128, PRIVATE },                          /* loopback */
	{ { 0xFC }, 7, PRIVATE },                                /* unique local */
	{ { 0xFE, 0x80 }, 10, PRIVATE },                         /* link-local */
	{ { 0x20, 0x01, 0x00 }, 23, REFUSED },                   /* Teredo, ORCHID, benchmarks */
	{ { 0x20, 0x01, 0x0D, 0xB8 }, 32, REFUSED },             /* documentation */
	{ { 0x20, 0x02 }, 16, REFUSED },                         /* 6to4 */
	{ { 0x26, 0x20, 0x00, 0x4F, 0x80, 0x00 }, 48, REFUSED }, /* AS112 */
	{ { 0x3F, 0xFF }, 20, REFUSED },                         /* documentation */
	{ { 0x20 }, 3, DSYNC_ADDRESS_PUBLIC },                   /* global unicast */
};

/* Their last 32 bits are an IPv4 address, and a connection ends up there. */
static const struct range ipv4_inside[] = {
	{ { [10] = 0xFF, [11] = 0xFF }, 96, REFUSED }, /* ::ffff:0:0/96, v4-mapped */
	{ { 0x00, 0x64, 0xFF, 0x9B }, 96, REFUSED },   /* 64:ff9b::/96, NAT64 */
};

static bool
in_range(const uint8_t *address, const struct range *range)
{
	unsigned bytes = range->bits / 8;
	unsigned rest = range->bits % 8;
	uint8_t mask = (uint8_t)(0xFF00u >> rest);

	return memcmp(address, range->prefix, bytes) == 0 &&
		(rest == 0 || (address[bytes] & mask) == (range->prefix[bytes] & mask));
}

static const struct range *
find_range(const struct range *ranges, size_t count, const uint8_t *address)
{
	size_t i;

	for (i = 0; i < count; i++) {
		if (in_range(address, &ranges[i]))
			return &ranges[i];
	}
	return NULL;
}

#define FIND(ranges, address) find_range((ranges), sizeof(ranges) / sizeof((ranges)[0]), (address))

static enum dsync_address_class
classify_ipv4(const uint8_t address[4])
{
	const struct range *range = FIND(ipv4_ranges, address);

	return range != NULL ? range->class : DSYNC_ADDRESS_PUBLIC;
}

static enum dsync_address_class
classify_ipv6(const uint8_t address[16])
{
	const struct range *range;

	if (FIND(ipv4_inside, address) != NULL)
		return classify_ipv4(address + 12);
	range = FIND(ipv6_ranges, address);
	return range != NULL ? range->class : DSYNC_ADDRESS_REFUSED;
}

enum dsync_address_class
dsync_address_classify(const struct sockaddr *address, socklen_t size)
{
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;

	if (address == NULL || size < (socklen_t)sizeof(address->sa_family))
		return DSYNC_ADDRESS_REFUSED;
	if (address->sa_family == AF_INET && size >= (socklen_t)sizeof(v4)) {
		memcpy(&v4, address, sizeof(v4)); /* may lie unaligned in curl's struct */
		return classify_ipv4((const uint8_t *)&v4.sin_addr);
	}
	if (address->sa_family == AF_INET6 && size >= (socklen_t)sizeof(v6)) {
		memcpy(&v6, address, sizeof(v6));
		return classify_ipv6(v6.sin6_addr.s6_addr);
	}
	return DSYNC_ADDRESS_REFUSED;
}
