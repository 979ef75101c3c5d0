/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * guest_ask.h - requests of the guest protocols for tests, and what is answered to them.
 *
 *	cmocka_unit_test_setup_teardown(test, guest_setup, guest_teardown)
 *	guest_expect(OLD("ReadContext", CONTEXT, ""), "{'version':'guest.v1',...}");
 *
 * There is an archive a.sync whose payload is "payload", and which is open to all.
 */
#ifndef RUNTIME_TEST_GUEST_ASK_H
#define RUNTIME_TEST_GUEST_ASK_H

#include "home.h"
#include "runtime/guest.h"

#define OPEN_TO_ALL \
	"[permissions]\nread = \"public\"\nwrite = \"public\"\nexecute = \"public\"\nallow_hosts = [\"a.example\"]\n" \
	"allow_env = [\"KEY\"]\n[ownership]\nwrite_allowed = true\n"

/* Texts here have ' where JSON has ". */
#define PERMISSIONS \
	"{'can_read_payload':true,'can_read_context':true,'can_write_payload':true,'can_write_context':true," \
	"'can_execute_wasm':true,'allowed_hosts':['a.example'],'allowed_env':[]}"
#define CONTEXT_OF(mode, role, permissions) \
	"{'mode':'" mode "','role':'" role "','permissions':" permissions ",'sync_path':'a.sync','host_app':null}"
#define CONTEXT CONTEXT_OF("Headless", "Owner", PERMISSIONS)
#define OLD(action, context, input) \
	"{'version':'guest.v1','request_id':'r','action':'" action "','context':" context input "}"
#define NEW(method, context, input) \
	"{'jsonrpc':'2.0','id':1,'method':'" method "','params':{'context':" context input "}}"

extern char *const guest_no_environment[];

int guest_setup(void **state);
int guest_teardown(void **state);

/* Another server of the same archive. */
void guest_restart(char *const *environment, uint64_t payload_max);

/* The answer, without its newline; lives until the next one, and guest_text() is it again. */
const char *guest_answer_bytes(const void *line, size_t size);
const char *guest_answer(const char *line);
const char *guest_text(void);

void guest_expect(const char *line, const char *expected);

/* Only what machines look at: the word or the number. */
void guest_expect_error(const char *line, const char *code);

#endif
