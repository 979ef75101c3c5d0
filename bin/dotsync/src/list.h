/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * list.h - the values of an option that may be given more than once; they are the command line's own.
 */
#ifndef DOTSYNC_LIST_H
#define DOTSYNC_LIST_H

#include "command.h"

#define LIST_MAX 64

struct list {
	const char *items[LIST_MAX];
	size_t count;
};

/* Appends, once each; -1 after reporting that there are too many. */
int list_add(struct app *app, struct list *list, const char *option, const char *value);

bool list_contains(const struct list *list, const char *value);

#endif
