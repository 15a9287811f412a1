#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "mac.h"
#include "memory.h"

static void text_goes_in_and_out(void **state)
{
	uint8_t mac[MAC_LENGTH];
	char text[MAC_TEXT];
	(void)state;

	assert_true(mac_parse("02:42:aC:11:00:fF", mac));
	mac_text(mac, text);
	assert_string_equal(text, "02:42:ac:11:00:ff");
}

static void what_is_none(void **state)
{
	static const char *const texts[] = {"",
					    "02:42:ac:11:00",
					    "02:42:ac:11:00:2",
					    "02:42:ac:11:00:0g",
					    "02-42-ac-11-00-02",
					    "02:42:ac:11:00:02:",
					    "0x:42:ac:11:00:02",
					    "024:2:ac:11:00:02"};
	uint8_t mac[MAC_LENGTH];
	(void)state;

	for (size_t i = 0; i < countof(texts); i++)
		assert_false(mac_parse(texts[i], mac));
}

static void made_of_an_address(void **state)
{
	const struct address none = {0};
	struct address address;
	uint8_t mac[MAC_LENGTH], other[MAC_LENGTH];
	char text[MAC_TEXT];
	(void)state;

	assert_true(address_parse("172.17.0.2", &address));
	mac_generate(&address, mac);
	mac_text(mac, text);
	assert_string_equal(text, "02:42:ac:11:00:02");
	mac_generate(&none, mac);
	mac_generate(&none, other);
	assert_int_equal(mac[0], 2);
	assert_memory_not_equal(mac, other, MAC_LENGTH);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_goes_in_and_out),
		cmocka_unit_test(what_is_none),
		cmocka_unit_test(made_of_an_address),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
