#include "overlay.h"

#include <errno.h>
#include <pthread.h>
#include <sys/sysmacros.h>

#include "images_test.h"

/* Two layers: the lower has a and b, the upper has c and takes b away. */
struct stack {
	struct place *place;
	int layers[2];
	int folder;
};

static int make_stack(void **state)
{
	struct stack *stack = allocate(sizeof(*stack));

	make_place((void **)&stack->place);
	assert_ok(directory_create(stack->place->fd, "lower", 0755, &stack->layers[0]));
	assert_ok(directory_create(stack->place->fd, "upper-layer", 0755, &stack->layers[1]));
	assert_ok(directory_create(stack->place->fd, "container", 0755, &stack->folder));
	put_file(stack->layers[0], "a", "lower a");
	put_file(stack->layers[0], "b", "lower b");
	put_file(stack->layers[1], "c", "upper c");
	if (geteuid() == 0)
		assert_int_equal(mknodat(stack->layers[1], "b", S_IFCHR, makedev(0, 0)), 0);
	*state = stack;
	return 0;
}

static int drop_stack(void **state)
{
	struct stack *stack = *state;

	close(stack->layers[0]);
	close(stack->layers[1]);
	close(stack->folder);
	drop_place((void **)&stack->place);
	free(stack);
	return 0;
}

/* How often the word is in this process's list of mounts. */
static int count_mounts(const char *word)
{
	autobuffer bytes = {0};
	int count = 0;

	assert_ok(file_read(AT_FDCWD, "/proc/thread-self/mountinfo", 1 << 20, &bytes));
	for (const char *at = bytes.data; (at = strstr(at, word)); at++)
		count++;
	return count;
}

static struct error *(*const ways[])(const struct overlay *, int *) = {overlay_open,
								       overlay_open_by_mount};

static void layers_become_one_tree(void **state)
{
	struct stack *stack = *state;

	needs_root();
	for (size_t i = 0; i < countof(ways); i++) {
		struct overlay overlay = {stack->layers, 2, stack->folder, 0};
		int before = count_mounts(" - overlay ");
		autoclose int root = -1;

		assert_ok(ways[i](&overlay, &root));
		assert_true(has_name(root, "a"));
		assert_false(has_name(root, "b"));
		assert_true(has_name(root, "c"));
		put_file(root, "new", "from the container");
		assert_int_equal(unlinkat(root, "a", 0), 0);
		assert_true(has_name(stack->folder, "upper/new"));
		assert_true(has_name(stack->layers[0], "a"));
		assert_int_equal(count_mounts(" - overlay "), before);
		close_fd(&root);
		assert_ok(tree_remove(stack->folder, "upper"));
	}
}

static void changes_outlive_the_mount(void **state)
{
	struct stack *stack = *state;
	struct overlay overlay = {stack->layers, 2, stack->folder, OVERLAY_VOLATILE};

	needs_root();
	for (int i = 0; i < 3;
	     i++) { /* a volatile one leaves a mark that must not get in the way */
		autoclose int root = -1;

		assert_ok(overlay_open(&overlay, &root));
		assert_int_equal(has_name(root, "new"), i > 0);
		put_file(root, "new", "x");
	}
}

static void a_view_is_read_only(void **state)
{
	struct stack *stack = *state;

	needs_root();
	for (size_t way = 0; way < countof(ways); way++) {
		for (size_t count = 0; count <= 2; count++) {
			struct overlay overlay = {stack->layers, count, -1, 0};
			autoclose int root = -1;

			assert_ok(ways[way](&overlay, &root));
			assert_int_equal(has_name(root, "a"), count > 0);
			assert_int_equal(has_name(root, "c"), count > 1);
			assert_int_equal(openat(root, "x", O_CREAT | O_WRONLY | O_CLOEXEC, 0644),
					 -1);
			assert_int_equal(errno, EROFS);
		}
	}
}

static void an_image_may_have_no_layers(void **state)
{
	struct stack *stack = *state;

	needs_root();
	for (size_t i = 0; i < countof(ways); i++) {
		struct overlay overlay = {NULL, 0, stack->folder, 0};
		autoclose int root = -1;

		assert_ok(ways[i](&overlay, &root));
		put_file(root, "new", "x");
		assert_true(has_name(stack->folder, "upper/new"));
	}
}

static void it_is_attached_where_wanted(void **state)
{
	struct stack *stack = *state;
	struct overlay overlay = {stack->layers, 2, -1, 0};
	autoclose int root = -1;
	int fd;

	needs_root();
	assert_ok(directory_create(stack->place->fd, "target", 0755, &fd));
	close(fd);
	assert_ok(overlay_open(&overlay, &root));
	assert_ok(overlay_attach(root, stack->place->fd, "target"));
	assert_true(has_name(stack->place->fd, "target/c"));
	autofree char *path = format("%s/target", stack->place->path);
	close_fd(&root); /* it is the mount now, and would keep it busy */
	assert_int_equal(umount2(path, 0), 0);
	assert_error(overlay_attach(-1, stack->place->fd, "target"), ERROR_SYSTEM, "target");
}

static void many_layers_fit(void **state)
{
	struct stack *stack = *state;
	int layers[125];

	needs_root();
	for (size_t i = 0; i < countof(layers); i++) {
		autofree char *name = format("layer-with-a-long-name-%064zu", i);
		autofree char *file = format("file%zu", i);

		assert_ok(directory_create(stack->place->fd, name, 0755, &layers[i]));
		put_file(layers[i], file, "x");
	}
	for (size_t i = 0; i < countof(ways); i++) {
		struct overlay overlay = {layers, countof(layers), stack->folder, 0};
		autoclose int root = -1;

		assert_ok(ways[i](&overlay, &root));
		assert_true(has_name(root, "file0"));
		assert_true(has_name(root, "file124"));
	}
	for (size_t i = 0; i < countof(layers); i++)
		close(layers[i]);
}

static void *open_many(void *argument)
{
	struct stack *stack = argument;
	struct overlay overlay = {stack->layers, 2, -1, 0};

	for (int i = 0; i < 20; i++) {
		autoclose int root = -1;
		struct error *e = ways[i % 2](&overlay, &root);

		if (e || !has_name(root, "c"))
			return e ? e->message : duplicate("not the tree");
	}
	return NULL;
}

static void threads_do_not_disturb_each_other(void **state)
{
	pthread_t threads[8];
	void *problem;

	needs_root();
	for (size_t i = 0; i < countof(threads); i++)
		assert_int_equal(pthread_create(&threads[i], NULL, open_many, *state), 0);
	for (size_t i = 0; i < countof(threads); i++) {
		pthread_join(threads[i], &problem);
		if (problem)
			fail_msg("%s", (char *)problem);
	}
}

#define with_stack(test) cmocka_unit_test_setup_teardown(test, make_stack, drop_stack)

int main(void)
{
	const struct CMUnitTest tests[] = {
		with_stack(layers_become_one_tree),
		with_stack(changes_outlive_the_mount),
		with_stack(a_view_is_read_only),
		with_stack(an_image_may_have_no_layers),
		with_stack(it_is_attached_where_wanted),
		with_stack(many_layers_fit),
		with_stack(threads_do_not_disturb_each_other),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
