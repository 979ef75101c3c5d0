/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * cmd_ls.c - the entries of an archive, and the members of a tar payload, with offsets and sizes.
 */
#include <inttypes.h>
#include <stdio.h>

#include "base/json.h"
#include "command.h"
#include "dotsync/archive.h"
#include "entries.h"
#include "files.h"
#include "report.h"
#include "tar.h"

static const struct usage usage = {
	"ls [OPTION]... FILE...",
	"Lists the entries of an archive: where their data start in the file, their size,\n"
	"their size as stored, and how.  The members of a tar payload follow it.",
	NULL,
	0,
};

/* Where the members of the payload go. */
struct members {
	uint64_t payload_offset;
	struct dsync_buffer *out; /* JSON; NULL: a table on standard output */
};

static void
print_row(uint64_t offset, uint64_t size, uint64_t stored, const char *how, const char *prefix, const char *name)
{
	printf("%12" PRIu64 " %12" PRIu64 " %12" PRIu64 "  %-7s  %s", offset, size, stored, how, prefix);
	report_text(stdout, name);
	putchar('\n');
}

static void
show_member(void *user, const struct tar_member *member)
{
	const struct members *members = user;
	uint64_t offset = members->payload_offset + member->offset;

	if (members->out == NULL) {
		print_row(offset, member->size, member->size, member->type, "payload/", member->name);
		return;
	}
	dsync_json_open(members->out, NULL);
	dsync_json_put_text(members->out, "name", member->name);
	dsync_json_put_text(members->out, "type", member->type);
	dsync_json_put_unsigned(members->out, "offset", offset);
	dsync_json_put_unsigned(members->out, "size", member->size);
	dsync_json_close(members->out);
}

static void
show_entries(const struct dsync_archive *archive)
{
	struct dsync_archive_entry entry;
	size_t i;

	printf("%12s %12s %12s  %-7s  %s\n", "offset", "size", "stored", "how", "name");
	for (i = 0; i < dsync_archive_entry_count(archive); i++) {
		if (dsync_archive_entry(archive, i, &entry) == 0)
			print_row(entry.offset, entry.size, entry.stored_size, entry.deflated ? "deflate" : "store", "",
				entry.name);
	}
}

static int
list_members(const struct dsync_archive *archive, struct dsync_buffer *out, struct dsync_error *err)
{
	struct members members = { dsync_archive_payload_extent(archive).offset, out };

	return tar_is_one(archive) ? tar_list(archive, show_member, &members, err) : 0;
}

/* A payload that stops being a tar file is an error beside the entries, which are right. */
static int
print_json(struct app *app, const char *file, const struct dsync_archive *archive, struct dsync_error *err)
{
	struct dsync_buffer out, members;
	struct dsync_view view;
	int rc;

	dsync_buffer_init(&members, DSYNC_BUFFER_UNLIMITED);
	dsync_json_open_array(&members, NULL);
	rc = list_members(archive, &members, err);
	dsync_json_close_array(&members);
	if (rc == 0) {
		view = dsync_buffer_view(&members);
		report_json_begin(&out, file, true);
		entries_put_json(&out, archive);
		if (tar_is_one(archive))
			dsync_json_put_raw(&out, "members", (const char *)view.data, view.size);
		dsync_json_close(&out);
		rc = report_print(app, &out);
	}
	dsync_buffer_finish(&members);
	return rc;
}

static int
work(struct app *app, const char *file, void *user)
{
	struct dsync_archive *archive;
	struct dsync_error err;
	int rc;

	(void)user;
	archive = files_open(file, &err);
	if (archive == NULL)
		return report_error(app, file, &err);
	if (app->json) {
		rc = print_json(app, file, archive, &err);
	} else {
		show_entries(archive);
		rc = list_members(archive, NULL, &err);
	}
	dsync_archive_unref(archive);
	return rc < 0 ? report_error(app, file, &err) : rc;
}

int
cmd_ls(struct app *app, int argc, char **argv)
{
	int first = options_parse(app, &usage, argc, argv, NULL, NULL);

	return first < 0 ? options_exit(first) : files_each(app, argc, argv, first, work, NULL);
}
