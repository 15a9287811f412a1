#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "digest.h"
#include "sha256.h"

/* Every length around the ends of blocks, against the other one. */
static void test_it_is_the_digest(void **state)
{
	char bytes[300];

	(void)state;
	for (size_t length = 0; length < sizeof(bytes); length++) {
		struct digest digest;
		char hex[65];

		bytes[length] = (char)(length * 7 + 1);
		sha256_hex(bytes, length, hex);
		digest_of(bytes, length, &digest);
		assert_string_equal(hex, digest_hex(&digest));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_it_is_the_digest)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
