/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * dotsync-worker - the cage: locks itself down, then compiles or runs one wasm module.
 *
 * Started by dotsync-refresh with an empty environment, the null device on descriptors
 * 0-2, a packet socket on 3, and one argument,
 *
 *	compile:MEMORY:CPU:SIZE		or	run:MEMORY:CPU:SIZE	or	decode:MEMORY:CPU:SIZE
 *
 * the limits of the job (runtime/frame.h).  They come this way and not with the JOB
 * frame alone because the kernel's limits of memory and time must be set before the lock,
 * and nothing is read from the socket before the lock.  JOB must then say the same, or the worker ends.
 *
 * Then: lock down (worker/src/lock.h), READY, JOB, DATA, the work, DONE or FAILED.
 *
 * Exit status: 0 after the last frame, whatever it said; 2 when it was not started as
 * above; 3 when the conversation broke off.  Death by SIGSYS is a forbidden system call.
 */
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "job.h"
#include "lock.h"
#include "ticks.h"

#define EXIT_USAGE 2

extern char **environ;

int
main(int argc, char **argv)
{
	const pid_t parent = getppid();
	struct dsync_worker worker;
	const char *wrong;

	prctl(PR_SET_NAME, "dotsync-worker"); /* started by descriptor it would be called "4" */
	memset(&worker, 0, sizeof(worker));
	worker.born_us = dsync_ticks_monotonic_us();
	wrong = dsync_lock_check(environ);
	if (wrong == NULL && (argc != 2 || dsync_frame_parse_argument(argv[1], &worker.job) < 0))
		wrong = "expected one argument, MODE:MEMORY:CPU_MS:SIZE";
	if (wrong != NULL) {
		fprintf(stderr, "dotsync-worker: %s\n", wrong);
		return EXIT_USAGE;
	}

	if (dsync_worker_start(&worker, parent) == 0)
		dsync_worker_work(&worker);
	_exit(0); /* no exit handlers: what they would do is not allowed any more */
}
