/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * dotsync-worker-attack - the worker with an attacker inside; for tests, never installed.
 *
 *	dotsync-worker-attack ARGUMENT ATTACK [...]	started by attack_test.c
 *	dotsync-worker-attack ARGUMENT			started by dotsync-refresh in the worker's place; what to do
 *							stands in the file "attack" beside the program: MODE ATTACK
 *
 * Locks itself down exactly as the worker does, engine and all, sends READY, freezes when it is of the mode run, makes one
 * attempt of worker/attack_table.h, and, if it is still there, sends its result as 8 bytes or, to the refresher, as the
 * text of a FAILED frame.  In the refresher's service it does honest work in the mode that is not to be attacked from.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "attack.h"
#include "job.h"
#include "lock.h"
#include "ticks.h"

extern char **environ;

struct orders {
	uint32_t mode; /* to attack in; 0: at once, in any */
	char attack[64];
};

/* From the file beside this program. */
static int
read_orders(struct orders *orders)
{
	char path[4096], mode[16];
	ssize_t size = readlink("/proc/self/exe", path, sizeof(path) - sizeof("/attack"));
	FILE *file;
	int count;

	if (size <= 0)
		return -1;
	path[size] = '\0';
	strcpy(strrchr(path, '/'), "/attack");
	file = fopen(path, "re");
	if (file == NULL)
		return -1;
	count = fscanf(file, "%15s %63s", mode, orders->attack);
	fclose(file);
	orders->mode = strcmp(mode, "compile") == 0 ? DSYNC_JOB_COMPILE : DSYNC_JOB_RUN;
	return count == 2 ? 0 : -1;
}

/* As the worker does: who has not heard the host out does not get his own last word heard. */
static void
receive_job(struct dsync_worker *worker)
{
	unsigned char *data = malloc((size_t)worker->job.data_size);

	dsync_channel_receive(worker->channel, DSYNC_FRAME_JOB);
	if (data == NULL)
		_exit(6);
	dsync_channel_receive_data(worker->channel, data, (size_t)worker->job.data_size);
	free(data);
}

int
main(int argc, char **argv)
{
	const pid_t parent = getppid();
	struct dsync_worker worker;
	struct orders orders = { .mode = 0 };
	int64_t result;

	memset(&worker, 0, sizeof(worker));
	worker.born_us = dsync_ticks_monotonic_us();
	if (dsync_lock_check(environ) != NULL || argc < 2 || dsync_frame_parse_argument(argv[1], &worker.job) < 0)
		return 2;
	if (argc == 2 && read_orders(&orders) < 0)
		return 2;
	dsync_secret_prepare();
	if (dsync_worker_start(&worker, parent) < 0)
		_exit(3);
	if (argc == 2 && worker.job.mode != orders.mode) {
		dsync_worker_work(&worker);
		_exit(0);
	}
	if (argc == 2)
		receive_job(&worker);
	if (worker.job.mode != DSYNC_JOB_COMPILE && dsync_lock_freeze() < 0)
		_exit(4);
	result = dsync_attack(argc == 2 ? orders.attack : argv[2], parent);
	if (argc == 2)
		dsync_worker_fail(&worker, DSYNC_GUEST_TRAP, "the attempt gave %lld", (long long)result);
	else if (write(DSYNC_FRAME_FD, &result, sizeof(result)) < 0)
		_exit(5);
	_exit(0);
}
