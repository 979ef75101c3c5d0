/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* What a request claims to be, against the environment and the manifest. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "guest_ask.h"

static void
test_environment(void **state)
{
	static const struct {
		const char *mode, *first, *second, *named; /* named: the variable that is refused, NULL: none */
	} rows[] = {
		{ "Headless", "GUEST_MODE=headless", "CAPSULE_IPC_MODE=Headless", NULL },
		{ "Headless", "GUEST_MODE=widget", NULL, "GUEST_MODE" },
		{ "Headless", "CAPSULE_IPC_MODE=widget", NULL, "CAPSULE_IPC_MODE" },
		{ "Headless", "GUEST_MODE=headless", "CAPSULE_IPC_MODE=widget", "CAPSULE_IPC_MODE" },
		{ "Headless", "GUEST_ROLE=owner", "CAPSULE_IPC_ROLE=OWNER", NULL },
		{ "Headless", "GUEST_ROLE=consumer", NULL, "GUEST_ROLE" },
		{ "Headless", "CAPSULE_IPC_ROLE=public", NULL, "CAPSULE_IPC_ROLE" },
		{ "Headless", "SYNC_PATH=a.sync", "CAPSULE_IPC_SYNC_PATH=a.sync", NULL },
		{ "Headless", "SYNC_PATH=/a.sync", NULL, "SYNC_PATH" },
		{ "Headless", "CAPSULE_IPC_SYNC_PATH=A.sync", NULL, "CAPSULE_IPC_SYNC_PATH" },
		{ "Headless", "GUEST_WIDGET_BOUNDS=0,0,1,1", NULL, "GUEST_WIDGET_BOUNDS" },
		{ "Headless", "CAPSULE_IPC_PROTOCOL=anything", "CAPSULE_GUEST_PROTOCOL=guest.v7", NULL },
		{ "Headless", "GUEST_CPU_LIMIT_MS=100", "GUEST_MEMORY_LIMIT_MB=64", NULL },
		{ "Headless", "GUEST_CPU_LIMIT_MS=0", NULL, "GUEST_CPU_LIMIT_MS" },
		{ "Headless", "GUEST_MEMORY_LIMIT_MB=-1", NULL, "GUEST_MEMORY_LIMIT_MB" },
		{ "Headless", "GUEST_MEMORY_LIMIT_MB=99999999999999999", NULL, NULL },
		{ "Widget", NULL, NULL, "CAPSULE_IPC_WIDGET_BOUNDS" },
		{ "Widget", "GUEST_WIDGET_BOUNDS=0,0,300,400", NULL, NULL },
		{ "Widget", "CAPSULE_IPC_WIDGET_BOUNDS=1, 2 ,3,4", "GUEST_WIDGET_BOUNDS=1,2,3,4", NULL },
		{ "Widget", "CAPSULE_IPC_WIDGET_BOUNDS=1,2,3,4", "GUEST_WIDGET_BOUNDS=1,2,3,5", "GUEST_WIDGET_BOUNDS" },
		{ "Widget", "GUEST_WIDGET_BOUNDS=", NULL, "GUEST_WIDGET_BOUNDS" },
		{ "Widget", "GUEST_WIDGET_BOUNDS=1,2,3", NULL, "GUEST_WIDGET_BOUNDS" },
		{ "Widget", "GUEST_WIDGET_BOUNDS=1,2,3,4,5", NULL, "GUEST_WIDGET_BOUNDS" },
		{ "Widget", "GUEST_WIDGET_BOUNDS=1,2,0,4", NULL, "GUEST_WIDGET_BOUNDS" },
		{ "Widget", "GUEST_WIDGET_BOUNDS=1,2,3,0", NULL, "GUEST_WIDGET_BOUNDS" },
		{ "Widget", "GUEST_WIDGET_BOUNDS=-1,2,3,4", NULL, "GUEST_WIDGET_BOUNDS" },
		{ "Widget", "GUEST_WIDGET_BOUNDS=1,2,3,4294967296", NULL, "GUEST_WIDGET_BOUNDS" },
		{ "Widget", "GUEST_WIDGET_BOUNDS=120x120+0+0", NULL, "GUEST_WIDGET_BOUNDS" },
	};
	char *environment[3], line[2][1024];
	size_t i, k;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		environment[0] = (char *)(uintptr_t)rows[i].first;
		environment[1] = (char *)(uintptr_t)(rows[i].first != NULL ? rows[i].second : NULL);
		environment[2] = NULL;
		guest_restart(environment, DSYNC_GUEST_PAYLOAD_MAX);
		snprintf(line[0], sizeof(line[0]), "%s",
			strcmp(rows[i].mode, "Widget") == 0
				? OLD("ReadPayload", CONTEXT_OF("Widget", "Owner", PERMISSIONS), "")
				: OLD("ReadPayload", CONTEXT, ""));
		snprintf(line[1], sizeof(line[1]), "%s",
			strcmp(rows[i].mode, "Widget") == 0
				? NEW("capsule/payload.read", CONTEXT_OF("Widget", "Owner", PERMISSIONS), "")
				: NEW("capsule/payload.read", CONTEXT, ""));
		for (k = 0; k < 2; k++) {
			if (rows[i].named == NULL) {
				assert_non_null(strstr(guest_answer(line[k]), "cGF5bG9hZA=="));
				continue;
			}
			guest_expect_error(line[k], k == 0 ? "InvalidRequest" : "-32602");
			assert_non_null(strstr(guest_text(), rows[i].named));
		}
	}
}

/* A claim gives what the manifest gives to that role, and a consumer never more than a look. */
static void
test_claims(void **state)
{
	static const char *const roles[] = { "Owner", "Member", "Consumer", "Public" };
	static const struct {
		const char *tables;
		const char *read, *write; /* for each role: y or n */
	} rows[] = {
		{ OPEN_TO_ALL, "yyyy", "yynn" },
		{ "", "yyyy", "ynnn" },
		{ "[permissions]\nread = \"owner\"\n", "ynnn", "ynnn" },
		{ "[permissions]\nread = \"member\"\nwrite = \"member\"\n", "yynn", "ynnn" },
		{ "[permissions]\nwrite = \"member\"\n[ownership]\nwrite_allowed = true\n", "yyyy", "yynn" },
		{ "[permissions]\nread = \"member\"\n[ownership]\nteam = "
		  "[\"did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK\"]\n",
			"ynnn", "ynnn" },
	};
	char line[1024], manifest[1024];
	size_t i, k;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		snprintf(manifest, sizeof(manifest), "%s%s", HOME_MANIFEST, rows[i].tables);
		home_make("a.sync", manifest, "payload", NULL, 0);
		for (k = 0; k < 4; k++) {
			snprintf(line, sizeof(line),
				"{'version':'guest.v1','request_id':'r','action':'ReadPayload','context':{'mode':'Headless','role':"
				"'%s','permissions':" PERMISSIONS ",'sync_path':'a.sync'}}",
				roles[k]);
			if (rows[i].read[k] == 'y')
				assert_non_null(strstr(guest_answer(line), "\"ok\":true"));
			else
				guest_expect_error(line, "PermissionDenied");
			snprintf(line, sizeof(line),
				"{'version':'guest.v1','request_id':'r','action':'WritePayload','input':'cGF5bG9hZA==','context':"
				"{'mode':'Headless','role':'%s','permissions':" PERMISSIONS ",'sync_path':'a.sync'}}",
				roles[k]);
			if (rows[i].write[k] == 'y')
				assert_non_null(strstr(guest_answer(line), "\"ok\":true"));
			else
				guest_expect_error(line, "PermissionDenied");
		}
	}
}

/* Each permission of the request is needed for its action, and nothing is remembered from one request to the next. */
static void
test_permissions(void **state)
{
	static const struct {
		const char *permission, *line;
	} rows[] = {
		{ "can_read_payload", "'action':'ReadPayload'" },
		{ "can_read_context", "'action':'ReadContext'" },
		{ "can_write_payload", "'action':'WritePayload','input':'YQ=='" },
		{ "can_write_payload", "'action':'UpdatePayload','input':'YQ=='" },
		{ "can_write_context", "'action':'WriteContext','input':1" },
	};
	static const char form[] =
		"{'version':'guest.v1','request_id':'r',%s,'context':{'mode':'Headless','role':'Owner',"
		"'permissions':{'%s':true},'sync_path':'a.sync'}}";
	char line[1024];
	size_t i, k;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		for (k = 0; k < sizeof(rows) / sizeof(rows[0]); k++) {
			snprintf(line, sizeof(line), form, rows[i].line, rows[k].permission);
			if (strcmp(rows[i].permission, rows[k].permission) == 0)
				assert_non_null(strstr(guest_answer(line), "\"ok\":true"));
			else
				guest_expect_error(line, "PermissionDenied");
		}
	}
}

static void
test_archive(void **state)
{
	(void)state;
	home_write_text("work/a.sync", "no archive");
	guest_expect_error(OLD("ReadPayload", CONTEXT, ""), "IoError");
	guest_expect_error(NEW("capsule/payload.read", CONTEXT, ""), "-32603");
	assert_int_equal(remove("a.sync"), 0);
	guest_expect_error(OLD("WritePayload", CONTEXT, ",'input':''"), "IoError");
	home_make("a.sync", HOME_MANIFEST, "again", NULL, 0);
	guest_expect(OLD("ReadPayload", CONTEXT, ""),
		"{'version':'guest.v1','request_id':'r','ok':true,'result':'YWdhaW4=','error':null}");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, guest_setup, guest_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_environment),
		TEST(test_claims),
		TEST(test_permissions),
		TEST(test_archive),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
