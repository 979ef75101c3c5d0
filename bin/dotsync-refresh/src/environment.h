/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * environment.h - variables that would change how this process looks up names, or what its TLS does.
 *
 * The libraries in here read them by themselves: a file that session keys are written to, modules to load, other
 * names for hosts.  The commands of --check and --exec are the caller's own and get them all the same.
 */
#ifndef REFRESH_ENVIRONMENT_H
#define REFRESH_ENVIRONMENT_H

/* Takes them out of this process's environment; the list as it was before, to be freed, or NULL without memory. */
char **dsync_environment_clean(void);

#endif
