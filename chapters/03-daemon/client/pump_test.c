#include "pump.h"

#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "memory.h"

#define TOTAL (50 * 1024 * 1024)

/* A container running `cat` without a terminal: what comes in goes out in frames of stdout. It
 * writes while it does not read, as a program with a full pipe does. */
static void *echo_frames(void *argument)
{
	int fd = *(int *)argument;
	char frame[8 + 65536] = {1};
	ssize_t n;

	while ((n = read(fd, frame + 8, 65536)) > 0) {
		frame[4] = (char)(n >> 24);
		frame[5] = (char)(n >> 16);
		frame[6] = (char)(n >> 8);
		frame[7] = (char)n;
		for (ssize_t done = 0; done < n + 8;) {
			ssize_t wrote = write(fd, frame + done, n + 8 - done);

			if (wrote < 0)
				return NULL;
			done += wrote;
		}
	}
	close(fd);
	return NULL;
}

static void *feed_stdin(void *argument)
{
	int fd = *(int *)argument;
	char bytes[65536];

	for (size_t sent = 0; sent < TOTAL; sent += sizeof(bytes)) {
		memset(bytes, (int)(sent >> 16), sizeof(bytes));
		if (write(fd, bytes, sizeof(bytes)) != sizeof(bytes))
			break;
	}
	close(fd);
	return NULL;
}

static void *read_stdout(void *argument)
{
	int fd = *(int *)argument;
	char bytes[65536];
	size_t total = 0, wrong = 0;
	ssize_t n;

	while ((n = read(fd, bytes, sizeof(bytes))) > 0)
		for (ssize_t i = 0; i < n; i++, total++)
			wrong += bytes[i] != (char)(total >> 16);
	return (void *)(total == TOTAL && !wrong ? 1L : 0L);
}

/* The pump works on this process's stdin and stdout: they are pipes while it runs. */
static void test_fifty_megabytes_both_ways(void **state)
{
	int pair[2], in[2], out[2];
	int stdin_before = dup(STDIN_FILENO), stdout_before = dup(STDOUT_FILENO);
	struct remote_stream stream = {0};
	struct pump pump = {.stream = &stream, .input = true, .signals = -1};
	pthread_t threads[3];
	void *right;
	bool detached;

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	assert_int_equal(pipe(in), 0);
	assert_int_equal(pipe(out), 0);
	dup2(in[0], STDIN_FILENO);
	dup2(out[1], STDOUT_FILENO);
	close(out[1]);
	stream.fd = pair[0];
	pthread_create(&threads[0], NULL, echo_frames, &pair[1]);
	pthread_create(&threads[1], NULL, feed_stdin, &in[1]);
	pthread_create(&threads[2], NULL, read_stdout, &out[0]);
	struct error *e = pump_run(&pump, &detached);
	dup2(stdout_before, STDOUT_FILENO);
	dup2(stdin_before, STDIN_FILENO);
	close(pair[0]);
	pthread_join(threads[0], NULL);
	pthread_join(threads[1], NULL);
	pthread_join(threads[2], &right);
	close(in[0]);
	close(out[0]);
	close(stdin_before);
	close(stdout_before);
	assert_null(e);
	assert_false(detached);
	assert_int_equal((long)right, 1);
}

/* Early bytes come first; without input the other side sees the end of it at once. */
static void test_no_input_is_a_half_close(void **state)
{
	int pair[2];
	struct remote_stream stream = {0};
	struct pump pump = {.stream = &stream, .tty = true, .signals = -1};
	char byte;
	bool detached;

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	stream.fd = pair[0];
	buffer_append_string(&stream.early, "");
	pid_t child = fork();
	if (child == 0) {
		close(pair[0]);
		/* The end of the input, and then a last word. */
		_exit(read(pair[1], &byte, 1) == 0 && write(pair[1], "\r", 1) == 1 ? 0 : 1);
	}
	close(pair[1]);
	assert_null(pump_run(&pump, &detached));
	int status;
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	remote_stream_finish(&stream);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fifty_megabytes_both_ways),
		cmocka_unit_test(test_no_input_is_a_half_close),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
