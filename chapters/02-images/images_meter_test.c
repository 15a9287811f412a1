#include "images_meter.h"

#include <sys/mman.h>

#include "images_test.h"

/* What is drawn between begin() and end() on stderr. */
static int screen, before;

static void begin(void)
{
	fflush(stderr);
	before = dup(STDERR_FILENO);
	screen = memfd_create("screen", MFD_CLOEXEC);
	assert_true(dup2(screen, STDERR_FILENO) >= 0);
}

static char *end(void)
{
	autobuffer text = {0};

	fflush(stderr);
	assert_true(dup2(before, STDERR_FILENO) >= 0);
	close(before);
	assert_int_equal(lseek(screen, 0, SEEK_SET), 0);
	assert_ok(file_read_fd(screen, "screen", 10000, &text));
	close(screen);
	return duplicate(text.data ? text.data : "");
}

static void where_no_terminal_is_nothing_is_drawn(void **state)
{
	autoimages_meter meter = {0};

	(void)state;
	begin();
	images_meter_init(&meter, false);
	images_meter_set(&meter, "x", 1, 2);
	images_meter_finish(&meter);
	autofree char *drawn = end();
	assert_string_equal(drawn, "");
}

static void bars_fit_the_terminal_and_are_drawn_in_place(void **state)
{
	struct images_meter meter = {.on = true, .width = 66, .height = 24};

	(void)state;
	begin();
	images_meter_set(&meter, "one", 500, 1000);
	images_meter_set(&meter, "two", 7, 0); /* too soon after: drawn with the next */
	images_meter_finish(&meter);
	autofree char *drawn = end();
	assert_string_equal(drawn, "\r\033[Kone [=====>    ]  500B/1kB\n"
				   "\033[1A"
				   "\r\033[Kone [=====>    ]  500B/1kB\n"
				   "\r\033[Ktwo  7B\n");
}

static void the_latest_rows_are_shown_where_not_all_have_room(void **state)
{
	struct images_meter meter = {.on = true, .width = 20, .height = 3};

	(void)state;
	begin();
	images_meter_set(&meter, "a", 1, 1);
	images_meter_set(&meter, "b", 1, 1);
	images_meter_set(&meter, "c", 2, 1); /* more than was promised: a full bar, if any */
	images_meter_finish(&meter);
	autofree char *drawn = end();
	assert_null(strstr(strstr(drawn, "\033[1A"), "Ka"));
	assert_non_null(strstr(drawn, "Kb  1B/1B\n\r\033[Kc  2B/1B\n"));
}

static void a_source_is_counted_while_it_is_read(void **state)
{
	struct images_meter meter = {.on = true, .width = 80, .height = 24};
	struct memory_source memory = {"0123456789", 10, 4};
	const struct source source = {read_memory, &memory};
	char bytes[20];
	size_t length;

	(void)state;
	begin();
	struct source counted = images_meter_source(&meter, &source);
	assert_ok(source_read_full(&counted, bytes, sizeof(bytes), &length));
	images_meter_finish(&meter);
	autofree char *drawn = end();
	assert_int_equal(length, 10);
	assert_non_null(strstr(drawn, "Reading  10B\n"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(where_no_terminal_is_nothing_is_drawn),
		cmocka_unit_test(bars_fit_the_terminal_and_are_drawn_in_place),
		cmocka_unit_test(the_latest_rows_are_shown_where_not_all_have_room),
		cmocka_unit_test(a_source_is_counted_while_it_is_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
