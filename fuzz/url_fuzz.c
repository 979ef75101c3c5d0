/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Three lines: a URL, a Location that it sends, an entry of an allow-list.  What our grammar
 * accepts must be read alike by curl, stay as it is when it is read again, and be allowed by
 * exactly the entries that its host ends in.
 */
#include <curl/curl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "broker/host_rule.h"
#include "broker/url.h"

#define DEMAND(condition) \
	do { \
		if (!(condition)) { \
			fprintf(stderr, "line %d: %s\n", __LINE__, #condition); \
			abort(); \
		} \
	} while (0)

struct line {
	const char *text;
	size_t size;
};

static struct line
take_line(struct line *rest)
{
	const char *end = memchr(rest->text, '\n', rest->size);
	struct line line = *rest;

	line.size = end != NULL ? (size_t)(end - rest->text) : rest->size;
	rest->text += line.size + (end != NULL);
	rest->size -= line.size + (end != NULL);
	return line;
}

static void
demand_part(CURLU *handle, CURLUPart part, unsigned flags, const char *wanted)
{
	char *found = NULL;

	DEMAND(curl_url_get(handle, part, &found, flags) == CURLUE_OK);
	DEMAND(strcmp(found, wanted) == 0);
	curl_free(found);
}

/* Whether curl, given the bytes that came in and not our normal form, goes to the same place. */
static void
check_against_curl(const struct dsync_url *url, const char *text)
{
	CURLU *handle = curl_url();
	char host[DSYNC_URL_HOST_SIZE + 2];
	char port[8];

	snprintf(host, sizeof(host), url->kind == DSYNC_HOST_IPV6 ? "[%s]" : "%s", url->host);
	snprintf(port, sizeof(port), "%u", url->port);
	DEMAND(handle != NULL);
	DEMAND(curl_url_set(handle, CURLUPART_URL, text, CURLU_DISALLOW_USER | CURLU_PATH_AS_IS) == CURLUE_OK);
	demand_part(handle, CURLUPART_SCHEME, 0, url->https ? "https" : "http");
	demand_part(handle, CURLUPART_PORT, CURLU_DEFAULT_PORT, port);
	if (strcmp(text, url->text) == 0) {
		demand_part(handle, CURLUPART_HOST, 0, host);
		demand_part(handle, CURLUPART_URL, 0, text);
	}
	curl_url_cleanup(handle);
}

static void
check_url(const struct dsync_url *url, struct line line)
{
	char *text = strndup(line.text, line.size);
	struct dsync_url again;

	DEMAND(text != NULL);
	check_against_curl(url, text);
	check_against_curl(url, url->text);
	free(text);
	DEMAND(dsync_url_parse(&again, url->text, strlen(url->text), NULL) == 0);
	DEMAND(strcmp(again.text, url->text) == 0);
	DEMAND(dsync_url_same_origin(&again, url));
	DEMAND(strpbrk(url->host, "@/\\%#? ") == NULL);
	DEMAND(url->text[url->path_offset] == '/');
}

/* The origin of a URL is an entry that allows it: refusals advise so. */
static void
check_origin_entry(const struct dsync_url *url)
{
	struct dsync_host_rule rule;

	DEMAND(dsync_host_rule_parse(&rule, url->text, url->path_offset, NULL) == 0);
	DEMAND(dsync_host_rule_allows(&rule, url));
}

static void
check_rule(const struct dsync_host_rule *rule, const struct dsync_url *url)
{
	size_t rule_size = strlen(rule->host);
	size_t url_size = strlen(url->host);

	DEMAND(rule_size > 0 && strchr(rule->host, '*') == NULL);
	DEMAND(!rule->wildcard || (rule->kind == DSYNC_HOST_NAME && strchr(rule->host, '.') != NULL));
	if (!dsync_host_rule_allows(rule, url))
		return;
	DEMAND(url->https ? rule->https : rule->http);
	DEMAND(rule->any_port || rule->port == url->port);
	DEMAND(url_size >= rule_size && strcmp(url->host + url_size - rule_size, rule->host) == 0);
	DEMAND(rule->wildcard ? url->host[url_size - rule_size - 1] == '.' : url_size == rule_size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct line rest = { (const char *)data, size };
	struct line url_line = take_line(&rest);
	struct line location = take_line(&rest);
	struct dsync_host_rule rule;
	struct dsync_url url, next;
	struct dsync_error err;

	if (dsync_url_parse(&url, url_line.text, url_line.size, &err) < 0) {
		DEMAND(url.text[0] == '\0' && err.code == DSYNC_ERR_SYNTAX);
		return 0;
	}
	check_url(&url, url_line);
	check_origin_entry(&url);
	if (dsync_url_resolve(&next, &url, location.text, location.size, &err) == 0)
		check_url(&next, (struct line){ next.text, strlen(next.text) });
	if (dsync_host_rule_parse(&rule, rest.text, rest.size, &err) == 0)
		check_rule(&rule, &url);
	return 0;
}
