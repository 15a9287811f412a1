#include "image_tree_cli.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "file.h"
#include "memory.h"

#define DIGEST(digit)                                                                              \
	"sha256:" digit digit digit digit digit digit digit digit digit digit digit digit digit    \
		digit digit digit
#define WARNING                                                                                    \
	"WARNING: This is an experimental feature. The output may change and shouldn't be "        \
	"depended on.\n"                                                                           \
	"                                                              Info ->  U In Use \n\n"

/* What is written to stdout, which is no terminal then. */
static char *printed(const char *list, bool all)
{
	autojson *images = json_loads(list, 0, NULL);
	struct buffer text = {0};
	int pipe_fds[2], before = dup(STDOUT_FILENO);

	assert_non_null(images);
	assert_int_equal(pipe(pipe_fds), 0);
	fflush(stdout);
	dup2(pipe_fds[1], STDOUT_FILENO);
	image_tree_cli_print(images, all);
	fflush(stdout);
	dup2(before, STDOUT_FILENO);
	close(before);
	close(pipe_fds[1]);
	assert_null(file_read_fd(pipe_fds[0], "the pipe", 10000, &text));
	close(pipe_fds[0]);
	return text.data;
}

static void prints(const char *list, bool all, const char *expected)
{
	autofree char *text = printed(list, all);

	assert_string_equal(text, expected);
}

static const char several[] = "[{\"Id\": \"" DIGEST(
	"4444") "\", \"RepoTags\": null, \"Created\": 250, \"Size\": 1},"
		"{\"Id\": \"" DIGEST(
			"1111") "\", \"RepoTags\": [\"multi:latest\","
				"  \"registry.example.com/a/multi:1\"], \"Created\": 100, "
				"\"Size\": 123456789,"
				"  \"Containers\": -1, \"Manifests\": ["
				"  {\"ID\": \"" DIGEST(
					"aaaa") "\", \"Kind\": \"image\", \"Available\": true,"
						"   \"Size\": {\"Total\": 4567890, \"Content\": "
						"1234567}, \"ImageData\": {\"Platform\":"
						"   {\"os\": \"linux\", \"architecture\": "
						"\"amd64\"}, \"Containers\": [\"x\"]}},"
						"  {\"ID\": \"" DIGEST(
							"bbbb") "\", \"Kind\": \"image\", "
								"\"Available\": false,"
								"   \"Size\": {\"Total\": 0, "
								"\"Content\": 0}, \"ImageData\": "
								"{\"Platform\":"
								"   {\"os\": \"linux\", "
								"\"architecture\": \"arm\", "
								"\"variant\": \"v7\"}}},"
								"  {\"ID\": \"" DIGEST(
									"cccc") "\", \"Kind\": "
										"\"attestation\", "
										"\"Available\": "
										"true,"
										"   \"Size\": "
										"{\"Total\": 5, "
										"\"Content\": "
										"500000}}]},"
										"{\"Id\": "
										"\"" DIGEST(
											"3333") "\""
												", "
												"\""
												"Re"
												"po"
												"Ta"
												"gs"
												"\""
												": "
												"[]"
												", "
												"\""
												"Re"
												"po"
												"Di"
												"ge"
												"st"
												"s"
												"\""
												": "
												"["
												"\""
												"x@"
												"y"
												"\""
												"],"
												"  "
												"\""
												"Cr"
												"ea"
												"te"
												"d"
												"\""
												": "
												"20"
												"0,"
												" "
												"\""
												"Si"
												"ze"
												"\""
												": "
												"12"
												"}"
												"]";

/* docker 28.2's own output for these. */
static void test_platforms_are_below_their_image(void **state)
{
	(void)state;
	prints(several, false,
	       WARNING
	       "\033[39m\033[1mIMAGE\033[0m                           "
	       "\033[39m\033[1mID\033[0m             \033[39m\033[1mDISK USAGE\033[0m   "
	       "\033[39m\033[1mCONTENT SIZE\033[0m   \033[39m\033[1mEXTRA\033[0m\n"
	       "<untagged>                      333333333333          12B             0B        \n"
	       "\n"
	       "registry.example.com/a/multi:1\n"
	       "multi:latest                    111111111111        123MB         1.73MB   U    \n"
	       "├─ linux/amd64                  aaaaaaaaaaaa       4.57MB         1.23MB   U    \n"
	       "└─ linux/arm/v7                 bbbbbbbbbbbb           0B             0B        \n"
	       "\n");
}

static void test_images_that_are_none_for_several(void **state)
{
	static const char one[] = "[{\"Id\": \"" DIGEST("2222") "\", \"RepoTags\": [\"z:1\"],"
								"\"Created\": 1, \"Size\": 12}]";

	(void)state;
	prints(one, false,
	       WARNING "\033[39m\033[1mIMAGE\033[0m   \033[39m\033[1mID\033[0m             "
		       "\033[39m\033[1mDISK USAGE\033[0m   \033[39m\033[1mCONTENT SIZE\033[0m   "
		       "\033[39m\033[1mEXTRA\033[0m\n"
		       "z:1     222222222222          12B             0B        \n");
	autofree char *all = printed(several, true);
	assert_non_null(strstr(all, "\n<untagged>                      444444444444 "));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_platforms_are_below_their_image),
		cmocka_unit_test(test_images_that_are_none_for_several),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
