/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "output.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/sys.h"
#include "base/text.h"

#define RANDOM_SIZE 8

/* Splits the path into an open folder and a name in it. */
static int
open_folder(struct output *output, const char *path, struct dsync_error *err)
{
	const char *slash = strrchr(path, '/');
	char *folder = slash == NULL ? strdup(".") : strndup(path, slash == path ? 1 : (size_t)(slash - path));

	output->name = strdup(slash == NULL ? path : slash + 1);
	if (folder == NULL || output->name == NULL) {
		free(folder);
		return dsync_error_set_memory(err);
	}
	output->folder = dsync_sys_openat(DSYNC_SYS_CWD, folder, O_RDONLY | O_DIRECTORY, 0);
	if (output->folder < 0)
		dsync_error_set_errno(err, -output->folder, "cannot open the folder of %s", path);
	free(folder);
	if (output->folder < 0)
		return DSYNC_ERR_SYSTEM;
	return output->name[0] != '\0' ? 0 : dsync_error_set(err, DSYNC_ERR_INVALID, "", "%s names no file", path);
}

static int
check_target(const struct output *output, struct dsync_error *err)
{
	struct stat st;
	int rc;

	rc = dsync_sys_fstatat(output->folder, output->name, &st, true);
	if (rc == -ENOENT)
		return 0;
	if (rc < 0)
		return dsync_error_set_errno(err, -rc, "cannot look at %s", output->name);
	if (!S_ISREG(st.st_mode)) {
		rc = dsync_error_set(err, DSYNC_ERR_INVALID, "", "%s is there and is no regular file", output->name);
		dsync_error_hint(err, "choose another name with -o, or write into it with dotsync cat");
		return rc;
	}
	if (output->replace)
		return 0;
	rc = dsync_error_set(err, DSYNC_ERR_EXISTS, "", "%s exists already", output->name);
	dsync_error_hint(err, "replace it with --force, or choose another name with -o");
	return rc;
}

/* ".NAME.<random>", short enough for any file system. */
static int
make_temporary_name(struct output *output, struct dsync_error *err)
{
	unsigned char random[RANDOM_SIZE];
	char digits[2 * RANDOM_SIZE + 1];
	char name[256];
	int rc;

	rc = dsync_sys_random(random, sizeof(random));
	if (rc < 0)
		return dsync_error_set_errno(err, -rc, "no random numbers");
	dsync_text_hex_encode(digits, random, sizeof(random));
	snprintf(name, sizeof(name), ".%.*s.%s", 200, output->name, digits);
	output->temporary = strdup(name);
	return output->temporary != NULL ? 0 : dsync_error_set_memory(err);
}

static int
create_named(struct output *output, struct dsync_error *err)
{
	int rc = make_temporary_name(output, err);

	if (rc < 0)
		return rc;
	output->fd = dsync_sys_openat(output->folder, output->temporary, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, 0666);
	if (output->fd >= 0)
		return 0;
	free(output->temporary);
	output->temporary = NULL;
	return dsync_error_set_errno(err, -output->fd, "cannot create %s", output->name);
}

int
output_begin(struct output *output, const char *path, bool replace, struct dsync_error *err)
{
	int rc;

	memset(output, 0, sizeof(*output));
	output->fd = -1;
	output->folder = -1;
	output->replace = replace;
	rc = open_folder(output, path, err);
	if (rc == 0)
		rc = check_target(output, err);
	if (rc == 0)
		output->fd = dsync_sys_openat(output->folder, ".", O_TMPFILE | O_RDWR, 0666);
	if (rc == 0 && output->fd < 0)
		rc = create_named(output, err);
	if (rc < 0)
		output_finish(output);
	return rc;
}

/*
 * A file without a name is linked to the final one where nothing may be replaced, else to one that can be
 * renamed.
 */
static int
name_it(struct output *output, bool *done, struct dsync_error *err)
{
	int rc;

	*done = false;
	if (!output->replace) {
		rc = dsync_sys_link_fd(output->fd, output->folder, output->name);
		*done = rc == 0;
		if (rc == 0 || rc == -EEXIST)
			return rc == 0 ? 0 : check_target(output, err);
	}
	rc = make_temporary_name(output, err);
	if (rc < 0)
		return rc;
	rc = dsync_sys_link_fd(output->fd, output->folder, output->temporary);
	if (rc == 0)
		return 0;
	free(output->temporary);
	output->temporary = NULL;
	return dsync_error_set_errno(err, -rc, "cannot put %s in place", output->name);
}

static int
rename_it(struct output *output, struct dsync_error *err)
{
	int rc = check_target(output, err); /* somebody may have made it meanwhile */

	if (rc < 0)
		return rc;
	rc = dsync_sys_renameat(output->folder, output->temporary, output->folder, output->name);
	if (rc < 0)
		return dsync_error_set_errno(err, -rc, "cannot put %s in place", output->name);
	free(output->temporary);
	output->temporary = NULL;
	return 0;
}

int
output_publish(struct output *output, struct dsync_error *err)
{
	bool done = false;
	int rc;

	rc = dsync_sys_fsync(output->fd);
	if (rc < 0)
		return dsync_error_set_errno(err, -rc, "cannot make %s durable", output->name);
	rc = output->temporary == NULL ? name_it(output, &done, err) : 0;
	if (rc == 0 && !done)
		rc = rename_it(output, err);
	if (rc < 0)
		return rc;
	rc = dsync_sys_fsync(output->folder);
	if (rc < 0 && rc != -EINVAL && rc != -ENOSYS)
		return dsync_error_set(err, DSYNC_ERR_DURABILITY, "",
			"%s is in place, but its folder could not be synced: %s", output->name, strerror(-rc));
	return 0;
}

void
output_finish(struct output *output)
{
	if (output->temporary != NULL)
		dsync_sys_unlinkat(output->folder, output->temporary);
	if (output->fd >= 0)
		dsync_sys_close(output->fd);
	if (output->folder >= 0)
		dsync_sys_close(output->folder);
	free(output->temporary);
	free(output->name);
	memset(output, 0, sizeof(*output));
	output->fd = -1;
	output->folder = -1;
}
