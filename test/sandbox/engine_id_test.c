/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* What compiled code depends on is part of the engine's id: the limit of memory, and what the processor can execute. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "engine.h"
#include "runtime/frame.h"

static unsigned long capabilities; /* what the machine that is played says beside what it is */

unsigned long __wrap_getauxval(unsigned long type);
unsigned long __real_getauxval(unsigned long type);

unsigned long
__wrap_getauxval(unsigned long type)
{
	return __real_getauxval(type) ^ capabilities;
}

static void
depends_on_the_processor(void **state)
{
	unsigned char id[DSYNC_ENGINE_ID_SIZE], again[DSYNC_ENGINE_ID_SIZE];
	int bit;

	(void)state;
	capabilities = 0;
	dsync_engine_id(id, 1 << 20);
	dsync_engine_id(again, 1 << 20);
	assert_memory_equal(id, again, sizeof(id));
	for (bit = 0; bit < 32; bit++) {
		capabilities = 1ul << bit;
		dsync_engine_id(again, 1 << 20);
		assert_memory_not_equal(id, again, sizeof(id));
	}
	capabilities = 0;
	dsync_engine_id(again, 2 << 20);
	assert_memory_not_equal(id, again, sizeof(id));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(depends_on_the_processor),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
