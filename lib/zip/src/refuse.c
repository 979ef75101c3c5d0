/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/error.h"
#include "base/sys.h"
#include "internal.h"

static void __attribute__((format(printf, 4, 0)))
refuse_text(struct dsync_error *err, const char *rule, uint64_t offset, const char *format, va_list args)
{
	char text[DSYNC_ERROR_TEXT_SIZE];

	vsnprintf(text, sizeof(text), format, args);
	dsync_error_set(err, DSYNC_ERR_NOT_ARCHIVE, rule, "%s", text);
	dsync_error_at_offset(err, offset);
}

int
dsync__zip_refuse(struct dsync_error *err, const char *rule, uint64_t offset, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	if (err != NULL)
		refuse_text(err, rule, offset, format, args);
	va_end(args);
	return DSYNC_ERR_NOT_ARCHIVE;
}

int
dsync__zip_refuse_number(struct dsync_error *err, const char *rule, uint64_t offset, uint64_t expected, uint64_t found,
	const char *format, ...)
{
	va_list args;

	va_start(args, format);
	if (err != NULL)
		refuse_text(err, rule, offset, format, args);
	va_end(args);
	dsync_error_expected(err, "%" PRIu64, expected);
	dsync_error_found(err, "%" PRIu64, found);
	return DSYNC_ERR_NOT_ARCHIVE;
}

int
dsync__zip_read_failed(struct dsync_error *err, int rc, uint64_t offset)
{
	int code;

	if (rc == -ENODATA)
		code = dsync_error_set(err, DSYNC_ERR_CHANGED, "Z30", "the file shrank while it was read");
	else
		code = dsync_error_set_errno(err, -rc, "cannot read the archive");
	dsync_error_at_offset(err, offset);
	return code;
}
