/*
 * extract.c - unpacks a tar in two ways: what names that a stranger chose can do
 *
 *	extract name|root FOLDER < ARCHIVE
 * "name" joins folder and name; "root" has the kernel look the name up inside of the folder.
 * Knows files, folders and links of the oldest form of tar. Book: 2.4
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "error.h"
#include "file.h"
#include "memory.h"

#define BLOCK 512

struct header {
	char name[100], mode[8], uid[8], gid[8], size[12], mtime[12], checksum[8];
	char type, target[100], rest[BLOCK - 257];
};

static bool in_root;

static fallible find_place(int folder, const char *name, int *parent, char **base)
{
	if (in_root)
		return file_open_parent_in_root(folder, name, parent, base);
	*parent = dup(folder);
	*base = duplicate(name);
	return NULL;
}

static fallible write_file(int parent, const char *base, size_t size)
{
	int flags = O_WRONLY | O_CREAT | O_TRUNC | (in_root ? O_NOFOLLOW : 0);
	autoclose int fd = openat(parent, base, flags, 0644);
	char block[BLOCK];

	for (size_t n; size && fread(block, BLOCK, 1, stdin) == 1; size -= n) {
		n = size < BLOCK ? size : BLOCK;
		if (write(fd, block, n) < 0)
			return error_system("cannot write '%s'", base);
	}
	return NULL;
}

static fallible extract(int folder, const struct header *h)
{
	autoclose int parent = -1;
	autofree char *base = NULL;

	TRY(find_place(folder, h->name, &parent, &base));
	if (h->type == '5')
		mkdirat(parent, base, 0755);
	else if (h->type == '2')
		(void)!symlinkat(h->target, parent, base);
	else
		TRY(write_file(parent, base, strtoul(h->size, NULL, 8)));
	return NULL;
}

static fallible extract_all(int argc, char **argv)
{
	autoclose int folder = -1;
	struct header h;

	in_root = argc > 1 && strcmp(argv[1], "root") == 0;
	TRY(directory_open(AT_FDCWD, argc > 2 ? argv[2] : ".", &folder));
	while (fread(&h, BLOCK, 1, stdin) == 1 && *h.name)
		TRY(extract(folder, &h));
	return NULL;
}

int main(int argc, char **argv)
{
	return error_report("extract", extract_all(argc, argv));
}
