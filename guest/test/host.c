/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "host.h"

#include <assert.h>
#include <string.h>

#include "dotsync.h"

static struct host *host;
static const struct page *answers[HOST_REQUESTS_MAX];

void
host_run(struct host *h)
{
	host = h;
	host->outcome = -1;
	run();
}

static const char *
source(int32_t number)
{
	if (number == DOTSYNC_CONTEXT)
		return host->context;
	if (number == DOTSYNC_PAYLOAD)
		return host->old_payload != NULL ? host->old_payload : "";
	if (number == DOTSYNC_PUSHED)
		return host->pushed;
	return number >= 16 ? answers[number - 16]->body : NULL;
}

static size_t
source_size(int32_t number)
{
	return source(number) == host->binary ? host->binary_size : strlen(source(number));
}

static int64_t
append(const char *data, size_t size)
{
	if (size >= HOST_TEXT_MAX - host->payload_size)
		return DOTSYNC_LIMIT;
	memcpy(host->payload + host->payload_size, data, size);
	host->payload_size += size;
	host->payload[host->payload_size] = '\0';
	return (int64_t)size;
}

int64_t
dotsync_get(int32_t key)
{
	return key == DOTSYNC_REASON ? host->reason : DOTSYNC_UNKNOWN;
}

int64_t
dotsync_size(int32_t number)
{
	return source(number) != NULL ? (int64_t)source_size(number) : DOTSYNC_NOENT;
}

int64_t
dotsync_read(int32_t number, int64_t off, void *out, int32_t size)
{
	int64_t left;

	if (source(number) == NULL)
		return DOTSYNC_NOENT;
	left = dotsync_size(number) - off;
	left = left < 0 ? 0 : left > size ? size : left;
	memcpy(out, source(number) + off, (size_t)left);
	return left;
}

int64_t
dotsync_fetch(const char *head, int32_t head_size, const void *body, int32_t body_size, int32_t flags)
{
	char *text = host->heads[host->requests];
	const struct page *page;
	const char *url;
	size_t size;

	assert(host->requests < HOST_REQUESTS_MAX && head_size < HOST_TEXT_MAX && body_size < HOST_TEXT_MAX);
	if (body_size > 0)
		memcpy(host->body, body, (size_t)body_size);
	host->body[body_size] = '\0';
	memcpy(text, head, (size_t)head_size);
	text[head_size] = '\0';
	assert(strlen(text) == (size_t)head_size);
	host->conditional += flags == DOTSYNC_CONDITIONAL;
	url = text + strcspn(text, " ") + 1;
	for (page = host->pages; page->url != NULL; page++) {
		size = strlen(page->url);
		if (strncmp(url, page->url, size) == 0 && (url[size] == '\0' || url[size] == '\n'))
			break;
	}
	answers[host->requests++] = page;
	if (page->url == NULL || page->status < 0)
		return page->url == NULL ? DOTSYNC_NET : page->status;
	host->open++;
	return 16 + host->requests - 1;
}

int64_t
dotsync_status(int32_t handle)
{
	return answers[handle - 16]->status;
}

int64_t
dotsync_close(int32_t handle)
{
	(void)handle;
	host->open--;
	return 0;
}

int64_t
dotsync_write(const void *data, int32_t size)
{
	return append(data, (size_t)size);
}

int64_t
dotsync_copy(int32_t number, int64_t off, int64_t len)
{
	const char *text = source(number);
	size_t size = source_size(number);

	assert(off == 0 && len == -1);
	if (number >= 16 && answers[number - 16]->copied < 0) {
		append(text, size / 2);
		return answers[number - 16]->copied;
	}
	return append(text, size);
}

int64_t
dotsync_discard(void)
{
	host->payload[0] = '\0';
	host->payload_size = 0;
	host->discards++;
	return 0;
}

int64_t
dotsync_log(int32_t level, const char *text, int32_t size)
{
	(void)level;
	return memchr(text, '\0', (size_t)size) == NULL ? 0 : DOTSYNC_INVAL;
}

int64_t
dotsync_finish(int32_t outcome, int64_t retry_s, const char *message, int32_t size)
{
	(void)retry_s;
	assert(size < HOST_TEXT_MAX);
	host->finished++;
	host->outcome = outcome;
	memcpy(host->message, message, (size_t)size);
	return 0;
}
