#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "heap.h"
#include "memory.h"

static void blocks_are_aligned_and_apart(void **state)
{
	static const size_t sizes[] = {0, 1, 15, 16, 24, 25, 1000, 1016, 1017, 5000, 40000, 300000};
	unsigned char *blocks[countof(sizes)];

	(void)state;
	for (size_t i = 0; i < countof(sizes); i++) {
		blocks[i] = heap_allocate(sizes[i]);
		assert_non_null(blocks[i]);
		assert_int_equal((uintptr_t)blocks[i] % 16, 0);
		memset(blocks[i], (int)i, sizes[i]);
	}
	for (size_t i = 0; i < countof(sizes); i++)
		for (size_t at = 0; at < sizes[i]; at++)
			assert_int_equal(blocks[i][at], i);
	for (size_t i = 0; i < countof(sizes); i++)
		heap_release(blocks[i]);
}

static void there_is_more_than_the_first_megabyte(void **state)
{
	unsigned char *blocks[4];

	(void)state;
	for (size_t i = 0; i < countof(blocks); i++) {
		blocks[i] = heap_allocate(600000);
		assert_non_null(blocks[i]);
		memset(blocks[i], (int)i, 600000);
	}
	for (size_t i = 0; i < countof(blocks); i++) {
		assert_int_equal(blocks[i][0], i);
		assert_int_equal(blocks[i][599999], i);
		heap_release(blocks[i]);
	}
}

static void what_was_freed_is_handed_out_again(void **state)
{
	void *first = heap_allocate(100), *other = heap_allocate(100);

	(void)state;
	heap_release(first);
	assert_ptr_not_equal(heap_allocate(200), first); /* of another size */
	assert_ptr_equal(heap_allocate(99), first);
	heap_release(other);
	assert_ptr_equal(heap_allocate(104), other);
	heap_release(NULL);
}

static void the_last_block_grows_where_it_is(void **state)
{
	char *last, *moved;

	(void)state;
	heap_release(heap_allocate(300000)); /* a new piece, so that there is room */
	last = heap_allocate(3000);
	memcpy(last, "text", 5);
	assert_ptr_equal(heap_resize(last, 9000), last);
	heap_allocate(3000);
	moved = heap_resize(last, 30000);
	assert_ptr_not_equal(moved, last);
	assert_string_equal(moved, "text");
	assert_ptr_equal(heap_resize(moved, 10), moved);
	assert_non_null(heap_resize(NULL, 10));
}

static void what_nobody_has_is_refused(void **state)
{
	void *block = heap_allocate(10);

	(void)state;
	errno = 0;
	assert_null(heap_allocate(SIZE_MAX - 4));
	assert_int_equal(errno, ENOMEM);
	assert_null(heap_resize(block, SIZE_MAX - 4));
	assert_null(heap_allocate(PTRDIFF_MAX / 4));
	heap_release(block);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(blocks_are_aligned_and_apart),
		cmocka_unit_test(there_is_more_than_the_first_megabyte),
		cmocka_unit_test(what_was_freed_is_handed_out_again),
		cmocka_unit_test(the_last_block_grows_where_it_is),
		cmocka_unit_test(what_nobody_has_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
