/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * helper_dir.h - where the helper programs are when nobody says.
 */
#ifndef RUNTIME_HELPER_DIR_H
#define RUNTIME_HELPER_DIR_H

/*
 * The folder of dotsync-refresh and dotsync-worker, to be freed: found from the place of the program or shared library that this
 * code is part of (PREFIX/bin or PREFIX/lib), by a relative path that is compiled in, so that an installed tree
 * may be moved; if there is no such folder, the absolute path that is compiled in.  NULL when memory ran out.
 */
char *dsync__helper_dir(void);

#endif
