/*
 * birth.c - what a new process costs a large one: fork(2) and posix_spawn(3)
 *
 *	birth MEGABYTES
 *
 * Touches so much memory, then starts `true` in both ways, and says how long its own thread was
 * held up by it, at best. Book: 3.16
 */
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define ROUNDS 25

static char *const command[] = {(char *)"true", NULL}, *const environment[] = {NULL};

static int64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * INT64_C(1000000000) + time.tv_nsec;
}

static pid_t by_fork(void)
{
	pid_t child = fork();

	if (child == 0) {
		execve("/bin/true", command, environment);
		_exit(127);
	}
	return child;
}

/* Parent and child share the memory until execve, and the parent waits for that. */
static pid_t by_spawn(void)
{
	pid_t child;

	return posix_spawn(&child, "/bin/true", NULL, NULL, command, environment) ? -1 : child;
}

static int64_t shortest(pid_t (*start)(void))
{
	int64_t least = INT64_MAX;

	for (int i = 0; i < ROUNDS; i++) {
		int64_t began = now();
		pid_t child = start();
		int64_t took = now() - began;

		if (child < 0 || waitpid(child, NULL, 0) < 0)
			exit(1);
		least = took < least ? took : least;
	}
	return least;
}

int main(int argc, char **argv)
{
	size_t size = strtoul(argc > 1 ? argv[1] : "1", NULL, 10) << 20;
	char *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (!size || memory == MAP_FAILED)
		return 1;
	madvise(memory, size, MADV_NOHUGEPAGE);
	memset(memory, 1, size);
	printf("fork %lld us, posix_spawn %lld us\n", (long long)shortest(by_fork) / 1000,
	       (long long)shortest(by_spawn) / 1000);
	return 0;
}
