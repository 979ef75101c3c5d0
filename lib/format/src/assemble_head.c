/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include <errno.h>
#include <string.h>

#include "assemble_internal.h"
#include "base/error.h"
#include "base/sys.h"
#include "format/layout.h"

/* The order of the head; names that are not here come after them, in the order in which they came. */
static const char *const order[] = {
	DSYNC_ENTRY_MANIFEST,
	DSYNC_ENTRY_CONTEXT,
	DSYNC_ENTRY_UPDATER,
	DSYNC_ENTRY_RELEASE,
	DSYNC_ENTRY_ATTEST,
	DSYNC_ENTRY_PROOF,
};
#define ORDER_COUNT (sizeof(order) / sizeof(order[0]))

static size_t
rank_of(const char *name)
{
	size_t rank = 0;

	while (rank < ORDER_COUNT && strcmp(order[rank], name) != 0)
		rank++;
	return rank;
}

/* Its index, or the count. */
static size_t
find(const struct dsync__head *head, const char *name)
{
	size_t i = 0;

	while (i < head->count && strcmp(head->entries[i].name, name) != 0)
		i++;
	return i;
}

bool
dsync__head_has(const struct dsync__head *head, const char *name)
{
	return find(head, name) < head->count;
}

/* Behind all entries of its rank or a lower one. */
static int
insert(struct dsync__head *head, const struct dsync__head_entry *entry, struct dsync_error *err)
{
	size_t rank = rank_of(entry->name);
	size_t at = head->count;

	if (head->count == DSYNC_ZIP_ENTRIES_MAX)
		return dsync_error_set(err, DSYNC_ERR_LIMIT, "Z9", "more than %u entries", DSYNC_ZIP_ENTRIES_MAX);
	while (at > 0 && rank_of(head->entries[at - 1].name) > rank)
		at--;
	memmove(&head->entries[at + 1], &head->entries[at], (head->count - at) * sizeof(head->entries[0]));
	head->entries[at] = *entry;
	head->count++;
	return 0;
}

int
dsync__head_init(struct dsync__head *head, const struct dsync_archive *base, bool all_stored, struct dsync_error *err)
{
	size_t i;
	int rc = 0;

	head->base = base;
	head->all_stored = all_stored;
	head->count = 0;
	for (i = 0; base != NULL && i < dsync_zip_count(base->zip) && rc == 0; i++) {
		const struct dsync_zip_entry *from = dsync_zip_at(base->zip, i);
		struct dsync__head_entry entry = { .name = from->name, .copy = from };

		if (from != base->payload && strcmp(from->name, DSYNC_ENTRY_CHUNKS) != 0)
			rc = insert(head, &entry, err);
	}
	return rc;
}

int
dsync__head_set(
	struct dsync__head *head, const char *name, struct dsync_view data, uint16_t method, struct dsync_error *err)
{
	struct dsync__head_entry entry = { .name = name, .data = data, .method = method };
	size_t i = find(head, name);

	if (head->all_stored)
		entry.method = DSYNC_ZIP_STORED;
	if (i == head->count)
		return insert(head, &entry, err);
	head->entries[i] = entry;
	return 0;
}

void
dsync__head_remove(struct dsync__head *head, const char *name)
{
	size_t i = find(head, name);

	if (i == head->count)
		return;
	head->count--;
	memmove(&head->entries[i], &head->entries[i + 1], (head->count - i) * sizeof(head->entries[0]));
}

uint16_t
dsync__manifest_method(const struct dsync_archive *base)
{
	/* A Stored manifest was made for readers that cannot inflate. */
	return base != NULL ? dsync_zip_find(base->zip, DSYNC_ENTRY_MANIFEST)->method : DSYNC_ZIP_DEFLATED;
}

/* The sink that inflated bytes go to. */
struct target {
	int fd;
	uint64_t offset;
	struct dsync_error *err;
};

static int
put(void *context, const void *data, size_t size)
{
	struct target *t = context;
	int rc = dsync_sys_pwrite_all(t->fd, data, size, t->offset);

	t->offset += size;
	return rc < 0 ? dsync_error_set_errno(t->err, -rc, "cannot write the archive") : 0;
}

/* The data of an open entry: as it lies in the base, or inflated. */
static int
copy_data(const struct dsync__head *head, const struct dsync_zip_entry *from, bool inflate,
	struct dsync_zip_writer *writer, struct dsync_error *err)
{
	unsigned char buf[16384];
	struct target target = { writer->fd, dsync_zip_writer_data_offset(writer), err };
	uint64_t done = 0;
	int rc = 0;

	if (inflate)
		return dsync_zip_stream(head->base->zip, from, buf, sizeof(buf), put, &target, err);
	while (done < from->stored_size && rc == 0) {
		size_t size = from->stored_size - done < sizeof(buf) ? (size_t)(from->stored_size - done) : sizeof(buf);

		rc = dsync_sys_pread_all(head->base->fd, buf, size, from->data_offset + done);
		if (rc == -ENODATA)
			return dsync_error_set(
				err, DSYNC_ERR_CHANGED, "Z30", "the archive became shorter while it was read");
		if (rc < 0)
			return dsync_error_set_errno(err, -rc, "cannot read \"%s\" of the old version", from->name);
		rc = put(&target, buf, size);
		done += size;
	}
	return rc;
}

static int
write_copy(const struct dsync__head *head, const struct dsync_zip_entry *from, struct dsync_zip_writer *writer,
	struct dsync_error *err)
{
	bool deflated = from->method == DSYNC_ZIP_DEFLATED;
	bool inflate = deflated && head->all_stored;
	const struct dsync_zip_entry_options options = { .may_exceed_4g = from->size >= UINT32_MAX };
	int rc;

	rc = dsync_zip_writer_begin(writer, from->name, &options, err);
	if (rc == 0)
		rc = copy_data(head, from, inflate, writer, err);
	if (rc < 0)
		return rc;
	if (deflated && !inflate)
		return dsync_zip_writer_end_deflated(writer, from->stored_size, from->size, from->crc32, err);
	return dsync_zip_writer_end(writer, from->size, from->crc32, err);
}

int
dsync__head_write_entry(const struct dsync__head *head, const struct dsync__head_entry *entry,
	struct dsync_zip_writer *writer, struct dsync_error *err)
{
	if (entry->copy != NULL)
		return write_copy(head, entry->copy, writer, err);
	return dsync_zip_writer_add(writer, entry->name, entry->data.data, entry->data.size, entry->method, err);
}

int
dsync__head_write(const struct dsync__head *head, struct dsync_zip_writer *writer, struct dsync_error *err)
{
	size_t i;
	int rc = 0;

	for (i = 0; i < head->count && rc == 0; i++)
		rc = dsync__head_write_entry(head, &head->entries[i], writer, err);
	return rc;
}
