/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * slots.h - how many refreshers of one user work in the background at once.
 *
 * STATE/slots/N are empty files whose locks are the slots; the kernel gives one back however its holder ends.
 */
#ifndef REFRESH_SLOTS_H
#define REFRESH_SLOTS_H

#include <stdint.h>

/* Takes a slot and returns the descriptor that holds it until it is closed; -1 when all are taken, -2 when there is no place for slots. */
int dsync_slots_take(const char *state_dir, uint32_t count);

#endif
