/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * One hop as a curl handle.  Every option that could let the environment, the guest or an
 * earlier request have a say is set here, whatever curl's default is.
 */
#include <string.h>
#include <strings.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/text.h"
#include "internal.h"

#define USER_AGENT "dotsync"

/* Remembers the first failure, so that options can be listed one a line. */
#define SET(option, value) \
	do { \
		if (code == CURLE_OK) \
			code = curl_easy_setopt(r->easy, CURLOPT_##option, value); \
	} while (0)

static int
add_line(struct curl_slist **list, const char *line, struct dsync_error *err)
{
	struct curl_slist *longer = curl_slist_append(*list, line);

	if (longer == NULL)
		return dsync_error_set_memory(err);
	*list = longer;
	return 0;
}

static struct dsync_header
trimmed(const struct dsync_header *header)
{
	struct dsync_header h = *header;

	while (h.value_size > 0 && (h.value[0] == ' ' || h.value[0] == '\t')) {
		h.value++;
		h.value_size--;
	}
	while (h.value_size > 0 && (h.value[h.value_size - 1] == ' ' || h.value[h.value_size - 1] == '\t'))
		h.value_size--;
	return h;
}

static int
add_header(struct curl_slist **list, const struct dsync__hop *hop, const struct dsync_header *header,
	struct dsync_error *err)
{
	struct dsync_header h = trimmed(header);
	struct dsync_buffer line;
	const char *text;
	int rc;

	dsync_buffer_init(&line, DSYNC_BUFFER_UNLIMITED);
	if (dsync__secret_header(hop, &h, &line) == 0) {
		dsync_buffer_append(&line, h.name, h.name_size);
		dsync_buffer_append_text(
			&line, h.value_size > 0 ? ": " : ";"); /* curl's way to say "sent, but empty" */
		dsync_buffer_append(&line, h.value, h.value_size);
	}
	text = dsync_buffer_text(&line);
	rc = text != NULL ? add_line(list, text, err) : dsync_error_set_memory(err);
	dsync__wipe(&line);
	return rc;
}

static bool
guest_sends(const struct dsync__hop *hop, const char *name)
{
	size_t i;

	for (i = 0; hop->with_headers && i < hop->request->header_count; i++) {
		if (dsync_text_equal_case(
			    hop->request->headers[i].name, hop->request->headers[i].name_size, name, strlen(name)))
			return true;
	}
	return false;
}

/* Validators come from a state record, which is read as hostile: one that is no header value is left out. */
static int
add_validator(struct curl_slist **list, const struct dsync__hop *hop, const char *name, const char *value,
	struct dsync_error *err)
{
	struct dsync_header h = { name, strlen(name), value, value != NULL ? strlen(value) : 0 };

	if (h.value_size == 0 || h.value_size > DSYNC__HEADER_BYTES_MAX || !dsync__header_value_ok(value, h.value_size))
		return 0;
	if (hop->method != METHOD_GET && hop->method != METHOD_HEAD)
		return 0;
	if (guest_sends(hop, "If-None-Match") || guest_sends(hop, "If-Modified-Since"))
		return 0;
	return add_header(list, hop, &h, err);
}

/* Headers of a body make no sense without one, after a redirect that turned POST into GET. */
static bool
sent_with(const struct dsync__hop *hop, const struct dsync_header *header)
{
	bool of_body = header->name_size > 8 && dsync_text_equal_case(header->name, 8, "content-", 8);

	return hop->with_headers && (hop->redirects == 0 || hop->with_body || !of_body);
}

/* Does anything that was sent allow the answer 304? */
static bool
is_conditional(const struct curl_slist *headers)
{
	for (; headers != NULL; headers = headers->next) {
		if (strncasecmp(headers->data, "If-None-Match:", 14) == 0 ||
			strncasecmp(headers->data, "If-Modified-Since:", 18) == 0)
			return true;
	}
	return false;
}

static int
make_headers(struct dsync_response *r, const struct dsync__hop *hop, struct dsync_error *err)
{
	const struct dsync_request *request = hop->request;
	int rc = 0;
	size_t i;

	for (i = 0; rc == 0 && i < request->header_count; i++) {
		if (sent_with(hop, &request->headers[i]))
			rc = add_header(&r->headers, hop, &request->headers[i], err);
	}
	if (rc == 0)
		rc = add_validator(&r->headers, hop, "If-None-Match", request->etag, err);
	if (rc == 0)
		rc = add_validator(&r->headers, hop, "If-Modified-Since", request->last_modified, err);
	r->conditional = request->take_304 || is_conditional(r->headers);
	if (rc == 0)
		rc = add_line(&r->headers, "Expect:", err); /* never wait for 100 Continue */
	if (rc == 0 && hop->with_body && !guest_sends(hop, "Content-Type"))
		rc = add_line(&r->headers, "Content-Type:", err); /* not curl's guess of a form */
	return rc;
}

static CURLcode
set_method(struct dsync_response *r, const struct dsync__hop *hop)
{
	struct dsync_view body = hop->request->body;
	CURLcode code = CURLE_OK;

	if (hop->with_body) {
		SET(POST, 1L);
		SET(POSTFIELDSIZE_LARGE, (curl_off_t)body.size);
		SET(COPYPOSTFIELDS, body.size > 0 ? (const char *)body.data : "");
	} else {
		SET(HTTPGET, 1L);
	}
	if (hop->method == METHOD_HEAD)
		SET(NOBODY, 1L);
	else if (hop->method != METHOD_GET)
		SET(CUSTOMREQUEST, dsync__method_name(hop->method));
	return code;
}

static CURLcode
set_connection(struct dsync_response *r)
{
	const struct dsync_broker_policy *policy = &r->broker->policy;
	CURLcode code = CURLE_OK;

	SET(CURLU, r->curl_url);
	SET(PATH_AS_IS, 1L);
	SET(PROTOCOLS_STR, r->url.https ? "https" : "http");
	SET(REDIR_PROTOCOLS_STR, "https");
	SET(FOLLOWLOCATION, 0L);
	SET(PROXY, policy->proxy != NULL ? policy->proxy : ""); /* NULL would ask the environment */
	SET(NOPROXY, policy->proxy != NULL ? "" : "*");
	SET(SUPPRESS_CONNECT_HEADERS, 1L);
	SET(NETRC, (long)CURL_NETRC_IGNORED);
	SET(HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	SET(HTTP09_ALLOWED, 0L);
	SET(FRESH_CONNECT, 1L);
	SET(FORBID_REUSE, 1L);
	SET(DNS_CACHE_TIMEOUT, 0L);
	SET(RESOLVE, r->resolve);
	SET(CONNECTTIMEOUT_MS, (long)DSYNC__CONNECT_MS);
	SET(TCP_KEEPALIVE, 1L);
	SET(NOSIGNAL, 1L);
	SET(QUICK_EXIT, 1L); /* do not wait for a name server that does not answer when giving up */
	SET(OPENSOCKETFUNCTION, dsync__transfer_open_socket);
	SET(OPENSOCKETDATA, r);
	SET(PREREQFUNCTION, dsync__transfer_before_request);
	SET(PREREQDATA, r);
	return code;
}

static CURLcode
set_tls(struct dsync_response *r)
{
	const struct dsync_broker_policy *policy = &r->broker->policy;
	CURLcode code = CURLE_OK;

	SET(SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	SET(SSL_VERIFYPEER, 1L);
	SET(SSL_VERIFYHOST, 2L);
	SET(PROXY_SSL_VERIFYPEER, 1L);
	SET(PROXY_SSL_VERIFYHOST, 2L);
	if (policy->ca_file != NULL) {
		SET(CAINFO, policy->ca_file);
		SET(CAPATH, NULL);
		SET(PROXY_CAINFO, policy->ca_file);
		SET(PROXY_CAPATH, NULL);
	}
	return code;
}

static CURLcode
set_transfer(struct dsync_response *r)
{
	const struct dsync_broker_policy *policy = &r->broker->policy;
	CURLcode code = CURLE_OK;

	SET(USERAGENT, policy->user_agent != NULL ? policy->user_agent : USER_AGENT);
	SET(HTTPHEADER, r->headers);
	SET(ACCEPT_ENCODING, NULL);
	SET(HTTP_CONTENT_DECODING, 0L);
	SET(BUFFERSIZE, (long)DSYNC__BUFFER_SIZE);
	SET(HEADERFUNCTION, dsync__head_receive);
	SET(HEADERDATA, r);
	SET(WRITEFUNCTION, dsync__body_receive);
	SET(WRITEDATA, r);
	SET(ERRORBUFFER, r->curl_error);
	SET(NOPROGRESS, 1L);
	return code;
}

static int
set_options(struct dsync_response *r, const struct dsync__hop *hop, struct dsync_error *err)
{
	CURLcode code;

	code = set_connection(r);
	if (code == CURLE_OK)
		code = set_tls(r);
	if (code == CURLE_OK)
		code = set_transfer(r);
	if (code == CURLE_OK)
		code = set_method(r, hop);
	if (code == CURLE_OK)
		return 0;
	if (code == CURLE_OUT_OF_MEMORY)
		return dsync_error_set_memory(err);
	return dsync_error_set(
		err, DSYNC_ERR_UNSUPPORTED, "http", "the HTTP library refuses an option: %s", curl_easy_strerror(code));
}

int
dsync__request_start(struct dsync_response *r, const struct dsync__hop *hop, struct dsync_error *err)
{
	int rc;

	rc = dsync__secret_url(hop, &r->url, &r->curl_url, err);
	if (rc < 0)
		return rc;
	rc = make_headers(r, hop, err);
	if (rc < 0)
		return rc;
	r->resolve = dsync__resolve(r->url.host, r->url.port);
	r->easy = curl_easy_init();
	r->multi = curl_multi_init();
	if (r->easy == NULL || r->multi == NULL)
		return dsync_error_set_memory(err);
	rc = set_options(r, hop, err);
	if (rc < 0)
		return rc;
	if (curl_multi_add_handle(r->multi, r->easy) != CURLM_OK)
		return dsync_error_set_memory(err);
	return 0;
}
