/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "landlock.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef SYS_landlock_create_ruleset
#define SYS_landlock_create_ruleset 444
#define SYS_landlock_restrict_self 446
#endif

#define QUERY_VERSION 1u
#define QUERY_ERRATA 2u

#define SCOPE_ABSTRACT_SOCKETS 1u
#define SCOPE_SIGNALS 2u

#define KNOWN_ABI 7

struct attributes {
	uint64_t fs;
	uint64_t net;    /* from ABI 4 */
	uint64_t scopes; /* from ABI 6 */
};

/* What each ABI added.  A kernel newer than this table gets its last row. */
static const struct {
	uint64_t fs;
	uint64_t net;
	uint64_t scopes;
	size_t size;
} abis[KNOWN_ABI + 1] = {
	{ 0, 0, 0, 0 }, { 0x1fff, 0, 0, 8 }, /* execute, read, write, list, remove, make */
	{ 0x3fff, 0, 0, 8 },                 /* refer */
	{ 0x7fff, 0, 0, 8 },                 /* truncate */
	{ 0x7fff, 3, 0, 16 },                /* bind and connect of TCP */
	{ 0xffff, 3, 0, 16 },                /* ioctl of devices */
	{ 0xffff, 3, 3, 24 },                /* abstract sockets, signals */
	{ 0xffff, 3, 3, 24 },                /* logging and errata */
};

static long
create_ruleset(const struct attributes *attributes, size_t size, unsigned flags)
{
	return syscall(SYS_landlock_create_ruleset, attributes, size, flags);
}

/* Some kernels report ABI 6 without knowing the signal scope: they get the other one. */
static int
create(long abi, struct attributes *a)
{
	int fd;

	a->fs = abis[abi].fs;
	a->net = abis[abi].net;
	a->scopes = abis[abi].scopes;
	fd = (int)create_ruleset(a, abis[abi].size, 0);
	if (fd < 0 && errno == EINVAL && a->scopes != 0) {
		a->scopes = SCOPE_ABSTRACT_SOCKETS;
		fd = (int)create_ruleset(a, abis[abi].size, 0);
	}
	return fd;
}

void
dsync_landlock_restrict(struct dsync_landlock *result)
{
	struct attributes a;
	long abi, errata;
	int fd;

	memset(result, 0, sizeof(*result));
	abi = create_ruleset(NULL, 0, QUERY_VERSION);
	if (abi <= 0)
		return;
	errata = abi >= 7 ? create_ruleset(NULL, 0, QUERY_ERRATA) : 0;

	fd = create(abi < KNOWN_ABI ? abi : KNOWN_ABI, &a);
	if (fd < 0)
		return;
	if (syscall(SYS_landlock_restrict_self, fd, 0) == 0) {
		result->abi = (uint32_t)abi;
		result->errata = errata > 0 ? (uint32_t)errata : 0;
		result->scopes = (uint32_t)a.scopes;
		result->net = a.net != 0;
	}
	close(fd);
}
