/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "input.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/sys.h"
#include "base/text.h"
#include "format/layout.h"
#include "report.h"
#include "runtime/frame.h"
#include "runtime/updater.h"

#define PIECE_SIZE 65536

static int
refuse_size(const char *path, const struct dsync_buffer *out, struct dsync_error *err)
{
	dsync_error_set(err, DSYNC_ERR_LIMIT, "", "%s is too large", path);
	dsync_error_expected(err, "at most %zu bytes", out->limit);
	return DSYNC_ERR_LIMIT;
}

static int
read_standard_input(struct dsync_buffer *out, struct dsync_error *err)
{
	unsigned char *place;
	ssize_t got;

	for (;;) {
		if (out->size == out->limit) {
			unsigned char more;

			got = dsync_sys_read(STDIN_FILENO, &more, 1);
			if (got > 0)
				return refuse_size("standard input", out, err);
		} else {
			size_t room = out->limit - out->size < PIECE_SIZE ? out->limit - out->size : PIECE_SIZE;

			place = dsync_buffer_reserve(out, room);
			if (place == NULL)
				return dsync_error_set_memory(err);
			got = dsync_sys_read(STDIN_FILENO, place, room);
			if (got > 0)
				dsync_buffer_added(out, (size_t)got);
		}
		if (got < 0)
			return dsync_error_set_errno(err, (int)-got, "cannot read standard input");
		if (got == 0)
			return 0;
	}
}

int
input_read(const char *path, struct dsync_buffer *out, struct dsync_error *err)
{
	int rc;

	if (strcmp(path, "-") == 0)
		return read_standard_input(out, err);
	rc = dsync_file_read(DSYNC_SYS_CWD, path, out, err);
	return rc == DSYNC_ERR_LIMIT ? refuse_size(path, out, err) : rc;
}

int
input_read_updater(const char *path, struct dsync_buffer *out, struct dsync_error *err)
{
	struct dsync_updater_info info;
	struct dsync_view wasm;
	int rc;

	rc = input_read(path, out, err);
	if (rc < 0)
		return rc;
	wasm = dsync_buffer_view(out);
	if (wasm.size == DSYNC_UPDATER_STUB_SIZE && memcmp(wasm.data, DSYNC_UPDATER_STUB, DSYNC_UPDATER_STUB_SIZE) == 0)
		return 0;
	dsync_updater_inspect(wasm.data, wasm.size, &info);
	if (info.contract != DSYNC_CONTRACT_UNKNOWN && info.lacks == NULL)
		return 0;
	dsync_error_set(err, DSYNC_ERR_UPDATER, "updater", "%s is no updater", path);
	if (info.lacks != NULL)
		dsync_error_expected(err, "a module that exports %s", info.lacks);
	else
		dsync_error_expected(err, "a binary WebAssembly module for dotsync.v1, host or WASI");
	return DSYNC_ERR_UPDATER;
}

int
input_time(int64_t *seconds, bool *given, struct dsync_error *err)
{
	const char *text = getenv("SOURCE_DATE_EPOCH");
	uint64_t value;

	if (given != NULL)
		*given = text != NULL;
	if (text == NULL) {
		*seconds = dsync_sys_now();
		return 0;
	}
	if (dsync_text_parse_u64(text, strlen(text), &value) == 0 && value <= UINT64_C(253402300799)) {
		*seconds = (int64_t)value;
		return 0;
	}
	dsync_error_set(err, DSYNC_ERR_INVALID, "", "SOURCE_DATE_EPOCH is no time");
	dsync_error_expected(err, "seconds since 1970, before the year 10000");
	dsync_error_found(err, "%s", text);
	return DSYNC_ERR_INVALID;
}

int
input_duration(struct app *app, const char *option, const char *value, int64_t least, int64_t *seconds)
{
	if (dsync_text_parse_duration(value, seconds) == 0 && *seconds >= least)
		return 0;
	report_usage(app, "--%s is a duration %ssuch as 90s, 15m, 6h or 7d, not \"%s\"", option,
		least > 0 ? "of at least a second " : "", value);
	return -1;
}
