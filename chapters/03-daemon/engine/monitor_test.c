#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "file.h"
#include "memory.h"
#include "monitor.h"
#include "trash.h"

/* Counts what the monitor's thread does. */
struct heard {
	pthread_mutex_t lock;
	int bytes, released;
};

static bool hear(void *context, int fd)
{
	struct heard *heard = context;
	char byte;
	bool more = read(fd, &byte, 1) == 1;

	pthread_mutex_lock(&heard->lock);
	heard->bytes += more;
	pthread_mutex_unlock(&heard->lock);
	return more;
}

static void release(void *context)
{
	struct heard *heard = context;

	pthread_mutex_lock(&heard->lock);
	heard->released++;
	pthread_mutex_unlock(&heard->lock);
}

static bool becomes(struct heard *heard, int bytes, int released)
{
	for (int i = 0; i < 500; i++, usleep(5000)) {
		pthread_mutex_lock(&heard->lock);
		bool same = heard->bytes == bytes && heard->released == released;
		pthread_mutex_unlock(&heard->lock);
		if (same)
			return true;
	}
	return false;
}

static void a_watch_is_heard_until_it_ends(void **state)
{
	struct heard heard = {.lock = PTHREAD_MUTEX_INITIALIZER};
	const struct monitor_watch watch = {hear, release, &heard};
	struct monitor *monitor;
	int ends[2];

	(void)state;
	assert_null(monitor_create(&monitor));
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	assert_null(monitor_add(monitor, ends[0], &watch));
	assert_int_equal(write(ends[1], "abc", 3), 3);
	assert_true(becomes(&heard, 3, 0));
	close(ends[1]);
	assert_true(becomes(&heard, 3, 1));
	assert_int_equal(fcntl(ends[0], F_GETFD), -1); /* it was closed */
	monitor_destroy(monitor);
	assert_int_equal(heard.released, 1);
}

static void the_end_releases_what_is_still_watched(void **state)
{
	struct heard heard = {.lock = PTHREAD_MUTEX_INITIALIZER};
	const struct monitor_watch watch = {hear, release, &heard};
	struct monitor *monitor;
	int ends[2];

	(void)state;
	assert_null(monitor_create(&monitor));
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	assert_null(monitor_add(monitor, ends[0], &watch));
	monitor_destroy(monitor);
	assert_int_equal(heard.released, 1);
	close(ends[1]);
}

static void what_cannot_be_watched_is_told_and_released(void **state)
{
	struct heard heard = {.lock = PTHREAD_MUTEX_INITIALIZER};
	const struct monitor_watch watch = {hear, release, &heard};
	struct monitor *monitor;
	int file = open("/etc/passwd", O_RDONLY | O_CLOEXEC); /* epoll takes no plain files */

	(void)state;
	assert_null(monitor_create(&monitor));
	autoerror e = monitor_add(monitor, file, &watch);
	assert_non_null(e);
	assert_int_equal(heard.released, 1);
	monitor_destroy(monitor);
}

static void children_leave_no_zombies(void **state)
{
	struct monitor *monitor;
	siginfo_t info;
	int result = 0;

	(void)state;
	assert_null(monitor_create(&monitor));
	pid_t child = fork();
	if (child == 0)
		_exit(3);
	assert_null(monitor_reap(monitor, child));
	for (int i = 0; i < 500 && result == 0; i++, usleep(5000))
		result = waitid(P_PID, child, &info, WEXITED | WNOWAIT | WNOHANG);
	assert_int_equal(result, -1); /* ECHILD: somebody has reaped it */
	monitor_destroy(monitor);
}

static void trash_is_emptied_later_and_by_the_next_daemon(void **state)
{
	char path[] = "/tmp/mini-trash-test-XXXXXX";
	autoclose int root = -1, folder = -1;
	struct trash *trash;

	(void)state;
	assert_non_null(mkdtemp(path));
	assert_null(directory_open(AT_FDCWD, path, &root));
	assert_null(directory_create(root, "trash/old/sub", 0755, &folder));
	close_fd(&folder);
	assert_null(directory_create(root, "full/sub", 0755, &folder));
	assert_null(trash_open(root, &trash));
	assert_null(trash_put(trash, root, "full"));
	assert_int_equal(faccessat(root, "full", F_OK, 0), -1); /* gone at once */
	assert_null(trash_put(trash, root, "full"));            /* and again is no error */
	bool empty = false;
	for (int i = 0; i < 500 && !empty; i++, usleep(5000))
		empty = unlinkat(root, "trash", AT_REMOVEDIR) == 0;
	assert_true(empty);
	trash_close(trash);
	assert_null(tree_remove(AT_FDCWD, path));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_watch_is_heard_until_it_ends),
		cmocka_unit_test(the_end_releases_what_is_still_watched),
		cmocka_unit_test(what_cannot_be_watched_is_told_and_released),
		cmocka_unit_test(children_leave_no_zombies),
		cmocka_unit_test(trash_is_emptied_later_and_by_the_next_daemon),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
