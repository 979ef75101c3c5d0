/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * secret_value.c - where the value of a secret comes from: a file, a variable, a credential of systemd.
 *
 * Whatever goes wrong is told without any of the bytes that were read.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/sys.h"
#include "runtime/secret.h"

#define CREDENTIALS_VARIABLE "CREDENTIALS_DIRECTORY"
#define OTHERS 0077u
#define OTHERS_BUT_GROUP 0037u

static int
refuse(const struct dsync_secret *s, const char *what, const char *hint, struct dsync_error *err)
{
	dsync_error_set(err, DSYNC_ERR_PERMISSION, "secret", "the secret %s is not used: %s", s->name, what);
	dsync_error_at_entry(err, s->source, strlen(s->source));
	if (hint != NULL)
		dsync_error_hint(err, "%s", hint);
	return DSYNC_ERR_PERMISSION;
}

/* Root's files may be given to a group, as mounted secrets of containers are. */
static int
check_file(const struct dsync_secret *s, int fd, struct dsync_error *err)
{
	struct stat st;

	if (dsync_sys_fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return refuse(s, "its file is no ordinary file", NULL, err);
	if (st.st_uid != dsync_sys_euid() && st.st_uid != 0)
		return refuse(s, "its file belongs to somebody else", "chown it to the user who refreshes", err);
	if ((st.st_mode & (st.st_uid == 0 ? OTHERS_BUT_GROUP : OTHERS)) != 0)
		return refuse(s, "others may read its file", "chmod 600 it", err);
	return 0;
}

/* The bytes without the last line ending, NUL-terminated; nothing of them is left behind on failure. */
static int
read_value(const struct dsync_secret *s, int fd, char **value, struct dsync_error *err)
{
	const size_t room = DSYNC_SECRET_VALUE_MAX + 2; /* and "\r\n" */
	char *text = calloc(1, room + 1);
	ssize_t got = 1;
	size_t size = 0;

	if (text == NULL)
		return dsync_error_set_memory(err);
	while (size < room && (got = dsync_sys_read(fd, text + size, room - size)) > 0)
		size += (size_t)got;
	if (got < 0) {
		explicit_bzero(text, room);
		free(text);
		return refuse(s, "its file cannot be read", NULL, err);
	}
	if (size > 0 && text[size - 1] == '\n')
		size -= size > 1 && text[size - 2] == '\r' ? 2 : 1;
	if (memchr(text, '\0', size) != NULL)
		size = 0; /* no text: refused as one that is too short */
	explicit_bzero(text + size, room - size);
	*value = text;
	return 0;
}

static int
read_file(const struct dsync_secret *s, const char *path, bool check, char **value, struct dsync_error *err)
{
	int fd = dsync_sys_openat(DSYNC_SYS_CWD, path, O_RDONLY | O_NONBLOCK, 0);
	int rc = 0;

	if (fd < 0)
		return refuse(s, strerror(-fd), NULL, err);
	if (check)
		rc = check_file(s, fd, err);
	if (rc == 0)
		rc = read_value(s, fd, value, err);
	dsync_sys_close(fd);
	return rc;
}

/* The folder is the service's alone. */
static int
read_credential(const struct dsync_secret *s, char **value, struct dsync_error *err)
{
	const char *folder = getenv(CREDENTIALS_VARIABLE);
	const char *name = s->source + strlen("credential:");
	size_t size;
	char *path;
	int rc;

	if (folder == NULL || folder[0] != '/')
		return refuse(s, "there are no credentials here", "run it as a service with LoadCredential=", err);
	size = strlen(folder) + strlen(name) + 2;
	path = malloc(size);
	if (path == NULL)
		return dsync_error_set_memory(err);
	snprintf(path, size, "%s/%s", folder, name);
	rc = read_file(s, path, false, value, err);
	free(path);
	return rc;
}

static int
read_variable(const struct dsync_secret *s, char **value, struct dsync_error *err)
{
	const char *found = getenv(s->source + strlen("env:"));

	if (found == NULL)
		return refuse(s, "the variable is not set", NULL, err);
	*value = strdup(found);
	return *value != NULL ? 0 : dsync_error_set_memory(err);
}

static int
find_value(const struct dsync_secret *s, char **value, struct dsync_error *err)
{
	*value = NULL;
	if (s->value != NULL) {
		*value = strdup(s->value);
		return *value != NULL ? 0 : dsync_error_set_memory(err);
	}
	if (strncmp(s->source, "file:", 5) == 0)
		return read_file(s, s->source + 5, true, value, err);
	if (strncmp(s->source, "env:", 4) == 0)
		return read_variable(s, value, err);
	return read_credential(s, value, err);
}

int
dsync_secret_value(const struct dsync_secret *s, char **value, struct dsync_error *err)
{
	struct dsync_secret whole = *s;
	int rc;

	rc = find_value(s, value, err);
	if (rc < 0)
		return rc;
	whole.source = NULL;
	whole.value = *value;
	rc = dsync_secret_check(&whole, err);
	if (rc < 0) {
		dsync_secret_wipe(*value);
		*value = NULL;
	}
	return rc;
}

int
dsync_secret_keep(struct dsync_secret *s, struct dsync_error *err)
{
	char *value;
	int rc;

	if (s->value != NULL || strncmp(s->source, "credential:", strlen("credential:")) == 0)
		return 0; /* a service's credentials are there when it runs */
	rc = dsync_secret_value(s, &value, err);
	if (rc < 0)
		return rc;
	if (strncmp(s->source, "env:", 4) != 0) {
		dsync_secret_wipe(value);
		return 0;
	}
	free(s->source);
	s->source = NULL;
	s->value = value;
	return 0;
}
