/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "archive_host.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "dotsync.h"

#define ANSWER 16

struct dsync_buffer answer;
char payload[4096];
size_t payload_size;
struct unpack unpacked;

int64_t
dotsync_read(int32_t source, int64_t off, void *out, int32_t size)
{
	size_t n = (size_t)size;

	assert_int_equal(source, ANSWER);
	assert_true(off >= 0 && (size_t)off <= answer.size);
	if (n > answer.size - (size_t)off)
		n = answer.size - (size_t)off;
	if (n > 0)
		memcpy(out, answer.data + off, n);
	return (int64_t)n;
}

int64_t
dotsync_write(const void *data, int32_t size)
{
	if ((size_t)size > sizeof(payload) - payload_size)
		return DOTSYNC_LIMIT;
	memcpy(payload + payload_size, data, (size_t)size);
	payload_size += (size_t)size;
	return size;
}

int64_t
answer_take_out(int32_t step, const char *member)
{
	int64_t rc;

	payload_size = 0;
	rc = unpack_open(&unpacked, ANSWER, &step, 1, 0);
	if (rc == 0)
		rc = unpack_copy(&unpacked, member);
	unpack_reason(&unpacked); /* asked while the streams are there, it is kept */
	unpack_close(&unpacked);
	return rc;
}

void
answer_check(int32_t step, const char *what, const char *member, const char *expected, const char *reason)
{
	int64_t rc = answer_take_out(step, member);

	if ((rc >= 0) != (expected != NULL))
		fail_msg("%s: %d %s", what, (int)rc, unpack_reason(&unpacked));
	if (expected != NULL) {
		assert_int_equal(payload_size, strlen(expected));
		assert_memory_equal(payload, expected, payload_size);
	} else if (strstr(unpack_reason(&unpacked), reason) == NULL) {
		fail_msg("%s: %d %s", what, (int)rc, unpack_reason(&unpacked));
	}
}
