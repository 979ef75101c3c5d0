/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "broker/broker.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/sys.h"
#include "base/time.h"
#include "internal.h"

static int
read_lists(struct dsync_broker *broker, struct dsync_error *err)
{
	const struct dsync_broker_policy *policy = &broker->policy;
	int rc;

	rc = dsync__rules_create(&broker->asked, &policy->asked, err);
	if (rc == 0)
		rc = dsync__rules_create(&broker->granted, &policy->granted, err);
	if (rc == 0)
		rc = dsync__rules_create(&broker->withheld, &policy->withheld, err);
	if (rc == 0)
		rc = dsync__rules_create(&broker->private_, &policy->private_, err);
	return rc;
}

/* The folder of recorded answers is opened once, so that it stays the same one. */
static int
open_tape(struct dsync_broker *broker, struct dsync_error *err)
{
	const struct dsync_broker_policy *policy = &broker->policy;
	const char *folder = policy->replay != NULL ? policy->replay : policy->record;

	if (folder == NULL)
		return 0;
	broker->tape_folder = dsync_sys_openat(DSYNC_SYS_CWD, folder, O_RDONLY | O_DIRECTORY, 0);
	return broker->tape_folder < 0 ? dsync_error_set_errno(err, -broker->tape_folder,
						 "cannot open the folder of recorded answers %s", folder)
				       : 0;
}

int
dsync_broker_create(struct dsync_broker **out, const struct dsync_broker_policy *policy, struct dsync_error *err)
{
	struct dsync_broker *broker;
	int rc;

	*out = NULL;
	/* curl would write the keys of every TLS session to the file that this names; no option turns that off. */
	unsetenv("SSLKEYLOGFILE");
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return dsync_error_set(err, DSYNC_ERR_NETWORK, "http", "the HTTP library cannot be initialised");
	broker = calloc(1, sizeof(*broker));
	if (broker == NULL) {
		curl_global_cleanup();
		return dsync_error_set_memory(err);
	}
	broker->policy = *policy;
	if (broker->policy.min_rate == 0)
		broker->policy.min_rate = DSYNC_BROKER_MIN_RATE;
	broker->start_ms = dsync_sys_monotonic_ms();
	broker->tape_folder = -1;
	rc = read_lists(broker, err);
	if (rc == 0)
		rc = open_tape(broker, err);
	if (rc < 0) {
		dsync_broker_destroy(broker);
		return rc;
	}
	*out = broker;
	return 0;
}

void
dsync_broker_destroy(struct dsync_broker *broker)
{
	size_t i;

	if (broker == NULL)
		return;
	for (i = 0; i < broker->record_count; i++)
		free(broker->records[i].url);
	if (broker->tape_folder >= 0)
		dsync_sys_close(broker->tape_folder);
	dsync__rules_finish(&broker->asked);
	dsync__rules_finish(&broker->granted);
	dsync__rules_finish(&broker->withheld);
	dsync__rules_finish(&broker->private_);
	free(broker);
	curl_global_cleanup();
}

/* received / rate in milliseconds, without overflow for any number of bytes. */
static int64_t
earned_ms(uint64_t received, uint64_t rate)
{
	uint64_t seconds = received / rate;
	uint64_t rest = received % rate;

	if (seconds > INT64_MAX / 2000)
		return INT64_MAX / 2;
	rest = rest < UINT64_MAX / 1000 ? rest * 1000 / rate : rest / (rate / 1000);
	return (int64_t)(seconds * 1000 + rest);
}

int64_t
dsync_broker_time_left(const struct dsync_broker *broker)
{
	int64_t deadline = dsync_time_add(broker->start_ms, broker->policy.timeout_ms);
	int64_t left;

	deadline = dsync_time_add(deadline, earned_ms(broker->bytes_in, broker->policy.min_rate));
	left = dsync_time_sub(deadline, dsync_sys_monotonic_ms());
	return left > 0 ? left : 0;
}

uint64_t
dsync_broker_requests_left(const struct dsync_broker *broker)
{
	return DSYNC_BROKER_REQUESTS_MAX - broker->record_count;
}

uint64_t
dsync_broker_bytes_left(const struct dsync_broker *broker)
{
	if (broker->policy.bytes_in_max == 0)
		return UINT64_MAX;
	return broker->policy.bytes_in_max - broker->bytes_in;
}

uint64_t
dsync_broker_bytes_in(const struct dsync_broker *broker)
{
	return broker->bytes_in;
}
