/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Secrets: a guest writes {secret:NAME} as the whole value of a header or of a query parameter (or a header in just the form
 * that was granted, "Bearer {secret:NAME}"), and sees nothing else of it, ever.  Which place, which origin and in what form is the user's word; a request that says otherwise is refused.
 * What is written down anywhere keeps the braces: the value is put in where curl is told, and nowhere before.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/text.h"
#include "internal.h"

#define OPENING "{secret:"
#define OPENING_SIZE (sizeof(OPENING) - 1)

/* A guest that could ask for part of an answer, or for one that cannot be read here, could get around the guard. */
static const char *const refused_beside[] = { "Range", "If-Range", "Accept-Encoding" };

static int
refuse(const struct dsync_url *url, const char *what, const char *name, size_t size, struct dsync_error *err)
{
	dsync_error_set(err, DSYNC_ERR_POLICY, "secret", "%s", what);
	dsync_error_at_entry(err, url->text, strlen(url->text));
	if (name != NULL)
		dsync_error_found(err, "%.*s", (int)(size < 80 ? size : 80), name);
	return DSYNC_ERR_POLICY;
}

/* The name in a text that is {secret:NAME} and nothing else. */
static bool
template_name(const char *text, size_t size, struct dsync_view *name)
{
	if (size <= OPENING_SIZE + 1 || memcmp(text, OPENING, OPENING_SIZE) != 0 || text[size - 1] != '}')
		return false;
	name->data = (const unsigned char *)text + OPENING_SIZE;
	name->size = size - OPENING_SIZE - 1;
	return memchr(name->data, '{', name->size) == NULL && memchr(name->data, '}', name->size) == NULL;
}

/* Where the template in a header is, if there is one. */
static bool
find_template(const struct dsync_header *header, struct dsync_view *template, struct dsync_view *name)
{
	const char *start = memmem(header->value, header->value_size, OPENING, OPENING_SIZE);
	const char *end;

	if (start == NULL)
		return false;
	end = memchr(start, '}', header->value_size - (size_t)(start - header->value));
	template->data = (const unsigned char *)start;
	template->size = end != NULL ? (size_t)(end + 1 - start) : 0;
	return end != NULL && template_name(start, template->size, name);
}

bool
dsync__secret_is_in(const struct dsync_header *header)
{
	struct dsync_view template, name;

	return find_template(header, &template, &name);
}

/* Nothing around it, or just what the format has around it. */
static bool
is_formatted(const struct dsync_header *header, struct dsync_view template, const char *format)
{
	const char *place = strstr(format, "{}");
	size_t before = (size_t)((const char *)template.data - header->value);
	size_t after = header->value_size - before - template.size;

	if (before == 0 && after == 0)
		return true;
	return place != NULL && before == (size_t)(place - format) && after == strlen(place + 2) &&
		memcmp(header->value, format, before) == 0 &&
		memcmp(template.data + template.size, place + 2, after) == 0;
}

static const struct dsync_broker_secret *
find(const struct dsync_broker *broker, struct dsync_view name)
{
	size_t i;

	for (i = 0; i < broker->policy.secret_count; i++) {
		const struct dsync_broker_secret *s = &broker->policy.secrets[i];

		if (strlen(s->name) == name.size && memcmp(s->name, name.data, name.size) == 0)
			return s;
	}
	return NULL;
}

static bool
belongs_to(const struct dsync_broker_secret *s, const struct dsync_url *url)
{
	return url->https && url->port == s->port && strcmp(url->host, s->host) == 0;
}

static bool
is_place(const char *place, const char *name, size_t size)
{
	return place != NULL && dsync_text_equal_case(place, strlen(place), name, size);
}

/* Takes the secret of this name into the hop, if it may go where the guest wants it. */
static int
take(const struct dsync_broker *broker, const struct dsync_url *url, struct dsync__hop *hop, struct dsync_view name,
	const char *place, size_t place_size, bool in_query, struct dsync_error *err)
{
	const struct dsync_broker_secret *s = find(broker, name);
	int rc;

	if (s == NULL) {
		rc = refuse(url, "secret that was not granted", (const char *)name.data, name.size, err);
		dsync_error_hint(err, "dotsync grant FILE --secret binds one to a host");
		return rc;
	}
	if (!belongs_to(s, url)) {
		rc = refuse(url, "secret for another place: it goes to one https host and port alone", s->name,
			strlen(s->name), err);
		dsync_error_expected(err, "https://%s:%u", s->host, (unsigned)s->port);
		dsync_error_hint(err, "dotsync grant FILE --secret binds it to another");
		return rc;
	}
	if (in_query ? s->query == NULL || strlen(s->query) != place_size || memcmp(s->query, place, place_size) != 0
		     : !is_place(s->header, place, place_size))
		return refuse(url, "secret in another header or query parameter than it was granted for", s->name,
			strlen(s->name), err);
	if (s->value == NULL) {
		rc = refuse(url, "secret that cannot be had", s->name, strlen(s->name), err);
		if (s->fault != NULL)
			dsync_error_hint(err, "%s", s->fault);
		return rc;
	}
	if (hop->secret_count == DSYNC__SECRETS_SENT_MAX)
		return refuse(url, "more secrets than one request may carry", s->name, strlen(s->name), err);
	hop->secrets[hop->secret_count++] = s;
	return 0;
}

/* Does a header that the guest fills itself belong to a secret of this origin? */
static bool
is_bound(const struct dsync_broker *broker, const struct dsync_url *url, const struct dsync_header *header)
{
	size_t i;

	for (i = 0; i < broker->policy.secret_count; i++) {
		const struct dsync_broker_secret *s = &broker->policy.secrets[i];

		if (belongs_to(s, url) && is_place(s->header, header->name, header->name_size))
			return true;
	}
	return false;
}

static int
find_in_headers(
	const struct dsync_broker *broker, const struct dsync_url *url, struct dsync__hop *hop, struct dsync_error *err)
{
	const struct dsync_request *request = hop->request;
	struct dsync_view template, name;
	size_t i;
	int rc = 0;

	for (i = 0; rc == 0 && i < request->header_count; i++) {
		const struct dsync_header *h = &request->headers[i];

		if (find_template(h, &template, &name)) {
			rc = take(broker, url, hop, name, h->name, h->name_size, false, err);
			if (rc == 0 && !is_formatted(h, template, hop->secrets[hop->secret_count - 1]->format))
				rc = refuse(url, "header with a secret in another form than it was granted", h->name,
					h->name_size, err);
		} else if (memmem(h->value, h->value_size, OPENING, OPENING_SIZE) != NULL)
			rc = refuse(url, "header with a secret that has no name", h->name, h->name_size, err);
		else if (is_bound(broker, url, h))
			rc = refuse(url, "header that belongs to a secret", h->name, h->name_size, err);
	}
	return rc;
}

/* The next parameter of a query that holds an opening, from `p`; NULL when there is none. */
static const char *
next_template(const char *p)
{
	return strstr(p, OPENING);
}

static int
find_in_url(
	const struct dsync_broker *broker, const struct dsync_url *url, struct dsync__hop *hop, struct dsync_error *err)
{
	const char *query = strchr(url->text, '?');
	const char *p = url->text, *key, *end;
	struct dsync_view name;
	int rc = 0;

	while (rc == 0 && (p = next_template(p)) != NULL) {
		end = p + strcspn(p, "&");
		for (key = p; query != NULL && key > query + 1 && key[-1] != '&'; key--)
			;
		if (query == NULL || p < query || p == key || p[-1] != '=' ||
			!template_name(p, (size_t)(end - p), &name))
			return refuse(
				url, "URL with a secret that is not a query parameter's whole value", NULL, 0, err);
		rc = take(broker, url, hop, name, key, (size_t)(p - key) - 1, true, err);
		p = end;
	}
	return rc;
}

static int
check_beside(const struct dsync_url *url, const struct dsync__hop *hop, struct dsync_error *err)
{
	const struct dsync_request *request = hop->request;
	size_t i, k;

	for (i = 0; hop->secret_count > 0 && i < request->header_count; i++) {
		for (k = 0; k < sizeof(refused_beside) / sizeof(refused_beside[0]); k++) {
			if (is_place(refused_beside[k], request->headers[i].name, request->headers[i].name_size))
				return refuse(url, "header that may not go beside a secret", refused_beside[k],
					strlen(refused_beside[k]), err);
		}
	}
	return 0;
}

int
dsync__secrets_find(
	const struct dsync_broker *broker, const struct dsync_url *url, struct dsync__hop *hop, struct dsync_error *err)
{
	int rc;

	rc = find_in_headers(broker, url, hop, err);
	if (rc == 0)
		rc = find_in_url(broker, url, hop, err);
	return rc == 0 ? check_beside(url, hop, err) : rc;
}

int
dsync__secret_header(const struct dsync__hop *hop, const struct dsync_header *header, struct dsync_buffer *line)
{
	const struct dsync_broker_secret *s = NULL;
	struct dsync_view template, name;
	const char *place;
	size_t i;

	if (!find_template(header, &template, &name))
		return 0;
	for (i = 0; i < hop->secret_count; i++) {
		if (strlen(hop->secrets[i]->name) == name.size &&
			memcmp(hop->secrets[i]->name, name.data, name.size) == 0)
			s = hop->secrets[i];
	}
	place = s != NULL ? strstr(s->format, "{}") : NULL;
	if (place == NULL)
		return 0; /* a template that was not taken is sent to nobody: find_in_headers() refused it */
	dsync_buffer_printf(line, "%s: %.*s%s%s", s->header, (int)(place - s->format), s->format, s->value, place + 2);
	return 1;
}

void
dsync__secret_encode(const char *value, struct dsync_buffer *out)
{
	for (; *value != '\0'; value++) {
		if (dsync_text_is_alnum((unsigned char)*value) || strchr("-._~", *value) != NULL)
			dsync_buffer_append_byte(out, (unsigned char)*value);
		else
			dsync_buffer_printf(out, "%%%02X", (unsigned char)*value);
	}
}

/* The URL's text with the values of this hop's secrets. */
static void
expand(const struct dsync__hop *hop, const char *text, struct dsync_buffer *out)
{
	const char *p;
	size_t i = 0;

	while (i < hop->secret_count && hop->secrets[i]->query == NULL) /* those of headers were found first */
		i++;
	for (; i < hop->secret_count && (p = next_template(text)) != NULL; i++) {
		dsync_buffer_append(out, text, (size_t)(p - text));
		dsync__secret_encode(hop->secrets[i]->value, out);
		text = p + strcspn(p, "&");
	}
	dsync_buffer_append_text(out, text);
}

int
dsync__secret_url(const struct dsync__hop *hop, const struct dsync_url *url, CURLU **handle, struct dsync_error *err)
{
	struct dsync_error own = { 0 };
	struct dsync_url *whole;
	struct dsync_buffer text;
	int rc = DSYNC_ERR_LIMIT;

	if (hop->secret_count == 0 || hop->redirects > 0 || strchr(url->text, '{') == NULL)
		return dsync__url_to_curl(url, handle, err);
	whole = malloc(sizeof(*whole));
	if (whole == NULL)
		return dsync_error_set_memory(err);
	*whole = *url;
	dsync_buffer_init(&text, DSYNC_URL_SIZE_MAX);
	expand(hop, url->text, &text);
	if (dsync_buffer_text(&text) != NULL) {
		memcpy(whole->text, dsync_buffer_text(&text), text.size + 1);
		rc = dsync__url_to_curl(whole, handle, &own);
	}
	if (rc < 0) /* its own error could hold the value */
		refuse(url, "URL that cannot be sent with its secret", NULL, 0, err);
	explicit_bzero(whole, sizeof(*whole));
	free(whole);
	dsync__wipe(&text);
	return rc < 0 ? DSYNC_ERR_POLICY : 0;
}

void
dsync__wipe(struct dsync_buffer *text)
{
	if (text->data != NULL)
		explicit_bzero(text->data, text->size);
	dsync_buffer_finish(text);
}
