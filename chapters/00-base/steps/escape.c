/*
 * escape.c - a path that a container chose, opened twice: by name, and under a descriptor
 *
 *	escape ROOT PATH
 *
 * Book: 0.4
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static int open_by_name(const char *root, const char *path)
{
	char name[PATH_MAX];

	if (snprintf(name, sizeof(name), "%s/%s", root, path) >= (int)sizeof(name)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	return open(name, O_RDONLY | O_CLOEXEC);
}

static int open_in_root(const char *root, const char *path)
{
	struct open_how how = {.flags = O_RDONLY | O_CLOEXEC, .resolve = RESOLVE_IN_ROOT};
	int rootfd = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	int fd = syscall(SYS_openat2, rootfd, path, &how, sizeof(how));

	if (rootfd >= 0)
		close(rootfd);
	return fd;
}

/* The first line of the file, or why it could not be opened. */
static void show(const char *way, int fd)
{
	FILE *file = fd < 0 ? NULL : fdopen(fd, "r");
	char line[200] = "";

	if (!file) {
		printf("%s: %s\n", way, strerror(errno));
		return;
	}
	if (fgets(line, sizeof(line), file))
		printf("%s: %.*s\n", way, (int)strcspn(line, "\n"), line);
	fclose(file);
}

int main(int argc, char **argv)
{
	if (argc != 3) {
		fprintf(stderr, "usage: escape ROOT PATH\n");
		return 2;
	}
	show("by name", open_by_name(argv[1], argv[2]));
	show("in root", open_in_root(argv[1], argv[2]));
	return 0;
}
