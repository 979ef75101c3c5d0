/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "deliver.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/error.h"
#include "base/sys.h"
#include "dotsync/archive.h"
#include "range.h"
#include "report.h"

#define PIECE_SIZE (256u * 1024u)

/* Writes all of it, also to a pipe that somebody made non-blocking; a negative errno otherwise. */
static int
put(const unsigned char *data, size_t size)
{
	struct pollfd ready = { STDOUT_FILENO, POLLOUT, 0 };
	ssize_t put;

	while (size > 0) {
		put = dsync_sys_write(STDOUT_FILENO, data, size);
		if (put == -EAGAIN)
			poll(&ready, 1, -1);
		else if (put < 0)
			return (int)put;
		else {
			data += put;
			size -= (size_t)put;
		}
	}
	return 0;
}

static int
sink(void *user, const void *data, size_t size)
{
	int *write_error = user;

	*write_error = put(data, size);
	return *write_error < 0 ? DSYNC_ERR_CANCELLED : 0;
}

static int
copy_range(const struct dsync_archive *archive, uint64_t begin, uint64_t end, int *write_error, struct dsync_error *err)
{
	unsigned char *buf = malloc(PIECE_SIZE);
	int64_t got = 0;
	size_t want;

	if (buf == NULL)
		return dsync_error_set_memory(err);
	while (begin < end && got >= 0) {
		want = end - begin < PIECE_SIZE ? (size_t)(end - begin) : PIECE_SIZE;
		got = dsync_archive_read_payload(archive, begin, buf, want, err);
		if (got > 0 && sink(write_error, buf, (size_t)got) < 0)
			got = DSYNC_ERR_CANCELLED;
		if (got > 0)
			begin += (uint64_t)got;
	}
	free(buf);
	return got < 0 ? (int)got : 0;
}

int
deliver_payload(struct app *app, const char *file, const struct dsync_archive *archive, const struct range *range)
{
	uint64_t begin, end;
	struct dsync_error err;
	int write_error = 0;
	int rc;

	rc = range_resolve(range, dsync_archive_payload_size(archive), &begin, &end, &err);
	if (rc < 0)
		return report_error_as(app, file, &err, EXIT_USAGE);
	if (range->is_set)
		rc = copy_range(archive, begin, end, &write_error, &err);
	else
		rc = dsync_archive_stream_payload(archive, sink, &write_error, &err);
	if (write_error == -EPIPE || rc == 0)
		return EXIT_DONE;
	if (write_error < 0)
		dsync_error_set_errno(&err, -write_error, "cannot write to standard output");
	return report_error(app, file, &err);
}
