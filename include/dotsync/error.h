/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * error.h - what went wrong, where, and what to do about it.
 *
 * Every function that can fail takes a `struct dsync_error *err` as its last
 * argument and returns a negative code from the table below, or NULL.  The
 * struct belongs to the caller, has a fixed size and needs no freeing; it may
 * be NULL where the caller does not care.  It is filled where the fault was
 * first seen and is left alone on success.
 *
 *	struct dsync_error err;
 *	struct dsync_archive *archive = dsync_archive_open(path, NULL, &err);
 *	if (archive == NULL) {
 *		char text[1024];
 *		dsync_error_format(&err, text, sizeof(text));
 *		fprintf(stderr, "%s\n", text);
 *	}
 *
 * All texts are UTF-8 and hold no control characters: bytes that came from an
 * archive, a server or a guest were escaped when they were put in.
 */
#ifndef DOTSYNC_ERROR_H
#define DOTSYNC_ERROR_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* One row a code: name, value, the short text of dsync_error_text(). */
#define DSYNC_ERROR_TABLE(X) \
	X(SYSTEM, -1, "system error") /* sys_errno says which */ \
	X(NO_MEMORY, -2, "out of memory") \
	X(INVALID, -3, "invalid argument") /* a value the caller gave */ \
	X(STATE, -4, "not possible now")   /* calls in the wrong order */ \
	X(BOUNDS, -5, "outside the data")  /* cursor: not enough bytes */ \
	X(OVERFLOW, -6, "number too large") \
	X(NOT_ARCHIVE, -7, "not a valid archive") /* container rules Z1-Z32 */ \
	X(CORRUPT, -8, "damaged data")            /* CRC, hash, Deflate */ \
	X(UNSUPPORTED, -9, "not supported") \
	X(LIMIT, -10, "over a limit") \
	X(SYNTAX, -11, "syntax error")       /* TOML, JSON, URL */ \
	X(MANIFEST, -12, "manifest refused") /* type, range, missing key */ \
	X(NOT_FOUND, -13, "not found") \
	X(EXISTS, -14, "exists already") \
	X(CONFLICT, -15, "changed by somebody else") \
	X(BUSY, -16, "in use") /* lock not free in time */ \
	X(CHANGED, -17, "changed while it was read") \
	X(PERMISSION, -18, "not permitted") \
	X(CONSENT, -19, "consent needed") \
	X(POLICY, -20, "forbidden by policy") /* URL, host, address, header */ \
	X(NETWORK, -21, "network error") \
	X(TIMEOUT, -22, "took too long") \
	X(GUEST, -23, "the updater failed")     /* trap, exit code, no finish */ \
	X(UPDATER, -24, "not a usable updater") /* refused before it runs */ \
	X(SANDBOX, -25, "no sandbox")           /* a required layer is missing */ \
	X(PROTOCOL, -26, "protocol violated")   /* frames between our programs */ \
	X(UNSIGNED, -27, "not signed") \
	X(SIGNATURE, -28, "signature refused") \
	X(EQUIVOCATION, -29, "two releases with one version") \
	X(CLOCK, -30, "clock not to be trusted") \
	X(LOCKED, -31, "key or passphrase missing or wrong") \
	X(EXPIRED, -32, "expired") \
	X(DURABILITY, -33, "in place, durability unknown") \
	X(CANCELLED, -34, "cancelled") \
	X(REJECTED, -35, "refused by the check command") \
	X(HELD, -36, "held")

#define DSYNC_ERROR_ENUM(name, value, text) DSYNC_ERR_##name = (value),
enum dsync_error_code { DSYNC_OK = 0, DSYNC_ERROR_TABLE(DSYNC_ERROR_ENUM) };
#undef DSYNC_ERROR_ENUM

#define DSYNC_ERROR_RULE_SIZE 16
#define DSYNC_ERROR_SUBJECT_SIZE 256
#define DSYNC_ERROR_TEXT_SIZE 256
#define DSYNC_ERROR_HINT_SIZE 256

#define DSYNC_ERROR_NO_OFFSET UINT64_MAX

struct dsync_error {
	int code;                             /* DSYNC_ERR_*, 0 when unset */
	int sys_errno;                        /* with SYSTEM, else 0 */
	uint64_t offset;                      /* byte in the file, or NO_OFFSET */
	uint32_t line;                        /* of a text (manifest), from 1; 0: none */
	uint32_t column;                      /* in bytes, from 1; 0: none */
	char rule[DSYNC_ERROR_RULE_SIZE];     /* "Z21", "toml", "url"...; "" : none */
	char entry[DSYNC_ERROR_SUBJECT_SIZE]; /* archive entry or manifest key; "" : none */
	char message[DSYNC_ERROR_TEXT_SIZE];  /* what is wrong, never empty when code != 0 */
	char expected[DSYNC_ERROR_TEXT_SIZE]; /* "" : not said */
	char found[DSYNC_ERROR_TEXT_SIZE];    /* "" : not said */
	char hint[DSYNC_ERROR_HINT_SIZE];     /* what to do next; "" : nothing */
};

/* The name of a code without its prefix, such as "NOT_ARCHIVE"; "UNKNOWN" for other numbers. */
const char *dsync_error_name(int code);

/* The short English text of a code. */
const char *dsync_error_text(int code);

/*
 * Writes "message (rule, entry, offset): expected X, found Y; hint" as one line
 * without a newline.  At most `size` bytes with the NUL; returns the length it
 * would have with room enough, as snprintf does.
 */
size_t dsync_error_format(const struct dsync_error *err, char *buf, size_t size);

#ifdef __cplusplus
}
#endif
#endif
