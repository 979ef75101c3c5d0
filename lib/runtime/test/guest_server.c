/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Each shape of request of both guest protocols, and what is answered to lines that are none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "guest_ask.h"

static void
test_old(void **state)
{
	(void)state;
	guest_expect(OLD("ReadPayload", CONTEXT, ",'input':null"),
		"{'version':'guest.v1','request_id':'r','ok':true,'result':'cGF5bG9hZA==','error':null}");
	guest_expect(OLD("ReadContext", CONTEXT, ""),
		"{'version':'guest.v1','request_id':'r','ok':true,'result':null,'error':null}");
	guest_expect(OLD("WriteContext", CONTEXT, ",'input': { 'b' : [1.10, 18446744073709551616, ' x  y'] }"),
		"{'version':'guest.v1','request_id':'r','ok':true,'result':null,'error':null}");
	guest_expect(OLD("ReadContext", CONTEXT, ""),
		"{'version':'guest.v1','request_id':'r','ok':true,'result':{'b':[1.10,18446744073709551616,' x  y']},'error':null}");
	guest_expect(OLD("WritePayload", CONTEXT, ",'input':'bmV3'"),
		"{'version':'guest.v1','request_id':'r','ok':true,'result':null,'error':null}");
	guest_expect(OLD("ReadPayload", CONTEXT, ""),
		"{'version':'guest.v1','request_id':'r','ok':true,'result':'bmV3','error':null}");
	guest_expect(OLD("UpdatePayload", CONTEXT, ",'input':''"),
		"{'version':'guest.v1','request_id':'r','ok':true,'result':null,'error':null}");
	guest_expect(OLD("ReadPayload", CONTEXT, ""),
		"{'version':'guest.v1','request_id':'r','ok':true,'result':'','error':null}");
	guest_expect(OLD("WriteContext", CONTEXT, ""),
		"{'version':'guest.v1','request_id':'r','ok':true,'result':null,'error':null}");
	guest_expect(OLD("ExecuteWasm", CONTEXT, ""),
		"{'version':'guest.v1','request_id':'r','ok':false,'result':null,'error':{'code':'ExecutionFailed','message':"
		"'ExecuteWasm: the archive has no updater (updater)'}}");
	guest_expect("{'version':'guest.v1','request_id':'\\u00e9 \\n','action':'ReadContext','context':" CONTEXT "}",
		"{'version':'guest.v1','request_id':'\\u00e9 \\n','ok':true,'result':null,'error':null}");
}

static void
test_new(void **state)
{
	(void)state;
	guest_expect(NEW("capsule/payload.read", CONTEXT, ""),
		"{'jsonrpc':'2.0','id':1,'result':{'payload_b64':'cGF5bG9hZA=='}}");
	guest_expect(NEW("capsule/context.read", CONTEXT, ""), "{'jsonrpc':'2.0','id':1,'result':{'value':null}}");
	guest_expect(NEW("capsule/context.write", CONTEXT, ",'value':[true,\t1E+2]"),
		"{'jsonrpc':'2.0','id':1,'result':null}");
	guest_expect(
		NEW("capsule/context.read", CONTEXT, ""), "{'jsonrpc':'2.0','id':1,'result':{'value':[true,1E+2]}}");
	guest_expect(NEW("capsule/context.write", CONTEXT, ""), "{'jsonrpc':'2.0','id':1,'result':null}");
	guest_expect(NEW("capsule/context.read", CONTEXT, ""), "{'jsonrpc':'2.0','id':1,'result':{'value':null}}");
	guest_expect(NEW("capsule/payload.write", CONTEXT, ",'payload_b64':'bmV3'"),
		"{'jsonrpc':'2.0','id':1,'result':null}");
	guest_expect(NEW("capsule/payload.update", CONTEXT, ",'payload_b64':'bmV4dA=='"),
		"{'jsonrpc':'2.0','id':1,'result':null}");
	guest_expect(NEW("capsule/payload.read", CONTEXT, ""),
		"{'jsonrpc':'2.0','id':1,'result':{'payload_b64':'bmV4dA=='}}");
	guest_expect(NEW("capsule/wasm.execute", CONTEXT, ""),
		"{'jsonrpc':'2.0','id':1,'error':{'code':-32603,'message':'Execution failed: ExecuteWasm: the archive has no "
		"updater (updater)','data':{'hint':'ExecuteWasm: the archive has no updater'}}}");
	guest_expect("{'jsonrpc':'2.0','id': 1.50 ,'method':'capsule/context.read','params':{'context':" CONTEXT "}}",
		"{'jsonrpc':'2.0','id':1.50,'result':{'value':null}}");
	guest_expect("{'jsonrpc':'2.0','id':null,'method':'capsule/context.read','params':{'context':" CONTEXT "}}",
		"{'jsonrpc':'2.0','id':null,'result':{'value':null}}");
	guest_expect("{'jsonrpc':'2.0','method':'capsule/context.read','params':{'context':" CONTEXT
		     "},'id':'a b','more':{}}",
		"{'jsonrpc':'2.0','id':'a b','result':{'value':null}}");
}

/* Whatever comes, there is an answer in the protocol that it seems to be, and the next request is served. */
static void
test_malformed(void **state)
{
	static const struct {
		const char *line, *code;
	} rows[] = {
		{ "x", "-32700" },
		{ "{", "-32700" },
		{ "{'jsonrpc':'2.0'", "-32700" },
		{ "{'jsonrpc':'2.0','jsonrpc':'2.0'}", "-32700" },
		{ "{'a':1} {'a':1}", "-32700" },
		{ "{'a':nul}", "-32700" },
		{ "{'a':1e999}", "-32700" },
		{ "'\\ud800'", "-32700" },
		{ "'\xc3\x28'", "-32700" },
		{ "\xef\xbb\xbf{}", "-32700" },
		{ "{'a':'\x01'}", "-32700" },
		{ "null", "-32600" },
		{ "1", "-32600" },
		{ "'guest.v1'", "-32600" },
		{ "[]", "-32600" },
		{ "[" NEW("capsule/payload.read", CONTEXT, "") "]", "-32600" },
		{ "{}", "-32600" },
		{ "{'version':'guest.v2','request_id':'r'}", "-32600" },
		{ "{'version':1}", "-32600" },
		{ "{'jsonrpc':2.0,'id':1}", "-32600" },
		{ "{'jsonrpc':'2.0\\u0000','id':1}", "-32600" },
		{ "{'jsonrpc':'1.0','id':1,'method':'capsule/payload.read'}", "-32600" },
		{ "{'jsonrpc':'2.0','method':'capsule/payload.read'}", "-32600" },
		{ "{'jsonrpc':'2.0','id':[],'method':'capsule/payload.read'}", "-32600" },
		{ "{'jsonrpc':'2.0','id':true,'method':'capsule/payload.read'}", "-32600" },
		{ "{'jsonrpc':'2.0','\\u0069d':1,'method':'capsule/payload.read'}", "-32600" },
		{ "{'jsonrpc':'2.0','id':1}", "-32600" },
		{ "{'jsonrpc':'2.0','id':1,'method':1}", "-32600" },
		{ "{'jsonrpc':'2.0','id':1,'method':''}", "-32601" },
		{ "{'jsonrpc':'2.0','id':1,'method':'capsule/invoke'}", "-32601" },
		{ "{'jsonrpc':'2.0','id':1,'method':'capsule/payload.read\\u0000'}", "-32600" },
		{ "{'jsonrpc':'2.0','id':1,'method':'capsule/payload.read'}", "-32602" },
		{ "{'jsonrpc':'2.0','id':1,'method':'capsule/payload.read','params':[]}", "-32602" },
		{ "{'jsonrpc':'2.0','id':1,'method':'capsule/payload.read','params':{}}", "-32602" },
		{ NEW("capsule/payload.read", "{}", ""), "-32602" },
		{ NEW("capsule/payload.read", "[]", ""), "-32602" },
		{ NEW("capsule/payload.read", CONTEXT_OF("Modal", "Owner", PERMISSIONS), ""), "-32602" },
		{ NEW("capsule/payload.read", CONTEXT_OF("Headless", "Root", PERMISSIONS), ""), "-32602" },
		{ NEW("capsule/payload.read", CONTEXT_OF("Headless", "owner", PERMISSIONS), ""), "-32602" },
		{ NEW("capsule/payload.read", "{'mode':'Headless','permissions':{},'sync_path':'a.sync'}", ""),
			"-32602" },
		{ NEW("capsule/payload.read", CONTEXT_OF("Headless", "Owner", "null"), ""), "-32602" },
		{ NEW("capsule/payload.read", CONTEXT_OF("Headless", "Owner", "{'can_read_payload':1}"), ""),
			"-32602" },
		{ NEW("capsule/payload.read", CONTEXT_OF("Headless", "Owner", "{'can_read_payload':'true'}"), ""),
			"-32602" },
		{ NEW("capsule/payload.read", CONTEXT_OF("Headless", "Owner", "{'allowed_hosts':'a'}"), ""), "-32602" },
		{ NEW("capsule/payload.read", CONTEXT_OF("Headless", "Owner", "{'allowed_env':[1]}"), ""), "-32602" },
		{ NEW("capsule/payload.read", CONTEXT_OF("Headless", "Owner", "{'allowed_env':['a\\u0000b']}"), ""),
			"-32602" },
		{ NEW("capsule/payload.read", "{'mode':'Headless','role':'Owner','permissions':{},'sync_path':7}", ""),
			"-32602" },
		{ NEW("capsule/payload.read",
			  "{'mode':'Headless','role':'Owner','permissions':{},'sync_path':'b.sync'}", ""),
			"-32602" },
		{ NEW("capsule/payload.read",
			  "{'mode':'Headless','role':'Owner','permissions':{},'sync_path':'a.sync','host_app':{}}", ""),
			"-32602" },
		{ NEW("capsule/payload.read", CONTEXT_OF("Widget", "Owner", PERMISSIONS), ""), "-32602" },
		{ NEW("capsule/payload.write", CONTEXT, ""), "-32602" },
		{ NEW("capsule/payload.write", CONTEXT, ",'payload_b64':null"), "-32602" },
		{ NEW("capsule/payload.write", CONTEXT, ",'payload_b64':'YQ'"), "-32602" },
		{ NEW("capsule/payload.write", CONTEXT, ",'payload_b64':'YQ==\\n'"), "-32602" },
		{ NEW("capsule/payload.write", CONTEXT, ",'payload_b64':'YR=='"), "-32602" },
		{ NEW("capsule/context.write", CONTEXT, ",'v\\u0061lue':1"), "-32602" },
		{ "{'version':'guest.v1'}", "InvalidRequest" },
		{ "{'version':'guest.v1','request_id':7}", "InvalidRequest" },
		{ "{'version':'guest.v1','request_id':'r','action':'Read','context':" CONTEXT "}", "InvalidRequest" },
		{ "{'version':'guest.v1','request_id':'r','action':['ReadPayload'],'context':" CONTEXT "}",
			"InvalidRequest" },
		{ "{'version':'guest.v1','request_id':'r','action':'ReadPayload'}", "InvalidRequest" },
		{ OLD("ReadPayload", "null", ""), "InvalidRequest" },
		{ OLD("ReadPayload", CONTEXT_OF("Widget", "Owner", PERMISSIONS), ""), "InvalidRequest" },
		{ OLD("ReadPayload", "{'mode':'Headless','role':'Owner','permissions':{},'sync_path':'./a.sync'}", ""),
			"InvalidRequest" },
		{ OLD("WritePayload", CONTEXT, ""), "InvalidRequest" },
		{ OLD("WritePayload", CONTEXT, ",'input':7"), "InvalidRequest" },
		{ OLD("UpdatePayload", CONTEXT, ",'input':'!'"), "InvalidRequest" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		guest_expect_error(rows[i].line, rows[i].code);
		guest_expect(NEW("capsule/payload.read", CONTEXT, ""),
			"{'jsonrpc':'2.0','id':1,'result':{'payload_b64':'cGF5bG9hZA=='}}");
	}
	assert_non_null(strstr(guest_answer("{'version':'guest.v1','request_id':'r'}"), "\"request_id\":\"unknown\""));
	assert_non_null(strstr(guest_answer("{'jsonrpc':'2.0','id':'i','method':'x'}"), "\"id\":\"i\""));
	assert_non_null(strstr(guest_answer_bytes("\0", 1), "-32700"));
	assert_non_null(strstr(guest_answer_bytes("", 0), "-32700"));
}

/* Deep and wide ones, made here. */
static void
test_large(void **state)
{
	static char line[200000], wide[2 * 1000001];
	size_t at, i;

	(void)state;
	memset(line, '[', 65);
	memset(line + 65, ']', 65);
	assert_non_null(strstr(guest_answer_bytes(line, 130), "nested deeper than 64 levels"));
	memset(line, '[', 100000);
	assert_non_null(strstr(guest_answer_bytes(line, 100000), "-32700"));
	at = (size_t)snprintf(line, sizeof(line), "%s",
		"{'jsonrpc':'2.0','id':1,'method':'capsule/payload.read','params':{'context':{'mode':'Headless','role':'Owner',"
		"'sync_path':'a.sync','permissions':{'allowed_hosts':['0'");
	for (i = 1; i < 1025; i++)
		at += (size_t)snprintf(line + at, sizeof(line) - at, ",'%zu'", i);
	snprintf(line + at, sizeof(line) - at, "]}}}}");
	guest_expect_error(line, "-32602");
	for (i = 0; i < 1000001; i++)
		memcpy(wide + 2 * i, "0,", 2);
	wide[0] = '[';
	wide[2 * i - 1] = ']';
	assert_non_null(strstr(guest_answer_bytes(wide, 2 * i), "more than 1000000 values"));
	guest_restart(guest_no_environment, 6);
	guest_expect_error(NEW("capsule/payload.read", CONTEXT, ""), "-32004");
	guest_expect_error(OLD("ReadPayload", CONTEXT, ""), "ExecutionFailed");
	assert_non_null(strstr(guest_text(), "dotsync cat"));
	guest_expect_error(NEW("capsule/payload.write", CONTEXT, ",'payload_b64':'MTIzNDU2Nzg5MDEy'"), "-32004");
	assert_non_null(strstr(guest_text(), "dotsync set"));
	guest_expect(NEW("capsule/payload.write", CONTEXT, ",'payload_b64':'MTIzNDU2'"),
		"{'jsonrpc':'2.0','id':1,'result':null}");
	guest_expect(NEW("capsule/payload.read", CONTEXT, ""),
		"{'jsonrpc':'2.0','id':1,'result':{'payload_b64':'MTIzNDU2'}}");
}

static void
test_unread(void **state)
{
	struct dsync_buffer out;

	(void)state;
	dsync_buffer_init(&out, DSYNC_BUFFER_UNLIMITED);
	assert_int_equal(dsync_guest_answer_too_long(100, &out), 0);
	assert_string_equal(dsync_buffer_text(&out),
		"{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":-32004,\"message\":\"Invalid request: the line is too "
		"long: expected 100 bytes at most; dotsync set FILE --payload takes any size\",\"data\":{\"hint\":\"dotsync "
		"set FILE --payload takes any size\"}}}\n");
	dsync_buffer_clear(&out);
	assert_int_equal(dsync_guest_answer_nothing(&out), 0);
	assert_string_equal(dsync_buffer_text(&out),
		"{\"version\":\"guest.v1\",\"request_id\":\"unknown\",\"ok\":false,\"result\":null,\"error\":{\"code\":"
		"\"InvalidRequest\",\"message\":\"Empty request\"}}\n");
	dsync_buffer_finish(&out);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, guest_setup, guest_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_old),
		TEST(test_new),
		TEST(test_malformed),
		TEST(test_large),
		TEST(test_unread),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
