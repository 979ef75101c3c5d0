/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * zip.h - the layout of a ZIP file (PKWARE APPNOTE 6.3.10), and the limits that we hold it to.
 *
 * All integers are little-endian.  Offsets are those of APPNOTE; a name ending in
 * _SIZE is the size of the fixed part.
 */
#ifndef ZIP_ZIP_H
#define ZIP_ZIP_H

#include <stdint.h>

#define DSYNC_ZIP_LOCAL_SIGNATURE UINT32_C(0x04034b50)      /* 4.3.7 */
#define DSYNC_ZIP_DESCRIPTOR_SIGNATURE UINT32_C(0x08074b50) /* 4.3.9 */
#define DSYNC_ZIP_CENTRAL_SIGNATURE UINT32_C(0x02014b50)    /* 4.3.12 */
#define DSYNC_ZIP_END64_SIGNATURE UINT32_C(0x06064b50)      /* 4.3.14 */
#define DSYNC_ZIP_LOCATOR_SIGNATURE UINT32_C(0x07064b50)    /* 4.3.15 */
#define DSYNC_ZIP_END_SIGNATURE UINT32_C(0x06054b50)        /* 4.3.16 */

#define DSYNC_ZIP_LOCAL_SIZE 30u
#define DSYNC_ZIP_CENTRAL_SIZE 46u
#define DSYNC_ZIP_END64_SIZE 56u
#define DSYNC_ZIP_LOCATOR_SIZE 20u
#define DSYNC_ZIP_END_SIZE 22u

#define DSYNC_ZIP_EXTRA_ZIP64 0x0001u        /* 4.5.3 */
#define DSYNC_ZIP_EXTRA_UNICODE_PATH 0x7075u /* 4.6.9 */
#define DSYNC_ZIP_EXTRA_ALIGNMENT 0xa11eu    /* data stream alignment */

#define DSYNC_ZIP_STORED 0u
#define DSYNC_ZIP_DEFLATED 8u

#define DSYNC_ZIP_FLAG_DESCRIPTOR 0x0008u /* bit 3 */

/* Limits; doc/format.md lists them too. */
#define DSYNC_ZIP_ENTRIES_MAX 64u                        /* Z9 */
#define DSYNC_ZIP_DIRECTORY_SIZE_MAX (UINT32_C(1) << 20) /* Z9 */
#define DSYNC_ZIP_NAME_SIZE_MAX 255u                     /* Z11 */
#define DSYNC_ZIP_DEFLATE_RATIO_MAX 1032u                /* Z16 */
#define DSYNC_ZIP_INFLATE_SIZE_MAX (UINT32_C(1) << 28) /* compressed entries are inflated in memory, up to this size */
#define DSYNC_ZIP_ALIGNMENT_MAX 32768u                 /* W8 */

#endif
