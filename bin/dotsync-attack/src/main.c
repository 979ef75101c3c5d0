/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * dotsync-attack - an attacker in the worker's cage, for `dotsync doctor --sandbox`.
 *
 *	dotsync-attack run:MEMORY:CPU_MS:SIZE ATTACK
 *
 * Is started as the worker is, locks itself down with the worker's own objects, sends READY, freezes, makes the one
 * attempt of worker/attack_table.h that is named, and, if it is still there, sends the result as 8 bytes.  It has no
 * right that whoever starts it has not, and gives all of them up first.
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "attack.h"
#include "base/buffer.h"
#include "lock.h"
#include "runtime/build_id.h"

#define EXIT_USAGE 2
#define EXIT_BROKEN 3

extern char **environ;

static int
send_frame(struct dsync_buffer *out)
{
	if (dsync_frame_end(out) < 0 || write(DSYNC_FRAME_FD, out->data, out->size) != (ssize_t)out->size)
		return -1;
	return 0;
}

static void
send_failed(struct dsync_buffer *out, const char *text)
{
	struct dsync_frame_failed failed = { .failure = DSYNC_GUEST_INTERNAL };

	failed.text.data = (const unsigned char *)text;
	failed.text.size = strlen(text);
	dsync_frame_begin(out, DSYNC_FRAME_FAILED, 0);
	dsync_frame_pack_failed(out, &failed);
	send_frame(out);
}

/* As the worker does, but for the engine. */
static int
lock_down(const struct dsync_frame_job *job, pid_t parent, struct dsync_buffer *out)
{
	struct dsync_frame_ready ready;
	char text[DSYNC_LOCK_TEXT_SIZE];

	memset(&ready, 0, sizeof(ready));
	if (dsync_lock_begin(job, parent, &ready, text) < 0 || dsync_lock_end(job, &ready, text) < 0) {
		send_failed(out, text);
		return -1;
	}
	ready.version = DSYNC_FRAME_VERSION;
	memcpy(ready.build_id, dsync_build_id, sizeof(ready.build_id));
	dsync_frame_begin(out, DSYNC_FRAME_READY, 0);
	dsync_frame_pack_ready(out, &ready);
	if (send_frame(out) < 0)
		return -1;
	return job->mode == DSYNC_JOB_COMPILE ? 0 : dsync_lock_freeze();
}

int
main(int argc, char **argv)
{
	const pid_t parent = getppid();
	const char *wrong = dsync_lock_check(environ);
	struct dsync_frame_job job;
	struct dsync_buffer out;
	int64_t result;

	prctl(PR_SET_NAME, "dotsync-attack");
	if (wrong != NULL || argc != 3 || dsync_frame_parse_argument(argv[1], &job) < 0) {
		fprintf(stderr,
			"dotsync-attack: this is a part of dotsync and is started by dotsync doctor --sandbox\n");
		return EXIT_USAGE;
	}
	dsync_secret_prepare();
	dsync_buffer_init(&out, DSYNC_FRAME_SIZE_MAX);
	if (lock_down(&job, parent, &out) < 0)
		_exit(EXIT_BROKEN);
	result = dsync_attack(argv[2], parent);
	if (write(DSYNC_FRAME_FD, &result, sizeof(result)) != (ssize_t)sizeof(result))
		_exit(EXIT_BROKEN);
	_exit(0);
}
