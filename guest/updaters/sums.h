/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * sums.h - SHA-256 sums as they are published.
 *
 * A file of sums has lines "HEX  NAME" or "HEX *NAME" (sha256sum), "SHA256 (NAME) = HEX" (BSD, OpenSSL), or is one sum alone.
 */
#ifndef GUEST_SUMS_H
#define GUEST_SUMS_H

#include "json.h"

#define SUM_SIZE 32
#define SUM_TEXT_SIZE 65 /* with its NUL */

/* 0 when the text is 64 digits. */
int32_t sums_parse(const char *text, int32_t size, unsigned char sum[SUM_SIZE]);
void sums_format(const unsigned char sum[SUM_SIZE], char out[SUM_TEXT_SIZE]);
int32_t sums_are_equal(const unsigned char *a, const unsigned char *b);

/*
 * The sum of a file: of the line with this very name, else of the one whose name ends in "/NAME".  0, -1 when there is none, -2
 * when lines of one name differ.
 */
int32_t sums_find(struct json_span text, const char *name, unsigned char sum[SUM_SIZE]);

#endif
