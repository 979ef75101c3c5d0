/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* update ARCHIVE: a session, its role, its grant, one run of the updater, then the decision. */
#include <inttypes.h>
#include <stdio.h>

#include <dotsync/session.h>

static int
report(const struct dsync_error *err)
{
	char text[1024];

	dsync_error_format(err, text, sizeof(text));
	fprintf(stderr, "update: %s\n", text);
	return 1;
}

int
main(int argc, char **argv)
{
	struct dsync_session *session;
	struct dsync_outcome *outcome;
	struct dsync_error err;
	int status = 0;

	if (argc != 2) {
		fprintf(stderr, "usage: update ARCHIVE\n");
		return 2;
	}
	session = dsync_session_open(argv[1], NULL, &err);
	if (session == NULL)
		return report(&err);
	dsync_session_set_role(session, DSYNC_ROLE_OWNER);
	dsync_session_grant_execution(session);

	outcome = dsync_session_execute(session, &err); /* staged, not yet visible */
	if (outcome == NULL)
		return report(&err);
	if (dsync_outcome_kind(outcome) == DSYNC_OUTCOME_FAILED) {
		status = report(dsync_outcome_error(outcome));
	} else if (dsync_outcome_kind(outcome) == DSYNC_OUTCOME_UPDATED) {
		printf("Updated with %" PRIu64 " bytes\n", dsync_outcome_payload_size(outcome));
		if (dsync_outcome_commit(outcome, &err) < 0) /* or dsync_outcome_discard() */
			status = report(&err);
	}
	dsync_outcome_destroy(outcome);
	dsync_session_close(session);
	return status;
}
