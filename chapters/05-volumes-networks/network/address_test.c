#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "address.h"

static struct address parsed(const char *text)
{
	struct address address;

	assert_true(address_parse(text, &address));
	return address;
}

static void assert_text(const struct address *address, const char *expected)
{
	char text[ADDRESS_TEXT];

	address_text(address, text);
	assert_string_equal(text, expected);
}

static void text_goes_in_and_out(void **state)
{
	static const char *const texts[] = {"0.0.0.0", "172.17.0.2", "255.255.255.255",
					    "::", "fd00:1::2"};
	(void)state;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct address address = parsed(texts[i]);

		assert_text(&address, texts[i]);
	}
}

static void what_is_no_address(void **state)
{
	static const char *const texts[] = {"",          "1.2.3",    "1.2.3.4.5", "1.2.3.256",
					    "1.2.3.4/8", "fd00:::1", "localhost", " 1.2.3.4"};
	struct address address;
	(void)state;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		assert_false(address_parse(texts[i], &address));
		assert_int_equal(address.family, 0);
		assert_text(&address, "");
	}
}

static void further_on(void **state)
{
	struct address four = parsed("10.0.0.255"), six = parsed("fd00::ffff:ffff:ffff:ffff");
	struct address last = parsed("255.255.255.255"), sum;
	(void)state;

	sum = address_plus(&four, 1);
	assert_text(&sum, "10.0.1.0");
	sum = address_plus(&four, 0x10001);
	assert_text(&sum, "10.1.1.0");
	sum = address_plus(&six, 1);
	assert_text(&sum, "fd00:0:0:1::");
	sum = address_plus(&last, 1);
	assert_text(&sum, "0.0.0.0");
}

static void order(void **state)
{
	struct address low = parsed("10.0.0.2"), high = parsed("10.0.0.10"), six = parsed("::1");
	(void)state;

	assert_true(address_compare(&low, &high) < 0);
	assert_true(address_compare(&high, &low) > 0);
	assert_true(address_compare(&high, &six) < 0);
	assert_true(address_is_equal(&low, &low));
	assert_false(address_is_equal(&low, &six));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_goes_in_and_out),
		cmocka_unit_test(what_is_no_address),
		cmocka_unit_test(further_on),
		cmocka_unit_test(order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
