/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Any module, and any sections behind a good head. */
#include <stdlib.h>
#include <string.h>

#include "runtime/updater.h"

#define HEAD_SIZE 8

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t head[HEAD_SIZE] = { 0, 'a', 's', 'm', 1, 0, 0, 0 };
	struct dsync_updater_info info;
	uint8_t *module;

	dsync_updater_inspect(data, size, &info);
	if (strcmp(dsync_contract_name(info.contract), "?") == 0)
		abort();
	module = malloc(HEAD_SIZE + size);
	if (module == NULL)
		return 0;
	memcpy(module, head, HEAD_SIZE);
	if (size > 0)
		memcpy(module + HEAD_SIZE, data, size);
	dsync_updater_inspect(module, HEAD_SIZE + size, &info);
	free(module);
	return 0;
}
