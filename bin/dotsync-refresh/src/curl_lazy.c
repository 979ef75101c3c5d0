/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The HTTP library, loaded when an updater runs or a URL is asked for, and not before.
 *
 * It brings some thirty other libraries along, which cost more time than all the rest of a refresh; and most refreshers
 * find that nothing is due.  The functions below bear the names of those that the broker calls and pass each call
 * on; curl_global_init(), which is always the first, loads the library from where the system's loader finds it, as it would have
 * been loaded at the start.
 */
#define CURL_DISABLE_TYPECHECK
#include <curl/curl.h>

#include <dlfcn.h>
#include <stdarg.h>
#include <string.h>

#include "curl_lazy.h"

#define LIBRARY "libcurl.so.4"

/* clang-format off */
#define FUNCTIONS(X) \
	X(curl_easy_cleanup) \
	X(curl_easy_getinfo) \
	X(curl_easy_init) \
	X(curl_easy_pause) \
	X(curl_easy_setopt) \
	X(curl_easy_strerror) \
	X(curl_free) \
	X(curl_global_cleanup) \
	X(curl_global_init) \
	X(curl_multi_add_handle) \
	X(curl_multi_cleanup) \
	X(curl_multi_info_read) \
	X(curl_multi_init) \
	X(curl_multi_perform) \
	X(curl_multi_poll) \
	X(curl_multi_remove_handle) \
	X(curl_slist_append) \
	X(curl_slist_free_all) \
	X(curl_url) \
	X(curl_url_cleanup) \
	X(curl_url_get) \
	X(curl_url_set) \
	X(curl_url_strerror)
/* clang-format on */

/* The one state of this program: where the functions are, written once before any of them is called. */
#define MEMBER(name) __typeof__(name) *name;
static struct {
	void *handle;
	FUNCTIONS(MEMBER)
} curl;

/* A function's address comes as an object's; POSIX promises that the bytes are the same. */
static bool
find(const char *name, void *function, size_t size)
{
	void *address = dlsym(curl.handle, name);

	memcpy(function, &address, size);
	return address != NULL;
}

bool
dsync_curl_load(void)
{
	bool found = true;

	if (curl.handle != NULL)
		return true;
	curl.handle = dlopen(LIBRARY, RTLD_LAZY | RTLD_LOCAL);
	if (curl.handle == NULL)
		return false;
#define FIND(name) found = find(#name, &curl.name, sizeof(curl.name)) && found;
	FUNCTIONS(FIND)
	return found;
}

CURLcode
curl_global_init(long flags)
{
	return dsync_curl_load() ? curl.curl_global_init(flags) : CURLE_FAILED_INIT;
}

void
curl_global_cleanup(void)
{
	curl.curl_global_cleanup();
}

CURL *
curl_easy_init(void)
{
	return curl.curl_easy_init();
}

void
curl_easy_cleanup(CURL *easy)
{
	curl.curl_easy_cleanup(easy);
}

CURLcode
curl_easy_pause(CURL *easy, int mask)
{
	return curl.curl_easy_pause(easy, mask);
}

const char *
curl_easy_strerror(CURLcode code)
{
	return curl.curl_easy_strerror(code);
}

/* An option's number says which type its value has. */
CURLcode(curl_easy_setopt)(CURL *easy, CURLoption option, ...)
{
	CURLcode code;
	va_list value;

	va_start(value, option);
	if (option < CURLOPTTYPE_OBJECTPOINT)
		code = (curl.curl_easy_setopt)(easy, option, va_arg(value, long));
	else if (option >= CURLOPTTYPE_OFF_T && option < CURLOPTTYPE_BLOB)
		code = (curl.curl_easy_setopt)(easy, option, va_arg(value, curl_off_t));
	else
		code = (curl.curl_easy_setopt)(easy, option, va_arg(value, void *));
	va_end(value);
	return code;
}

CURLcode(curl_easy_getinfo)(CURL *easy, CURLINFO info, ...)
{
	CURLcode code;
	va_list value;

	va_start(value, info);
	code = (curl.curl_easy_getinfo)(easy, info, va_arg(value, void *));
	va_end(value);
	return code;
}

void
curl_free(void *p)
{
	curl.curl_free(p);
}

CURLM *
curl_multi_init(void)
{
	return curl.curl_multi_init();
}

CURLMcode
curl_multi_cleanup(CURLM *multi)
{
	return curl.curl_multi_cleanup(multi);
}

CURLMcode
curl_multi_add_handle(CURLM *multi, CURL *easy)
{
	return curl.curl_multi_add_handle(multi, easy);
}

CURLMcode
curl_multi_remove_handle(CURLM *multi, CURL *easy)
{
	return curl.curl_multi_remove_handle(multi, easy);
}

CURLMcode
curl_multi_perform(CURLM *multi, int *running)
{
	return curl.curl_multi_perform(multi, running);
}

CURLMcode
curl_multi_poll(CURLM *multi, struct curl_waitfd fds[], unsigned int count, int timeout_ms, int *ready)
{
	return curl.curl_multi_poll(multi, fds, count, timeout_ms, ready);
}

CURLMsg *
curl_multi_info_read(CURLM *multi, int *left)
{
	return curl.curl_multi_info_read(multi, left);
}

struct curl_slist *
curl_slist_append(struct curl_slist *list, const char *text)
{
	return curl.curl_slist_append(list, text);
}

void
curl_slist_free_all(struct curl_slist *list)
{
	curl.curl_slist_free_all(list);
}

CURLU *
curl_url(void)
{
	return curl.curl_url();
}

void
curl_url_cleanup(CURLU *url)
{
	curl.curl_url_cleanup(url);
}

CURLUcode
curl_url_get(CURLU *url, CURLUPart part, char **value, unsigned int flags)
{
	return curl.curl_url_get(url, part, value, flags);
}

CURLUcode
curl_url_set(CURLU *url, CURLUPart part, const char *value, unsigned int flags)
{
	return curl.curl_url_set(url, part, value, flags);
}

const char *
curl_url_strerror(CURLUcode code)
{
	return curl.curl_url_strerror(code);
}
