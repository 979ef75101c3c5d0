/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* A WASI command that says one line: what a runtime needs to start it. */
#include <stdio.h>

int
main(void)
{
	return puts("started") < 0;
}
