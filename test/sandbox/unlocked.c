/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Linked into a dotsync-attack without a filter (-Wl,--wrap): it claims the layer and has not got it. */
#include "seccomp.h"

int __wrap_dsync_seccomp_load(enum dsync_seccomp_kind kind);

int
__wrap_dsync_seccomp_load(enum dsync_seccomp_kind kind)
{
	(void)kind;
	return 0;
}
