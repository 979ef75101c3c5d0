/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "broker/host_rule.h"

#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "internal.h"

#define PORT_HTTPS 443

static int
refuse(struct dsync_error *err, const char *text, size_t size, const char *why, const char *hint)
{
	dsync_error_set(err, DSYNC_ERR_SYNTAX, "host", "bad host entry");
	dsync_error_at_entry(err, text, size);
	dsync_error_expected(err, "[scheme://]host[:port|:*]");
	dsync_error_found(err, "%s", why);
	if (hint != NULL)
		dsync_error_hint(err, "%s", hint);
	return DSYNC_ERR_SYNTAX;
}

/* Takes "scheme://" off the front; false for schemes that are not ours. */
static bool
take_scheme(struct dsync_host_rule *rule, struct dsync_view *text)
{
	const unsigned char *colon = memchr(text->data, ':', text->size);
	const char *scheme = (const char *)text->data;
	size_t size = colon != NULL ? (size_t)(colon - text->data) : 0;

	if (colon == NULL || text->size - size < 3 || memcmp(colon, "://", 3) != 0)
		return true;
	rule->https = dsync_text_equal_case(scheme, size, "https", 5);
	rule->http = dsync_text_equal_case(scheme, size, "http", 4);
	text->data += size + 3;
	text->size -= size + 3;
	return rule->https || rule->http;
}

/* Splits "host:port", "[v6]:port" or a bare IPv6 address; `port` is empty without one. */
static bool
split_port(struct dsync_view *host, struct dsync_view *port)
{
	const unsigned char *end = host->data + host->size;
	const unsigned char *cut = memchr(host->data, ':', host->size);

	port->data = end;
	port->size = 0;
	if (host->size > 0 && host->data[0] == '[') {
		cut = memchr(host->data, ']', host->size);
		if (cut == NULL)
			return false;
		host->data++;
		host->size = (size_t)(cut - host->data);
		cut++;
		if (cut == end)
			return memchr(host->data, ':', host->size) != NULL;
		if (*cut != ':' || memchr(host->data, ':', host->size) == NULL)
			return false;
	} else {
		if (cut == NULL || memchr(cut + 1, ':', (size_t)(end - cut - 1)) != NULL)
			return true; /* no port, or an address without brackets, which has none either */
		host->size = (size_t)(cut - host->data);
	}
	port->data = cut + 1;
	port->size = (size_t)(end - port->data);
	return port->size > 0;
}

/* A bare host is https on 443; another port without a scheme is either scheme. */
static bool
read_port(struct dsync_host_rule *rule, struct dsync_view port)
{
	bool scheme_given = rule->http || rule->https;

	rule->port = rule->http ? 80 : PORT_HTTPS;
	rule->any_port = dsync_text_view_is(port, "*");
	if (port.size > 0 && !rule->any_port && !dsync__port_parse((const char *)port.data, port.size, &rule->port))
		return false;
	if (!scheme_given) {
		rule->https = true;
		rule->http = rule->any_port || rule->port != PORT_HTTPS;
	}
	return true;
}

static const char *
read_host(struct dsync_host_rule *rule, struct dsync_view host)
{
	const char *text = (const char *)host.data;
	const char *problem;

	rule->wildcard = host.size >= 2 && text[0] == '*' && text[1] == '.';
	if (rule->wildcard) {
		text += 2;
		host.size -= 2;
	}
	if (memchr(text, '*', host.size) != NULL)
		return "a star that is not the whole first label";
	problem = dsync__host_parse(text, host.size, &rule->kind, rule->host);
	if (problem != NULL || !rule->wildcard)
		return problem;
	if (rule->kind != DSYNC_HOST_NAME)
		return "a star before an address";
	return strchr(rule->host, '.') == NULL ? "a star with fewer than two labels after it" : NULL;
}

int
dsync_host_rule_parse(struct dsync_host_rule *rule, const char *text, size_t size, struct dsync_error *err)
{
	struct dsync_view host = { (const unsigned char *)text, size };
	struct dsync_view port;
	const char *problem = NULL;
	const char *hint = NULL;

	memset(rule, 0, sizeof(*rule));
	if (memchr(text, '/', size) != NULL && text[size - 1] == '/')
		hint = "leave out the path: an entry allows a whole host";
	if (!take_scheme(rule, &host))
		problem = "another scheme than http and https";
	else if (!split_port(&host, &port))
		problem = "brackets or a port that are not complete";
	else if (!read_port(rule, port))
		problem = "a port that is not 1 to 65535 or *";
	else
		problem = read_host(rule, host);
	if (problem == NULL)
		return 0;
	memset(rule, 0, sizeof(*rule));
	return refuse(err, text, size, problem, hint);
}

bool
dsync_host_rule_allows(const struct dsync_host_rule *rule, const struct dsync_url *url)
{
	size_t url_size = strlen(url->host);
	size_t rule_size = strlen(rule->host);

	if (!(url->https ? rule->https : rule->http))
		return false;
	if (!rule->any_port && rule->port != url->port)
		return false;
	if (rule->kind != url->kind || rule_size == 0)
		return false;
	if (!rule->wildcard)
		return strcmp(rule->host, url->host) == 0;
	return url_size > rule_size + 1 && url->host[url_size - rule_size - 1] == '.' &&
		strcmp(url->host + url_size - rule_size, rule->host) == 0;
}
