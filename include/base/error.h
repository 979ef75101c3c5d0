/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * error.h - fill a struct dsync_error.
 *
 * The first fault wins: it is set where it is seen, callers above only pass it
 * on.  Each function returns the code that it stored, so that a failing path
 * reads
 *
 *	return dsync_error_set(err, DSYNC_ERR_NOT_ARCHIVE, "Z3", "archive comment is not allowed");
 *
 * and may then add detail with the functions below, which do nothing when `err`
 * is NULL.  Texts are escaped with dsync_text_escape(), so untrusted strings may
 * be handed in as they are; one too long for its field is cut between two characters.
 */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

#include "dotsync/error.h"

/* Clears the struct, stores code, rule ("" for none) and the formatted message; returns `code`. */
int dsync_error_set(struct dsync_error *err, int code, const char *rule, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/*
 * The same for a failed system call: SYSTEM (NO_MEMORY for ENOMEM) with errno kept, the message
 * being "what: strerror".  `sys_errno` is given by the caller, because errno is easily lost.
 */
int dsync_error_set_errno(struct dsync_error *err, int sys_errno, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* NO_MEMORY with its message. */
int dsync_error_set_memory(struct dsync_error *err);

/* Adds where: the entry (or manifest key), the byte in the file, or line and column of a text. */
void dsync_error_at_entry(struct dsync_error *err, const char *entry, size_t entry_size);
void dsync_error_at_offset(struct dsync_error *err, uint64_t offset);
void dsync_error_at_line(struct dsync_error *err, uint32_t line, uint32_t column);

/* Adds what was expected and what was found; either format may be NULL. */
void dsync_error_expected(struct dsync_error *err, const char *format, ...) __attribute__((format(printf, 2, 3)));
void dsync_error_found(struct dsync_error *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Adds what to do next, as an imperative without a full stop. */
void dsync_error_hint(struct dsync_error *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
