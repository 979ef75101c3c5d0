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

static void
append(const char *data, size_t size)
{
	size_t length = strlen(host->payload);

	assert(length + size < HOST_TEXT_MAX);
	memcpy(host->payload + length, data, size);
	host->payload[length + size] = '\0';
}

int64_t
dotsync_get(int32_t key)
{
	return key == DOTSYNC_REASON ? host->reason : DOTSYNC_UNKNOWN;
}

int64_t
dotsync_size(int32_t number)
{
	return source(number) != NULL ? (int64_t)strlen(source(number)) : DOTSYNC_NOENT;
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
	size_t size;

	(void)body;
	assert(body_size == 0 && host->requests < HOST_REQUESTS_MAX && head_size < HOST_TEXT_MAX);
	memcpy(text, head, (size_t)head_size);
	text[head_size] = '\0';
	assert(strlen(text) == (size_t)head_size);
	host->conditional += flags == DOTSYNC_CONDITIONAL;
	for (page = host->pages; page->url != NULL; page++) {
		size = strlen(page->url);
		if (strncmp(text, "GET ", 4) == 0 && strncmp(text + 4, page->url, size) == 0 &&
			(text[4 + size] == '\0' || text[4 + size] == '\n'))
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
	append(data, (size_t)size);
	return size;
}

int64_t
dotsync_copy(int32_t number, int64_t off, int64_t len)
{
	const char *text = source(number);
	size_t size = strlen(text);

	assert(off == 0 && len == -1);
	if (number >= 16 && answers[number - 16]->copied < 0) {
		append(text, size / 2);
		return answers[number - 16]->copied;
	}
	append(text, size);
	return (int64_t)size;
}

int64_t
dotsync_discard(void)
{
	host->payload[0] = '\0';
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
