/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * exit_code.h - what an error means to a shell: the table of doc/man/dotsync.1.
 */
#ifndef RUNTIME_EXIT_CODE_H
#define RUNTIME_EXIT_CODE_H

/* 0 for 0; 1 for what this machine is to blame for and for codes that have no number of their own. */
int dsync_exit_code(int error_code);

#endif
