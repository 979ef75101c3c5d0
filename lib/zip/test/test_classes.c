/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Each of some ten thousand ambiguous archives is refused, or read as it was laid out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "classes.h"

struct outcome {
	int fd;
	size_t accepted;
	size_t refused;
	size_t accepted_a2;
};

/* The layout's entry of this name that the directory lists. */
static const struct hostile_entry *
find(const struct hostile *h, const char *name)
{
	size_t i;

	for (i = 0; i < h->count; i++) {
		const struct hostile_entry *e = &h->entries[i];

		if (!e->no_central && e->central.name_size == strlen(name) &&
			memcmp(e->central.name, name, strlen(name)) == 0)
			return e;
	}
	return NULL;
}

static void
take(void *context, const struct hostile *h, const char *name)
{
	static unsigned char buf[65536];
	struct outcome *o = context;
	struct dsync_zip *zip = hostile_open(h, o->fd, NULL);
	const struct dsync_zip_entry *entry;
	const struct hostile_entry *e;
	size_t i;

	if (zip == NULL) {
		o->refused++;
		return;
	}
	o->accepted++;
	o->accepted_a2 += strncmp(name, "a2", 2) == 0;
	for (i = 0; (entry = dsync_zip_at(zip, i)) != NULL; i++) {
		e = find(h, entry->name);
		if (e == NULL)
			fail_msg("%s: entry %s came from nowhere", name, entry->name);
		if (entry->size > sizeof(buf) || dsync_zip_read(zip, entry, buf, NULL) < 0)
			continue;
		if (entry->size != e->content.size ||
			memcmp(buf, dsync_buffer_view(&e->content).data, e->content.size) != 0)
			fail_msg("%s: entry %s has other bytes", name, entry->name);
	}
	dsync_zip_close(zip);
}

static void
test_classes(void **state)
{
	struct outcome o = { .fd = hostile_file_create() };
	size_t count = classes_each(take, &o);

	(void)state;
	print_message("%zu archives: %zu refused, %zu accepted, of these %zu of class A2\n", count, o.refused,
		o.accepted, o.accepted_a2);
	assert_int_equal(count, o.refused + o.accepted);
	assert_true(count > 9000);
	assert_in_range(o.accepted_a2, 1, count / 10);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_classes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
