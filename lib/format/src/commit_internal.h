/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * commit_internal.h - the parts of a commit.
 *
 *	commit.c             steps 1 to 4 in order, and 12
 *	commit_publish.c     steps 6 to 11 in order; step 5, writing, is the caller's
 *	commit_place.c       step 1: where the target truly is, and what its staging file is called
 *	commit_lock.c        steps 2 and 3: the staging file, ours alone
 *	commit_attributes.c  step 7: what the new version takes over from the old
 */
#ifndef FORMAT_COMMIT_INTERNAL_H
#define FORMAT_COMMIT_INTERNAL_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "dotsync/archive.h"
#include "dotsync/error.h"
#include "format/commit.h"

#define DSYNC__NAME_SIZE_MAX 255u /* of one part of a path, on every file system that matters */
#define DSYNC__ATTRIBUTES_MAX 4u
#define DSYNC__ATTRIBUTE_SIZE_MAX 1024u

struct dsync__place {
	int folder;                          /* open */
	char *folder_path;                   /* absolute */
	char name[DSYNC__NAME_SIZE_MAX + 1]; /* of the target in it */
	char next[DSYNC__NAME_SIZE_MAX + 1]; /* of the staging file */
};

struct dsync__attribute {
	char name[DSYNC__NAME_SIZE_MAX + 1];
	unsigned char value[DSYNC__ATTRIBUTE_SIZE_MAX];
	size_t size;
};

struct dsync_commit {
	struct dsync_commit_options options;
	struct dsync__place place;
	char *target_path;
	char *staging_path;

	int fd;        /* of the staging file, locked; -1: none */
	bool has_base; /* the target exists */
	int base_fd;   /* keeps its inode from being used again; -1: none */
	struct stat base_st;
	struct dsync_archive *base;
	bool group_kept; /* the staging file has the base's group */

	struct dsync_archive *result;
	bool published;

	size_t attribute_count;
	struct dsync__attribute *attributes[DSYNC__ATTRIBUTES_MAX];
};

/* --- commit.c --- */

int dsync__commit_refuse_exists(const struct dsync_commit *commit, struct dsync_error *err);
int dsync__commit_refuse_conflict(const struct dsync_commit *commit, struct dsync_error *err);
bool dsync__commit_is_same_file(const struct stat *a, const struct stat *b);

/* --- commit_place.c --- */

/* Follows symbolic links to the end; the target itself may be missing. */
int dsync__place_init(struct dsync__place *place, const char *path, struct dsync_error *err);
void dsync__place_finish(struct dsync__place *place);

/* "folder/name", allocated; NULL with err filled when memory ran out. */
char *dsync__place_path(const struct dsync__place *place, const char *name, struct dsync_error *err);

/* --- commit_lock.c --- */

/* Opens, locks and cleans the staging file; `owner` is the one besides us and root whose file may be taken over. */
int dsync__commit_lock(struct dsync_commit *commit, uid_t owner, struct dsync_error *err);

/* --- commit_attributes.c --- */

/* Gives the staging file the base's owner. */
int dsync__commit_take_owner(struct dsync_commit *commit, struct dsync_error *err);

/* Attributes, ACL and mode, in this order. */
int dsync__commit_dress(struct dsync_commit *commit, struct dsync_error *err);

#endif
