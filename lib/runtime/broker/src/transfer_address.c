/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * curl asks twice: with the very address that a socket is about to connect to, so that no
 * name can be rebound in between, and again before the request goes out on the connection.
 * With a proxy of the user's, both would see the proxy, whose affair addresses are then.
 */
#include <arpa/inet.h>
#include <string.h>
#include <sys/socket.h>

#include "base/error.h"
#include "internal.h"

static bool
address_allowed(struct dsync_response *r, const struct sockaddr *address, socklen_t size)
{
	struct dsync_error err;

	if (r->broker->policy.proxy != NULL)
		return true;
	if (dsync__policy_check_address(r->broker, &r->url, address, size, &err) == 0)
		return true;
	r->refused = err;
	return false;
}

curl_socket_t
dsync__transfer_open_socket(void *user, curlsocktype purpose, struct curl_sockaddr *address)
{
	struct dsync_response *r = user;
	int fd;

	if (purpose != CURLSOCKTYPE_IPCXN || !address_allowed(r, &address->addr, (socklen_t)address->addrlen))
		return CURL_SOCKET_BAD;
	fd = socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
	return fd >= 0 ? fd : CURL_SOCKET_BAD;
}

static bool
remote_allowed(struct dsync_response *r, const char *ip)
{
	struct sockaddr_in v4 = { .sin_family = AF_INET };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6 };

	if (inet_pton(AF_INET, ip, &v4.sin_addr) == 1)
		return address_allowed(r, (const struct sockaddr *)&v4, sizeof(v4));
	if (inet_pton(AF_INET6, ip, &v6.sin6_addr) == 1)
		return address_allowed(r, (const struct sockaddr *)&v6, sizeof(v6));
	return false;
}

int
dsync__transfer_before_request(void *user, char *remote_ip, char *local_ip, int remote_port, int local_port)
{
	struct dsync_response *r = user;

	(void)local_ip;
	(void)local_port;
	if (r->broker->policy.proxy != NULL)
		return CURL_PREREQFUNC_OK;
	if (!remote_allowed(r, remote_ip) || remote_port != r->url.port) {
		if (r->refused.code == 0)
			dsync_error_set(
				&r->refused, DSYNC_ERR_POLICY, "address", "connected to another place than asked for");
		return CURL_PREREQFUNC_ABORT;
	}
	return CURL_PREREQFUNC_OK;
}
