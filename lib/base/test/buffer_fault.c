/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "base/fault.h"
#include "dotsync/error.h"

/* Whichever allocation fails, the text is whole or not there, and the failure is said. */
static void
test_every_allocation_fails(void **state)
{
	struct dsync_buffer b;
	const char *text;
	bool fired;
	uint64_t n;
	int i;

	(void)state;
	for (n = 1;; n++) {
		dsync_buffer_init(&b, DSYNC_BUFFER_UNLIMITED);
		dsync_fault_arm(DSYNC_FAULT_MEMORY, 0, n, false);
		for (i = 0; i < 256; i++)
			dsync_buffer_printf(&b, "%08d", i);
		text = dsync_buffer_text(&b);
		fired = dsync_fault_fired();
		dsync_fault_disarm();

		assert_int_equal(dsync_buffer_error(&b), fired ? DSYNC_ERR_NO_MEMORY : 0);
		if (fired) {
			assert_null(text);
		} else {
			assert_int_equal(b.size, 2048);
			assert_memory_equal(text + 2040, "00000255", 9);
		}
		dsync_buffer_finish(&b);
		if (!fired)
			break;
	}
	assert_in_range(n, 4, 100);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_allocation_fails),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
