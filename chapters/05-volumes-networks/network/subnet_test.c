#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "memory.h"
#include "subnet.h"

static struct subnet parsed(const char *text)
{
	struct subnet subnet;
	autoerror e = subnet_parse(text, &subnet);

	assert_null(e);
	return subnet;
}

static void assert_subnet(const struct subnet *subnet, const char *expected)
{
	char text[SUBNET_TEXT];

	subnet_text(subnet, text);
	assert_string_equal(text, expected);
}

static void assert_address(struct address address, const char *expected)
{
	char text[ADDRESS_TEXT];

	address_text(&address, text);
	assert_string_equal(text, expected);
}

static void text_goes_in_and_out(void **state)
{
	struct subnet four = parsed("172.17.4.2/16"), six = parsed("fd00:1::7/64");
	struct subnet base = subnet_base(&four);
	(void)state;

	assert_subnet(&four, "172.17.4.2/16");
	assert_subnet(&base, "172.17.0.0/16");
	assert_subnet(&six, "fd00:1::7/64");
	assert_false(subnet_is_equal(&four, &base));
}

static void what_is_no_subnet(void **state)
{
	static const char *const texts[] = {"",         "10.0.0.0",    "10.0.0.0/",   "10.0.0.0/33",
					    "10.0.0/8", "10.0.0.0/-1", "10.0.0.0/8x", "fd00::/129",
					    "/8",       "fd00::/6 4",  "10.0.0.0/+8"};
	(void)state;

	for (size_t i = 0; i < countof(texts); i++) {
		struct subnet subnet;
		autoerror e = subnet_parse(texts[i], &subnet);

		assert_non_null(e);
		assert_int_equal(e->class, ERROR_INVALID);
		assert_int_equal(subnet.address.family, 0);
	}
}

static void its_ends(void **state)
{
	struct subnet odd = parsed("10.1.2.77/27"), all = parsed("0.0.0.0/0");
	struct subnet one = parsed("10.1.2.77/32"), six = parsed("fd00::1234/120");
	(void)state;

	assert_address(subnet_first(&odd), "10.1.2.64");
	assert_address(subnet_last(&odd), "10.1.2.95");
	assert_address(subnet_first(&all), "0.0.0.0");
	assert_address(subnet_last(&all), "255.255.255.255");
	assert_address(subnet_first(&one), "10.1.2.77");
	assert_address(subnet_last(&one), "10.1.2.77");
	assert_address(subnet_last(&six), "fd00::12ff");
}

static void one_in_another(void **state)
{
	struct subnet wide = parsed("10.0.0.0/8"), narrow = parsed("10.200.0.0/16");
	struct subnet beside = parsed("11.0.0.0/8"), six = parsed("::/0");
	struct address inside = parsed("10.1.2.3/32").address;
	(void)state;

	assert_true(subnet_contains(&wide, &inside));
	assert_false(subnet_contains(&narrow, &inside));
	assert_false(subnet_contains(&six, &inside));
	assert_true(subnet_overlaps(&wide, &narrow));
	assert_true(subnet_overlaps(&narrow, &wide));
	assert_false(subnet_overlaps(&wide, &beside));
	assert_false(subnet_overlaps(&wide, &six));
}

static void its_parts(void **state)
{
	struct subnet whole = parsed("172.24.0.0/14"), six = parsed("fd11:2233:4455::/48"), part;
	(void)state;

	subnet_part(&whole, 16, 0, &part);
	assert_subnet(&part, "172.24.0.0/16");
	subnet_part(&whole, 16, 3, &part);
	assert_subnet(&part, "172.27.0.0/16");
	subnet_part(&whole, 16, 4, &part);
	assert_subnet(&part, "");
	subnet_part(&whole, 13, 0, &part);
	assert_subnet(&part, "");
	subnet_part(&whole, 33, 0, &part);
	assert_subnet(&part, "");
	subnet_part(&six, 64, 258, &part);
	assert_subnet(&part, "fd11:2233:4455:102::/64");
	subnet_part(&whole, 14, 0, &part);
	assert_subnet(&part, "172.24.0.0/14");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_goes_in_and_out),
		cmocka_unit_test(what_is_no_subnet),
		cmocka_unit_test(its_ends),
		cmocka_unit_test(one_in_another),
		cmocka_unit_test(its_parts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
