/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Any state record: what is accepted packs within the limit and reads the same again; nothing reaches past a year from now. */
#include <stdlib.h>
#include <string.h>

#include "runtime/state.h"

#define NOW INT64_C(1700000000)
#define LAST (NOW + INT64_C(366) * 86400)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct dsync_buffer once, twice;
	struct dsync_state state, again;

	if (dsync_state_unpack(data, size, NOW, &state) < 0)
		return 0;
	if (state.base > LAST || state.last_attempt > LAST || state.next_attempt > LAST || state.held_until > LAST)
		abort();
	dsync_buffer_init(&once, DSYNC_STATE_SIZE_MAX);
	dsync_buffer_init(&twice, DSYNC_STATE_SIZE_MAX);
	if (dsync_state_pack(&state, &once) < 0 || once.size != size)
		abort();
	if (dsync_state_unpack(once.data, once.size, NOW, &again) < 0 || dsync_state_pack(&again, &twice) < 0)
		abort();
	if (once.size != twice.size || memcmp(once.data, twice.data, once.size) != 0)
		abort();
	dsync_buffer_finish(&once);
	dsync_buffer_finish(&twice);
	return 0;
}
