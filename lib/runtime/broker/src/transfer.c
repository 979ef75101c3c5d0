/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * One step: is the run still wanted, let curl do what it can, wait if that was nothing.
 */
#include <poll.h>
#include <string.h>

#include "base/error.h"
#include "base/sys.h"
#include "base/time.h"
#include "internal.h"

#define WAIT_MAX_MS 60000

static size_t
list_watched(const struct dsync_broker *broker, int fds[2])
{
	size_t count = 0;
	size_t i;

	for (i = 0; i < 2; i++) {
		if (broker->policy.watch_fds[i] >= 0)
			fds[count++] = broker->policy.watch_fds[i];
	}
	return count;
}

static bool
watched_stirs(const struct dsync_broker *broker)
{
	struct pollfd polled[2];
	int fds[2];
	size_t count = list_watched(broker, fds);
	size_t i;

	for (i = 0; i < count; i++)
		polled[i] = (struct pollfd){ .fd = fds[i], .events = POLLIN };
	return count > 0 && poll(polled, (nfds_t)count, 0) > 0;
}

static int
check_wanted(const struct dsync_broker *broker, struct dsync_error *err)
{
	int rc = DSYNC_ERR_CANCELLED;

	if (!watched_stirs(broker))
		return 0;
	if (broker->policy.interrupted != NULL)
		rc = broker->policy.interrupted(broker->policy.user);
	if (rc == 0)
		return 0;
	return dsync_error_set(err, rc < 0 ? rc : DSYNC_ERR_CANCELLED, "", "the request was given up");
}

/*
 * The head must come within one timeout of its own: time that an earlier body earned is
 * for bodies, not for servers that say nothing.
 */
static int64_t
time_left(const struct dsync_response *r)
{
	int64_t left = dsync_broker_time_left(r->broker);
	int64_t head_left;

	if (r->head_done)
		return left;
	head_left = dsync_time_sub(dsync_time_add(r->start_ms, r->broker->policy.timeout_ms), dsync_sys_monotonic_ms());
	return head_left < left ? head_left : left;
}

static int
set_timeout(const struct dsync_response *r, const char *what, struct dsync_error *err)
{
	dsync_error_set(err, DSYNC_ERR_TIMEOUT, "timeout", "%s", what);
	dsync_error_at_entry(err, r->url.text, strlen(r->url.text));
	dsync_error_found(err, "%llu bytes of the body", (unsigned long long)r->received);
	return DSYNC_ERR_TIMEOUT;
}

bool
dsync__stall_add(struct dsync__stall *stall, int64_t waited_ms, uint64_t bytes)
{
	stall->waited_ms += waited_ms;
	stall->bytes += bytes;
	if (stall->bytes >= DSYNC__STALL_BYTES) {
		stall->waited_ms = 0;
		stall->bytes = 0;
	}
	return stall->waited_ms >= DSYNC__STALL_MS;
}

static int
wait_for_something(struct dsync_response *r, struct dsync_error *err)
{
	struct curl_waitfd extra[2];
	int64_t before = dsync_sys_monotonic_ms();
	int64_t left = time_left(r);
	int fds[2];
	size_t count = list_watched(r->broker, fds);
	size_t i;

	if (left <= 0)
		return set_timeout(r, "the server took too long", err);
	for (i = 0; i < count; i++)
		extra[i] = (struct curl_waitfd){ .fd = fds[i], .events = CURL_WAIT_POLLIN };
	left = left < WAIT_MAX_MS ? left : WAIT_MAX_MS;
	if (r->head_done && left > DSYNC__STALL_MS - r->stall.waited_ms)
		left = DSYNC__STALL_MS - r->stall.waited_ms;
	if (curl_multi_poll(r->multi, extra, (unsigned)count, (int)left, NULL) != CURLM_OK)
		return dsync_error_set_memory(err);
	if (r->head_done && dsync__stall_add(&r->stall, dsync_sys_monotonic_ms() - before, 0))
		return set_timeout(r, "the server stopped sending", err);
	return 0;
}

static void
harvest(struct dsync_response *r)
{
	CURLMsg *message;
	int left;

	while ((message = curl_multi_info_read(r->multi, &left)) != NULL) {
		if (message->msg == CURLMSG_DONE) {
			r->done = true;
			r->result = message->data.result;
		}
	}
}

static int
perform(struct dsync_response *r, struct dsync_error *err)
{
	CURLcode code;
	int running;

	if (dsync__tape_plays(r)) {
		r->paused = false;
		dsync__tape_play(r);
		return 0;
	}
	if (r->paused) {
		r->paused = false;
		code = curl_easy_pause(r->easy, CURLPAUSE_CONT); /* calls back at once with what it kept */
		if (code != CURLE_OK) {
			r->done = true; /* curl itself would go on and ask again */
			r->result = code;
			return 0;
		}
	}
	if (curl_multi_perform(r->multi, &running) != CURLM_OK)
		return dsync_error_set_memory(err);
	harvest(r);
	return 0;
}

int
dsync__transfer_step(struct dsync_response *r, struct dsync_error *err)
{
	const struct dsync_broker_policy *policy = &r->broker->policy;
	uint64_t received = r->received;
	bool had_head = r->head_done;
	int rc;

	rc = check_wanted(r->broker, err);
	if (rc < 0)
		return rc;
	if (time_left(r) <= 0)
		return set_timeout(r, "the time for this run is used up", err);
	rc = perform(r, err);
	if (rc < 0)
		return rc;

	if (r->received != received) {
		dsync__stall_add(&r->stall, 0, r->received - received);
		if (policy->progress != NULL)
			policy->progress(policy->user, r->received, r->length > 0 ? (uint64_t)r->length : 0);
		return 0;
	}
	if (r->done || r->paused || r->fault.code != 0 || r->sink_error != 0 || r->head_done != had_head)
		return 0;
	return wait_for_something(r, err);
}

struct verdict {
	CURLcode result;
	int code;
	const char *rule;
	const char *hint;
};

static const struct verdict verdicts[] = {
	{ CURLE_OUT_OF_MEMORY, DSYNC_ERR_NETWORK, "http",
		"the answer's head may be too large" }, /* what curl says to a line of 100 KiB */
	{ CURLE_OPERATION_TIMEDOUT, DSYNC_ERR_TIMEOUT, "timeout", NULL },
	{ CURLE_COULDNT_RESOLVE_HOST, DSYNC_ERR_NETWORK, "dns", "check the host's name and the connection" },
	{ CURLE_COULDNT_RESOLVE_PROXY, DSYNC_ERR_NETWORK, "dns", "check the proxy in the configuration" },
	{ CURLE_COULDNT_CONNECT, DSYNC_ERR_NETWORK, "connect", NULL },
	{ CURLE_PROXY, DSYNC_ERR_NETWORK, "connect", "check the proxy in the configuration" },
	{ CURLE_SSL_CONNECT_ERROR, DSYNC_ERR_NETWORK, "tls", "see whether https is spoken at that port" },
	{ CURLE_PEER_FAILED_VERIFICATION, DSYNC_ERR_NETWORK, "tls",
		"the server's certificate is not trusted; a CA of your own is ca_file in config.toml (dotsync(1))" },
	{ CURLE_SSL_CACERT_BADFILE, DSYNC_ERR_NETWORK, "tls", "check the CA file in the configuration" },
	{ CURLE_SSL_CERTPROBLEM, DSYNC_ERR_NETWORK, "tls", NULL },
	{ CURLE_SSL_CIPHER, DSYNC_ERR_NETWORK, "tls", NULL },
	{ CURLE_PARTIAL_FILE, DSYNC_ERR_NETWORK, "body", "the connection ended early; try again" },
	{ CURLE_RECV_ERROR, DSYNC_ERR_NETWORK, "body", "the connection ended early; try again" },
};

static const struct verdict *
find_verdict(CURLcode result)
{
	static const struct verdict other = { CURLE_OK, DSYNC_ERR_NETWORK, "http", NULL };
	size_t i;

	for (i = 0; i < sizeof(verdicts) / sizeof(verdicts[0]); i++) {
		if (verdicts[i].result == result)
			return &verdicts[i];
	}
	return &other;
}

static int
report(const struct dsync_error *stored, struct dsync_error *err)
{
	if (err != NULL)
		*err = *stored;
	return stored->code;
}

int
dsync__transfer_result(struct dsync_response *r, struct dsync_error *err)
{
	const struct verdict *verdict;

	if (r->fault.code != 0)
		return report(&r->fault, err);
	if (r->result == CURLE_OK && r->head_done)
		return 0;
	if (r->refused.code != 0 && !r->head_done)
		return report(&r->refused, err);
	if (r->result == CURLE_OUT_OF_MEMORY && r->head_done)
		return dsync_error_set_memory(err);

	verdict = find_verdict(r->result);
	dsync_error_set(err, verdict->code, verdict->rule, "the request failed: %s",
		r->result != CURLE_OK ? curl_easy_strerror(r->result) : "no answer");
	dsync_error_at_entry(err, r->url.text, strlen(r->url.text));
	if (r->curl_error[0] != '\0' && !dsync__guard_finds(r->guard, r->curl_error, strlen(r->curl_error)))
		dsync_error_found(err, "%s", r->curl_error);
	if (verdict->hint != NULL)
		dsync_error_hint(err, "%s", verdict->hint);
	return verdict->code;
}
