/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "base/error.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "internal.h"

/* Longer than any field, so that what vsnprintf cuts off would not have fitted anyway. */
#define RAW_SIZE 1024

struct error_row {
	int code;
	const char *name;
	const char *text;
};

#define ERROR_ROW(name, value, text) { (value), #name, (text) },
static const struct error_row error_rows[] = { DSYNC_ERROR_TABLE(ERROR_ROW) };
#undef ERROR_ROW

static const struct error_row *
find_row(int code)
{
	size_t i;

	for (i = 0; i < sizeof(error_rows) / sizeof(error_rows[0]); i++) {
		if (error_rows[i].code == code)
			return &error_rows[i];
	}
	return NULL;
}

const char *
dsync_error_name(int code)
{
	const struct error_row *row = find_row(code);

	if (code == DSYNC_OK)
		return "OK";
	return row != NULL ? row->name : "UNKNOWN";
}

const char *
dsync_error_text(int code)
{
	const struct error_row *row = find_row(code);

	if (code == DSYNC_OK)
		return "no error";
	return row != NULL ? row->text : "unknown error";
}

static void __attribute__((format(printf, 3, 0)))
put_formatted(char *field, size_t field_size, const char *format, va_list args)
{
	char raw[RAW_SIZE];

	if (vsnprintf(raw, sizeof(raw), format, args) < 0)
		raw[0] = '\0';
	dsync_text_escape(field, field_size, raw, strlen(raw));
}

static void
start(struct dsync_error *err, int code, const char *rule)
{
	memset(err, 0, sizeof(*err));
	err->code = code;
	err->offset = DSYNC_ERROR_NO_OFFSET;
	dsync_text_escape(err->rule, sizeof(err->rule), rule, strlen(rule));
}

int
dsync_error_set(struct dsync_error *err, int code, const char *rule, const char *format, ...)
{
	va_list args;

	if (err == NULL)
		return code;
	start(err, code, rule != NULL ? rule : "");
	va_start(args, format);
	put_formatted(err->message, sizeof(err->message), format, args);
	va_end(args);
	if (err->message[0] == '\0')
		snprintf(err->message, sizeof(err->message), "%s", dsync_error_text(code));
	return code;
}

int
dsync_error_set_errno(struct dsync_error *err, int sys_errno, const char *format, ...)
{
	int code = sys_errno == ENOMEM ? DSYNC_ERR_NO_MEMORY : DSYNC_ERR_SYSTEM;
	const char *reason;
	va_list args;
	size_t used;

	if (err == NULL)
		return code;
	start(err, code, "");
	err->sys_errno = sys_errno;

	/* The reason is worth more than the end of a long subject, so room is kept for it. */
	reason = strerror(sys_errno);
	used = strlen(reason) + strlen(": ");
	if (used >= sizeof(err->message) / 2)
		used = sizeof(err->message) / 2;
	va_start(args, format);
	put_formatted(err->message, sizeof(err->message) - used, format, args);
	va_end(args);

	used = strlen(err->message);
	snprintf(err->message + used, sizeof(err->message) - used, "%s%s", used > 0 ? ": " : "", reason);
	return code;
}

int
dsync_error_set_memory(struct dsync_error *err)
{
	return dsync_error_set(err, DSYNC_ERR_NO_MEMORY, "", "out of memory");
}

void
dsync_error_at_entry(struct dsync_error *err, const char *entry, size_t entry_size)
{
	if (err != NULL)
		dsync_text_escape(err->entry, sizeof(err->entry), entry, entry_size);
}

void
dsync_error_at_offset(struct dsync_error *err, uint64_t offset)
{
	if (err != NULL)
		err->offset = offset;
}

void
dsync_error_at_line(struct dsync_error *err, uint32_t line, uint32_t column)
{
	if (err == NULL)
		return;
	err->line = line;
	err->column = column;
}

void
dsync_error_expected(struct dsync_error *err, const char *format, ...)
{
	va_list args;

	if (err == NULL || format == NULL)
		return;
	va_start(args, format);
	put_formatted(err->expected, sizeof(err->expected), format, args);
	va_end(args);
}

void
dsync_error_found(struct dsync_error *err, const char *format, ...)
{
	va_list args;

	if (err == NULL || format == NULL)
		return;
	va_start(args, format);
	put_formatted(err->found, sizeof(err->found), format, args);
	va_end(args);
}

void
dsync_error_hint(struct dsync_error *err, const char *format, ...)
{
	va_list args;

	if (err == NULL || format == NULL)
		return;
	va_start(args, format);
	put_formatted(err->hint, sizeof(err->hint), format, args);
	va_end(args);
}
