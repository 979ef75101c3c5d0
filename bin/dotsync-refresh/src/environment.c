/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "environment.h"

#include <stdlib.h>
#include <string.h>

extern char **environ;

static const char *const unwanted[] = {
	"HOSTALIASES",
	"LOCALDOMAIN",
	"OPENSSL_CONF",
	"OPENSSL_ENGINES",
	"OPENSSL_MODULES",
	"RES_OPTIONS",
	"SSLKEYLOGFILE",
};

char **
dsync_environment_clean(void)
{
	size_t count = 0, i;
	char **before;

	while (environ != NULL && environ[count] != NULL)
		count++;
	before = calloc(count + 1, sizeof(*before));
	if (before == NULL)
		return NULL;
	if (count > 0)
		memcpy(before, environ, count * sizeof(*before));
	for (i = 0; i < sizeof(unwanted) / sizeof(unwanted[0]); i++)
		unsetenv(unwanted[i]); /* the strings themselves stay, for `before` */
	return before;
}
