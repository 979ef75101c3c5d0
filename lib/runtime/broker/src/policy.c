/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Whether a request may go out.  Both lists are asked about the request at hand; an
 * intersection of the lists themselves is never computed.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "internal.h"

int
dsync__rules_create(struct dsync__rules *rules, const struct dsync_host_list *list, struct dsync_error *err)
{
	const char *entry;
	size_t i;

	memset(rules, 0, sizeof(*rules));
	if (list->count == 0)
		return 0;
	rules->rules = calloc(list->count, sizeof(*rules->rules));
	if (rules->rules == NULL)
		return dsync_error_set_memory(err);
	for (i = 0; i < list->count; i++) {
		entry = list->entries[i];
		if (dsync_host_rule_parse(&rules->rules[rules->count], entry, strlen(entry), NULL) == 0) {
			rules->count++;
		} else if (rules->unusable == NULL) {
			rules->unusable = strdup(entry);
			if (rules->unusable == NULL)
				return dsync_error_set_memory(err);
		}
	}
	return 0;
}

void
dsync__rules_finish(struct dsync__rules *rules)
{
	free(rules->rules);
	free(rules->unusable);
}

bool
dsync__rules_allow(const struct dsync__rules *rules, const struct dsync_url *url)
{
	size_t i;

	for (i = 0; i < rules->count; i++) {
		if (dsync_host_rule_allows(&rules->rules[i], url))
			return true;
	}
	return false;
}

/* Scheme, host and port of the URL, which is how the entry that allows it is written. */
static int
refuse_url(const struct dsync_url *url, const char *rule, const char *what, struct dsync_error *err)
{
	dsync_error_set(err, DSYNC_ERR_POLICY, rule, "%s", what);
	dsync_error_at_entry(err, url->text, strlen(url->text));
	return DSYNC_ERR_POLICY;
}

static int
check_list(const struct dsync__rules *rules, const struct dsync_url *url, const char *what, struct dsync_error *err)
{
	int rc;

	if (dsync__rules_allow(rules, url))
		return 0;
	rc = refuse_url(url, "host", what, err);
	dsync_error_expected(err, "an entry %.*s", (int)(url->path_offset < 200 ? url->path_offset : 200), url->text);
	if (rules->unusable != NULL)
		dsync_error_found(err, "none, but one that allows nothing: \"%s\"", rules->unusable);
	return rc;
}

int
dsync__policy_check_url(const struct dsync_broker *broker, const struct dsync_url *url, struct dsync_error *err)
{
	bool withheld;
	int rc;

	if (broker->policy.network_none)
		return refuse_url(
			url, "network", "the archive may not use the network (policy.network_scope is \"none\")", err);
	if (broker->policy.record_hosts)
		return 0;
	withheld = dsync__rules_allow(&broker->withheld, url);
	rc = check_list(&broker->asked, url,
		withheld ? "host that the session does not allow (allowed_hosts)"
			 : "host that the manifest does not ask for (permissions.allow_hosts)",
		err);
	if (rc < 0 && withheld)
		dsync_error_hint(err, "let the session allow it, or do without it");
	if (rc < 0)
		return rc;
	return check_list(&broker->granted, url, "host that was not granted", err);
}

static bool
private_allowed(const struct dsync_broker *broker, const struct dsync_url *url)
{
	if (broker->policy.record_hosts && url->kind == broker->first.kind &&
		strcmp(url->host, broker->first.host) == 0)
		return true;
	return dsync__rules_allow(&broker->private_, url);
}

static void
format_address(const struct sockaddr *address, socklen_t size, char out[INET6_ADDRSTRLEN])
{
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;

	snprintf(out, INET6_ADDRSTRLEN, "of another family");
	if (address->sa_family == AF_INET && size >= (socklen_t)sizeof(v4)) {
		memcpy(&v4, address, sizeof(v4));
		inet_ntop(AF_INET, &v4.sin_addr, out, INET6_ADDRSTRLEN);
	} else if (address->sa_family == AF_INET6 && size >= (socklen_t)sizeof(v6)) {
		memcpy(&v6, address, sizeof(v6));
		inet_ntop(AF_INET6, &v6.sin6_addr, out, INET6_ADDRSTRLEN);
	}
}

int
dsync__policy_check_address(const struct dsync_broker *broker, const struct dsync_url *url,
	const struct sockaddr *address, socklen_t size, struct dsync_error *err)
{
	enum dsync_address_class class = dsync_address_classify(address, size);
	char text[INET6_ADDRSTRLEN];

	if (class == DSYNC_ADDRESS_PUBLIC || (class == DSYNC_ADDRESS_PRIVATE && private_allowed(broker, url)))
		return 0;
	format_address(address, size, text);
	refuse_url(url, "address",
		class == DSYNC_ADDRESS_PRIVATE ? "private address" : "address that is never connected to", err);
	dsync_error_expected(err, "a public address");
	dsync_error_found(err, "%s", text);
	if (class == DSYNC_ADDRESS_PRIVATE)
		dsync_error_hint(err,
			"if that machine is yours, `dotsync grant FILE --private %s://%s%s%s:%u` allows it",
			url->https ? "https" : "http", url->kind == DSYNC_HOST_IPV6 ? "[" : "", url->host,
			url->kind == DSYNC_HOST_IPV6 ? "]" : "", url->port);
	return DSYNC_ERR_POLICY;
}

int
dsync__policy_check_literal(const struct dsync_broker *broker, const struct dsync_url *url, struct dsync_error *err)
{
	struct sockaddr_in v4 = { .sin_family = AF_INET };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6 };

	if (url->kind == DSYNC_HOST_IPV4 && inet_pton(AF_INET, url->host, &v4.sin_addr) == 1)
		return dsync__policy_check_address(broker, url, (const struct sockaddr *)&v4, sizeof(v4), err);
	if (url->kind == DSYNC_HOST_IPV6 && inet_pton(AF_INET6, url->host, &v6.sin6_addr) == 1)
		return dsync__policy_check_address(broker, url, (const struct sockaddr *)&v6, sizeof(v6), err);
	return 0;
}
