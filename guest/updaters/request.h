/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * request.h - the head of a request: URL, query and headers of the plan.
 *
 * Headers and query of the plan go with the URLs that it names, and to what these lead to only where scheme, host and
 * port are the same: they may carry a secret.  A {secret:NAME} is put in by the host, never here.
 */
#ifndef GUEST_REQUEST_H
#define GUEST_REQUEST_H

#include "plan.h"

/* Asks for `url`, which comes from `listed` of the plan; a handle or an error of dotsync.h. */
int64_t request_send(const struct plan *plan, const char *url, const char *listed, int32_t flags);

#define REQUEST_NOT_TEXT (-101) /* headers or query are no texts, or too long */

#endif
