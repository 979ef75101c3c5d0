/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "internal.h"

int
dsync__record_add(struct dsync_broker *broker, const struct dsync_url *url, enum dsync__method method,
	struct dsync__record **out, struct dsync_error *err)
{
	struct dsync__record *record;

	*out = NULL;
	if (broker->record_count == DSYNC_BROKER_REQUESTS_MAX) {
		dsync_error_set(err, DSYNC_ERR_LIMIT, "requests", "more than %u requests in one run",
			DSYNC_BROKER_REQUESTS_MAX);
		dsync_error_at_entry(err, url->text, strlen(url->text));
		return DSYNC_ERR_LIMIT;
	}
	record = &broker->records[broker->record_count];
	record->url = strdup(url->text);
	if (record->url == NULL)
		return dsync_error_set_memory(err);
	record->method = method;
	broker->record_count++;
	*out = record;
	return 0;
}

size_t
dsync_broker_record_count(const struct dsync_broker *broker)
{
	return broker->record_count;
}

int
dsync_broker_record(const struct dsync_broker *broker, size_t index, struct dsync_broker_record *record)
{
	memset(record, 0, sizeof(*record));
	if (index >= broker->record_count)
		return DSYNC_ERR_NOT_FOUND;
	*record = broker->records[index].public_;
	record->method = dsync__method_name(broker->records[index].method);
	record->url = broker->records[index].url;
	return 0;
}
