/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * curl_lazy.h - loads the HTTP library before it is needed.
 */
#ifndef REFRESH_CURL_LAZY_H
#define REFRESH_CURL_LAZY_H

#include <stdbool.h>

/* False when it cannot be loaded; more than once is fine. */
bool dsync_curl_load(void);

#endif
