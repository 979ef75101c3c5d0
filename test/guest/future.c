/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* A module of no contract: it imports what no host has. */
__attribute__((import_module("dotsync.v2"), import_name("launch"))) extern void launch(void);

void run(void);

void
run(void)
{
	launch();
}
