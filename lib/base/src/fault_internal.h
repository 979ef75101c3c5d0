/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * fault_internal.h - the question that every wrapped call asks (sys_fault.c) and
 * the state that answers it (fault.c).
 */
#ifndef BASE_FAULT_INTERNAL_H
#define BASE_FAULT_INTERNAL_H

#include <stdbool.h>

#include "base/fault.h"

/* Counts the call when this kind is armed and the filter agrees; true when the fault is due at it. */
bool dsync__fault_due(enum dsync_fault_kind kind, const char *name);

/* The errno that was armed. */
int dsync__fault_errno(void);

#endif
