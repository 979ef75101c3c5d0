/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * output.h - an ordinary file that is there whole or not at all.
 *
 *	output_begin(&output, "report.csv", force, &err);
 *	...                                     write to output.fd
 *	output_publish(&output, &err);          durable, then in place under its name
 *	output_finish(&output);                 before publish: nothing remains
 *
 * Where the file system can, the file has no name until it is published, so that not even a kill leaves
 * anything behind.
 */
#ifndef DOTSYNC_OUTPUT_H
#define DOTSYNC_OUTPUT_H

#include <stdbool.h>

#include "dotsync/error.h"

struct output {
	int fd;
	int folder;
	char *name;      /* in the folder */
	char *temporary; /* its name until published; NULL while it has none */
	bool replace;
};

/*
 * DSYNC_ERR_EXISTS when the name is taken and `replace` is false, DSYNC_ERR_INVALID when it is taken by
 * something else than a regular file.
 */
int output_begin(struct output *output, const char *path, bool replace, struct dsync_error *err);
int output_publish(struct output *output, struct dsync_error *err);
void output_finish(struct output *output);

#endif
