/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "list.h"

#include <string.h>

#include "report.h"

bool
list_contains(const struct list *list, const char *value)
{
	size_t i;

	for (i = 0; i < list->count; i++) {
		if (strcmp(list->items[i], value) == 0)
			return true;
	}
	return false;
}

int
list_add(struct app *app, struct list *list, const char *option, const char *value)
{
	if (list_contains(list, value))
		return 0;
	if (list->count == LIST_MAX) {
		report_usage(app, "more than %d times --%s", LIST_MAX, option);
		return -1;
	}
	list->items[list->count++] = value;
	return 0;
}
