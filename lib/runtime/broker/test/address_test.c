/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <string.h>
#include <sys/un.h>

#include "broker/address.h"

#define PUBLIC DSYNC_ADDRESS_PUBLIC
#define PRIVATE DSYNC_ADDRESS_PRIVATE
#define REFUSED DSYNC_ADDRESS_REFUSED

struct row {
	const char *address;
	enum dsync_address_class class;
};

/* Each range with its first and last address and its neighbours. */
static const struct row rows[] = {
	{ "0.0.0.0", REFUSED },
	{ "0.255.255.255", REFUSED },
	{ "1.0.0.0", PUBLIC },
	{ "9.255.255.255", PUBLIC },
	{ "10.0.0.0", PRIVATE },
	{ "10.255.255.255", PRIVATE },
	{ "11.0.0.0", PUBLIC },
	{ "100.63.255.255", PUBLIC },
	{ "100.64.0.0", PRIVATE },
	{ "100.127.255.255", PRIVATE },
	{ "100.128.0.0", PUBLIC },
	{ "126.255.255.255", PUBLIC },
	{ "127.0.0.0", PRIVATE },
	{ "127.0.0.1", PRIVATE },
	{ "127.255.255.255", PRIVATE },
	{ "128.0.0.0", PUBLIC },
	{ "169.253.255.255", PUBLIC },
	{ "169.254.0.0", PRIVATE },
	{ "169.254.169.254", PRIVATE },
	{ "169.254.255.255", PRIVATE },
	{ "169.255.0.0", PUBLIC },
	{ "172.15.255.255", PUBLIC },
	{ "172.16.0.0", PRIVATE },
	{ "172.31.255.255", PRIVATE },
	{ "172.32.0.0", PUBLIC },
	{ "191.255.255.255", PUBLIC },
	{ "192.0.0.0", REFUSED },
	{ "192.0.0.255", REFUSED },
	{ "192.0.1.0", PUBLIC },
	{ "192.0.1.255", PUBLIC },
	{ "192.0.2.0", REFUSED },
	{ "192.0.2.255", REFUSED },
	{ "192.0.3.0", PUBLIC },
	{ "192.31.195.255", PUBLIC },
	{ "192.31.196.0", REFUSED },
	{ "192.31.196.255", REFUSED },
	{ "192.31.197.0", PUBLIC },
	{ "192.52.192.255", PUBLIC },
	{ "192.52.193.0", REFUSED },
	{ "192.52.193.255", REFUSED },
	{ "192.52.194.0", PUBLIC },
	{ "192.88.98.255", PUBLIC },
	{ "192.88.99.0", REFUSED },
	{ "192.88.99.255", REFUSED },
	{ "192.88.100.0", PUBLIC },
	{ "192.167.255.255", PUBLIC },
	{ "192.168.0.0", PRIVATE },
	{ "192.168.255.255", PRIVATE },
	{ "192.169.0.0", PUBLIC },
	{ "192.175.47.255", PUBLIC },
	{ "192.175.48.0", REFUSED },
	{ "192.175.48.255", REFUSED },
	{ "192.175.49.0", PUBLIC },
	{ "198.17.255.255", PUBLIC },
	{ "198.18.0.0", REFUSED },
	{ "198.19.255.255", REFUSED },
	{ "198.20.0.0", PUBLIC },
	{ "198.51.99.255", PUBLIC },
	{ "198.51.100.0", REFUSED },
	{ "198.51.100.255", REFUSED },
	{ "198.51.101.0", PUBLIC },
	{ "203.0.112.255", PUBLIC },
	{ "203.0.113.0", REFUSED },
	{ "203.0.113.255", REFUSED },
	{ "203.0.114.0", PUBLIC },
	{ "223.255.255.255", PUBLIC },
	{ "224.0.0.0", REFUSED },
	{ "239.255.255.255", REFUSED },
	{ "240.0.0.0", REFUSED },
	{ "255.255.255.255", REFUSED },
	{ "8.8.8.8", PUBLIC },

	{ "::", REFUSED },
	{ "::1", PRIVATE },
	{ "::2", REFUSED },
	{ "::127.0.0.1", REFUSED },
	{ "::8.8.8.8", REFUSED },
	{ "::ffff:127.0.0.1", PRIVATE },
	{ "::ffff:10.0.0.1", PRIVATE },
	{ "::ffff:8.8.8.8", PUBLIC },
	{ "::ffff:0.0.0.0", REFUSED },
	{ "::ffff:224.0.0.1", REFUSED },
	{ "::fffe:8.8.8.8", REFUSED },
	{ "::ffff:0:8.8.8.8", REFUSED },
	{ "64:ff9b::7f00:1", PRIVATE },
	{ "64:ff9b::8.8.8.8", PUBLIC },
	{ "64:ff9b::a9fe:a9fe", PRIVATE },
	{ "64:ff9b::e000:1", REFUSED },
	{ "64:ff9b:1::8.8.8.8", REFUSED },
	{ "64:ff9b:0:0:0:1:808:808", REFUSED },
	{ "100::1", REFUSED },
	{ "1fff:ffff::1", REFUSED },
	{ "2000::", PUBLIC },
	{ "2000::1", PUBLIC },
	{ "2001::1", REFUSED },
	{ "2001:1ff:ffff::1", REFUSED },
	{ "2001:200::1", PUBLIC },
	{ "2001:db7:ffff::1", PUBLIC },
	{ "2001:db8::1", REFUSED },
	{ "2001:db8:ffff::1", REFUSED },
	{ "2001:db9::1", PUBLIC },
	{ "2001:4860:4860::8888", PUBLIC },
	{ "2002::1", REFUSED },
	{ "2002:7f00:1::", REFUSED },
	{ "2002:ffff::1", REFUSED },
	{ "2003::1", PUBLIC },
	{ "2620:4f:7fff::1", PUBLIC },
	{ "2620:4f:8000::1", REFUSED },
	{ "2620:4f:8000:ffff::1", REFUSED },
	{ "2620:4f:8001::1", PUBLIC },
	{ "3ffe:ffff::1", PUBLIC },
	{ "3fff::1", REFUSED },
	{ "3fff:fff:ffff::1", REFUSED },
	{ "3fff:1000::1", PUBLIC },
	{ "3fff:ffff::1", PUBLIC },
	{ "4000::1", REFUSED },
	{ "5f00::1", REFUSED },
	{ "8000::1", REFUSED },
	{ "fbff::1", REFUSED },
	{ "fc00::1", PRIVATE },
	{ "fd00:ec2::254", PRIVATE },
	{ "fdff:ffff::1", PRIVATE },
	{ "fe00::1", REFUSED },
	{ "fe7f::1", REFUSED },
	{ "fe80::1", PRIVATE },
	{ "febf::1", PRIVATE },
	{ "fec0::1", REFUSED },
	{ "feff::1", REFUSED },
	{ "ff00::1", REFUSED },
	{ "ff02::1", REFUSED },
	{ "ffff::1", REFUSED },
};

static enum dsync_address_class
classify(const char *text)
{
	struct sockaddr_in v4 = { .sin_family = AF_INET };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6 };

	if (inet_pton(AF_INET, text, &v4.sin_addr) == 1)
		return dsync_address_classify((const struct sockaddr *)&v4, sizeof(v4));
	assert_int_equal(inet_pton(AF_INET6, text, &v6.sin6_addr), 1);
	return dsync_address_classify((const struct sockaddr *)&v6, sizeof(v6));
}

static void
test_table(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (classify(rows[i].address) != rows[i].class)
			fail_msg(
				"%s: expected %d, found %d", rows[i].address, rows[i].class, classify(rows[i].address));
	}
}

static void
test_entries(void **state)
{
	static const struct {
		const char *entry;
		bool is_private;
	} cases[] = {
		{ "10.0.0.1", true },
		{ "10.0.0.1:8080", true },
		{ "http://192.168.1.1", true },
		{ "https://127.0.0.1:*", true },
		{ "[::1]:80", true },
		{ "http://[fd00::1]", true },
		{ "fe80::1", true },
		{ "localhost", true },
		{ "http://LOCALHOST:8080", true },
		{ "a.localhost", true },
		{ "1.1.1.1", false },
		{ "http://[2606:4700::1]:80", false },
		{ "224.0.0.1", false },
		{ "10.0.0.1.example", false },
		{ "notlocalhost", false },
		{ "localhost.example", false },
		{ "*.example.com", false },
		{ "", false },
		{ "://", false },
		{ "[", false },
		{ "0123456789012345678901234567890123456789012345678901234567890123456789.example", false },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (dsync_address_entry_is_private(cases[i].entry) != cases[i].is_private)
			fail_msg("%s", cases[i].entry);
	}
}

static void
test_other_families(void **state)
{
	struct sockaddr_un local = { .sun_family = AF_UNIX };
	struct sockaddr_in v4 = { .sin_family = AF_INET, .sin_addr = { htonl(0x08080808) } };

	(void)state;
	assert_int_equal(dsync_address_classify((const struct sockaddr *)&local, sizeof(local)), REFUSED);
	assert_int_equal(dsync_address_classify((const struct sockaddr *)&v4, sizeof(v4) - 1), REFUSED);
	assert_int_equal(dsync_address_classify((const struct sockaddr *)&v4, 0), REFUSED);
	assert_int_equal(dsync_address_classify(NULL, 0), REFUSED);
	v4.sin_family = AF_INET6; /* a longer struct than there is */
	assert_int_equal(dsync_address_classify((const struct sockaddr *)&v4, sizeof(v4)), REFUSED);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_entries),
		cmocka_unit_test(test_other_families),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
