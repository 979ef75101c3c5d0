/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The resolver of test programs: takes the place of src/resolve.c when they are linked.
 * Names below .test get addresses without asking anybody.
 */
#include <stdio.h>
#include <string.h>

#include "../src/internal.h"
#include "fixture.h"

struct name {
	const char *host;
	const char *addresses; /* by commas */
};

static const struct name names[] = {
	{ "loop.test", "127.0.0.1" },
	{ "loop2.test", "127.0.0.1" },
	{ "ten.test", "10.0.0.1" },
	{ "metadata.test", "169.254.169.254" },
	{ "cgnat.test", "100.64.0.1" },
	{ "unique.test", "[fd00::1]" },
	{ "nat64.test", "[64:ff9b::7f00:1]" },
	{ "mapped.test", "[::ffff:127.0.0.1]" },
	{ "mixed.test", "240.0.0.1,127.0.0.1" },
	{ "bad.test", "240.0.0.1,224.0.0.1" },
};

unsigned resolver_calls;

/* Good the first time, bad ever after. */
static const char *
rebind(void)
{
	return resolver_calls == 1 ? "127.0.0.1" : "224.0.0.1";
}

struct curl_slist *
dsync__resolve(const char *host, uint16_t port)
{
	const char *addresses = NULL;
	char line[512];
	size_t i;

	resolver_calls++;
	if (strcmp(host, "rebind.test") == 0)
		addresses = rebind();
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(names[i].host, host) == 0)
			addresses = names[i].addresses;
	}
	if (addresses == NULL)
		return NULL;
	snprintf(line, sizeof(line), "%s:%u:%s", host, port, addresses);
	return curl_slist_append(NULL, line);
}
