/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "range.h"

#include <inttypes.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"

int
range_parse(const char *text, struct range *range)
{
	const char *dash = strchr(text, '-');
	const char *right;

	memset(range, 0, sizeof(*range));
	if (dash == NULL)
		return DSYNC_ERR_SYNTAX;
	right = dash + 1;
	range->is_suffix = dash == text;
	range->last = UINT64_MAX;
	if (range->is_suffix)
		return (range->is_set = dsync_text_parse_u64(right, strlen(right), &range->first) == 0)
			? 0
			: DSYNC_ERR_SYNTAX;
	if (dsync_text_parse_u64(text, (size_t)(dash - text), &range->first) < 0)
		return DSYNC_ERR_SYNTAX;
	if (*right != '\0' &&
		(dsync_text_parse_u64(right, strlen(right), &range->last) < 0 || range->last < range->first))
		return DSYNC_ERR_SYNTAX;
	range->is_set = true;
	return 0;
}

int
range_resolve(const struct range *range, uint64_t size, uint64_t *begin, uint64_t *end, struct dsync_error *err)
{
	*begin = 0;
	*end = size;
	if (!range->is_set)
		return 0;
	if (range->is_suffix) {
		*begin = range->first < size ? size - range->first : 0;
		return 0;
	}
	if (range->first >= size && !(range->first == 0 && size == 0)) {
		dsync_error_set(err, DSYNC_ERR_INVALID, "", "the range starts behind the end of the payload");
		dsync_error_expected(err, "less than %" PRIu64, size);
		dsync_error_found(err, "%" PRIu64, range->first);
		return DSYNC_ERR_INVALID;
	}
	*begin = range->first;
	if (range->last < size)
		*end = range->last + 1;
	return 0;
}
