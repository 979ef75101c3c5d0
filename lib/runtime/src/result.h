/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * result.h - reading an outcome out of a packet; the rest of struct dsync_result is in runtime/job.h.
 */
#ifndef RUNTIME_RESULT_H
#define RUNTIME_RESULT_H

#include <jansson.h>
#include <stddef.h>

#include "runtime/job.h"

/* Fills an initialised result; on failure the caller still finishes it. */
int dsync__result_read(const json_t *object, struct dsync_result *result, struct dsync_error *err);

#endif
