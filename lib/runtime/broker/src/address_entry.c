/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#include "base/text.h"
#include "broker/address.h"

#define HOST_SIZE 64 /* the longest address, and "localhost" */
#define LOCALHOST "localhost"
#define LOCALHOST_SIZE (sizeof(LOCALHOST) - 1)

/* The host alone: no scheme, no port, no brackets. */
static const char *
find_host(const char *entry, size_t *size)
{
	const char *scheme = strstr(entry, "://");
	const char *host = scheme != NULL ? scheme + 3 : entry;
	const char *colon = strchr(host, ':');

	if (host[0] == '[') {
		host++;
		*size = strcspn(host, "]");
	} else if (colon != NULL && strchr(colon + 1, ':') == NULL) {
		*size = (size_t)(colon - host);
	} else {
		*size = strlen(host); /* no port, or an address with colons */
	}
	return host;
}

static bool
is_localhost(const char *host, size_t size)
{
	const char *tail;

	if (size < LOCALHOST_SIZE)
		return false;
	tail = host + size - LOCALHOST_SIZE;
	return dsync_text_equal_case(tail, LOCALHOST_SIZE, LOCALHOST, LOCALHOST_SIZE) &&
		(tail == host || tail[-1] == '.');
}

bool
dsync_address_entry_is_private(const char *entry)
{
	struct sockaddr_in v4 = { .sin_family = AF_INET };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6 };
	char text[HOST_SIZE];
	const char *host;
	size_t size;

	host = find_host(entry, &size);
	if (is_localhost(host, size))
		return true;
	if (size >= sizeof(text))
		return false;
	memcpy(text, host, size);
	text[size] = '\0';
	if (inet_pton(AF_INET, text, &v4.sin_addr) == 1)
		return dsync_address_classify((const struct sockaddr *)&v4, sizeof(v4)) == DSYNC_ADDRESS_PRIVATE;
	if (inet_pton(AF_INET6, text, &v6.sin6_addr) == 1)
		return dsync_address_classify((const struct sockaddr *)&v6, sizeof(v6)) == DSYNC_ADDRESS_PRIVATE;
	return false;
}
