/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * loose.h - read a ZIP that breaks the rules of the strict reader but can be understood in one way.
 *
 * For `dotsync repack` alone, which writes a strict archive from it; nothing else may trust such a file.  Forgiven
 * are: bytes before the archive and after it, comments, data descriptors, ZIP64 forms, names that occur twice.
 * Entries that cannot be carried over (encrypted, another compression, links, folders, names that are not plain) are
 * left out.  The caller is told of what lies before and after, of comments, and of each entry left out.
 *
 *	struct dsync_zip *zip = dsync_zip_open_loose(fd, note, user, &err);
 *	... dsync_zip_count(), dsync_zip_at(): in the order of the directory, so of equal names the last one counts ...
 *	... dsync_zip_read(), dsync_zip_stream() check the bytes as ever ...
 *	dsync_zip_close(zip);
 *
 * All bytes are read through the bounds cursor; entries never overlap, so what is read is never more than the file.
 */
#ifndef ZIP_LOOSE_H
#define ZIP_LOOSE_H

#include "zip/reader.h"

/* Told once for each thing: "12 bytes before the archive".  The text lives until the callback returns. */
typedef void dsync_zip_loose_note(void *user, const char *text);

/* NULL with DSYNC_ERR_NOT_ARCHIVE and the rule where even that does not help.  `fd` must stay open while the zip is. */
struct dsync_zip *dsync_zip_open_loose(int fd, dsync_zip_loose_note *note, void *user, struct dsync_error *err);

#endif
