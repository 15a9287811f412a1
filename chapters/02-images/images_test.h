/*
 * images_test.h - what the tests of this chapter share
 *
 * A place of its own for each test (a tmpfs in a mount namespace of the test program, so that
 * trusted.* attributes work wherever /tmp lies), and tars made in memory, as wrong as one likes.
 */
#ifndef MINI_IMAGES_TEST_H
#define MINI_IMAGES_TEST_H

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <locale.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cmocka.h>

#include "buffer.h"
#include "error.h"
#include "file.h"
#include "idmap.h"
#include "memory.h"
#include "source.h"

#define shared __attribute__((unused)) static

/* -- a place -- */

struct place {
	char path[64];
	int fd;
};

shared int make_place(void **state)
{
	struct place *place = allocate(sizeof(*place));

	strcpy(place->path, "/tmp/mini-images-test-XXXXXX");
	assert_non_null(mkdtemp(place->path));
	if (geteuid() == 0) {
		assert_int_equal(unshare(CLONE_NEWNS), 0);
		assert_int_equal(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
		assert_int_equal(mount("tmpfs", place->path, "tmpfs", 0, "mode=0755"), 0);
	}
	assert_null(directory_open(AT_FDCWD, place->path, &place->fd));
	*state = place;
	return 0;
}

shared int drop_place(void **state)
{
	struct place *place = *state;

	close(place->fd);
	if (geteuid() == 0)
		assert_int_equal(umount2(place->path, MNT_DETACH), 0);
	assert_null(tree_remove(AT_FDCWD, place->path));
	free(place);
	return 0;
}

/* chown, devices and trusted.* are root's. */
#define needs_root()                                                                               \
	do {                                                                                       \
		if (geteuid() != 0)                                                                \
			skip();                                                                    \
	} while (0)

#define in_place(test) cmocka_unit_test_setup_teardown(test, make_place, drop_place)

/* tmpfs has attributes user.* since Linux 6.6. */
shared bool has_user_xattrs(struct place *place)
{
	return fsetxattr(place->fd, "user.mini.test", "", 0, 0) == 0 &&
	       fremovexattr(place->fd, "user.mini.test") == 0;
}

/* -- errors -- */

/* A failure is told with the line of the test, not with one of this file. */
#define assert_ok(e) assert_ok_at(e, __FILE__, __LINE__)
/* It failed, as this class, and its message contains `text`. */
#define assert_error(e, class, text) assert_error_at(e, class, text, __FILE__, __LINE__)

shared void assert_ok_at(struct error *e, const char *file, int line)
{
	if (!e)
		return;
	print_error("expected: no error\n     got: %s '%s'\n", error_class_name(e->class),
		    e->message);
	_fail(file, line);
}

shared void assert_error_at(struct error *e, enum error_class class, const char *text,
			    const char *file, int line)
{
	if (!e || e->class != class || !strstr(e->message, text)) {
		print_error("expected: %s, with '%s' in its message\n     got: %s '%s'\n",
			    error_class_name(class), text,
			    e ? error_class_name(e->class) : "no error", e ? e->message : "");
		_fail(file, line);
	}
	error_free(e);
}

/* -- files -- */

#define assert_text(what, got, expected) assert_text_at(what, got, expected, __FILE__, __LINE__)

shared void assert_text_at(const char *what, const char *got, const char *expected,
			   const char *file, int line)
{
	if (strcmp(got, expected) == 0)
		return;
	print_error("%s\nexpected: %s\n     got: %s\n", what, expected, got);
	_fail(file, line);
}

shared void put_file(int folder, const char *name, const char *text)
{
	autoclose int fd = openat(folder, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
}

shared int put_folder(int folder, const char *name)
{
	int fd;

	assert_ok(directory_create(folder, name, 0755, &fd));
	return fd;
}

shared bool has_name(int folder, const char *name)
{
	return faccessat(folder, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

/* All descriptors that this process has open. */
shared size_t count_open(void)
{
	size_t count = 0;

	for (int fd = 0; fd < 1024; fd++)
		count += fcntl(fd, F_GETFD) >= 0;
	return count;
}

/* -- without root -- */

/* Runs the test in a child that is root of a user namespace only, where 0 is the one id there is.
 * Its assertions end it, since cmocka's cannot be used there: it exits with another number. */
shared void in_user_namespace(void (*test)(struct place *), struct place *place)
{
	int go[2], status;
	char byte;

	assert_int_equal(pipe2(go, O_CLOEXEC), 0);
	pid_t child = fork();
	if (child == 0) {
		if (unshare(CLONE_NEWUSER) < 0 || write(go[1], "", 1) != 1)
			_exit(1);
		while (geteuid() != 0 || getegid() != 0)
			usleep(1000);
		test(place);
		_exit(42);
	}
	close(go[1]);
	assert_int_equal(read(go[0], &byte, 1), 1);
	close(go[0]);
	assert_ok(idmap_write(child, "0 0 1\n", "0 0 1\n"));
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 42);
}

#define in_child_assert(condition)                                                                 \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);            \
			_exit(1);                                                                  \
		}                                                                                  \
	} while (0)

/* -- sources -- */

struct memory_source {
	const char *bytes;
	size_t left;
	size_t step; /* at most so many bytes a read */
};

shared fallible read_memory(void *context, void *bytes, size_t size, size_t *length)
{
	struct memory_source *memory = context;

	*length = memory->left < size ? memory->left : size;
	if (memory->step && *length > memory->step)
		*length = memory->step;
	if (*length)
		memcpy(bytes, memory->bytes, *length);
	memory->bytes += *length;
	memory->left -= *length;
	return NULL;
}

/* -- tars -- */

struct tar {
	struct buffer bytes;
	struct archive *archive;
	struct memory_source memory;
};

shared la_ssize_t append_tar(struct archive *archive, void *context, const void *bytes,
			     size_t length)
{
	struct tar *tar = context;

	(void)archive;
	buffer_append(&tar->bytes, bytes, length);
	return length;
}

/* filter: ARCHIVE_FILTER_NONE, _GZIP, _ZSTD, _XZ ... */
shared void tar_begin_packed(struct tar *tar, int filter)
{
	*tar = (struct tar){.archive = archive_write_new()};
	archive_write_set_format_pax(tar->archive);
	archive_write_add_filter(tar->archive, filter);
	archive_write_set_bytes_in_last_block(tar->archive, 1);
	assert_int_equal(archive_write_open(tar->archive, tar, NULL, append_tar, NULL), ARCHIVE_OK);
}

shared void tar_begin(struct tar *tar)
{
	tar_begin_packed(tar, ARCHIVE_FILTER_NONE);
}

shared struct archive_entry *tar_entry(mode_t type, const char *path, mode_t mode)
{
	struct archive_entry *entry = archive_entry_new();

	archive_entry_set_filetype(entry, type);
	archive_entry_set_pathname(entry, path);
	archive_entry_set_perm(entry, mode);
	archive_entry_set_mtime(entry, 1000000000, 123456789);
	archive_entry_set_size(entry, 0);
	return entry;
}

/* Takes the entry. */
shared void tar_put(struct tar *tar, struct archive_entry *entry, const char *data)
{
	archive_entry_set_size(entry, data ? strlen(data) : 0);
	assert_int_equal(archive_write_header(tar->archive, entry), ARCHIVE_OK);
	if (data)
		assert_int_equal(archive_write_data(tar->archive, data, strlen(data)),
				 strlen(data));
	archive_entry_free(entry);
}

shared void tar_file(struct tar *tar, const char *path, const char *data)
{
	tar_put(tar, tar_entry(AE_IFREG, path, 0644), data);
}

shared void tar_bytes(struct tar *tar, const char *path, const struct buffer *data)
{
	struct archive_entry *entry = tar_entry(AE_IFREG, path, 0644);

	archive_entry_set_size(entry, data->length);
	assert_int_equal(archive_write_header(tar->archive, entry), ARCHIVE_OK);
	assert_int_equal(archive_write_data(tar->archive, data->data, data->length), data->length);
	archive_entry_free(entry);
}

shared void tar_folder(struct tar *tar, const char *path, mode_t mode)
{
	tar_put(tar, tar_entry(AE_IFDIR, path, mode), NULL);
}

shared void tar_symlink(struct tar *tar, const char *path, const char *target)
{
	struct archive_entry *entry = tar_entry(AE_IFLNK, path, 0777);

	archive_entry_set_symlink(entry, target);
	tar_put(tar, entry, NULL);
}

shared void tar_hard_link(struct tar *tar, const char *path, const char *target)
{
	struct archive_entry *entry = tar_entry(AE_IFREG, path, 0644);

	archive_entry_set_hardlink(entry, target);
	tar_put(tar, entry, NULL);
}

shared void tar_end(struct tar *tar)
{
	assert_int_equal(archive_write_close(tar->archive), ARCHIVE_OK);
	archive_write_free(tar->archive);
	tar->archive = NULL;
}

/* Valid while the tar is; each call starts from the front. */
shared struct source tar_source(struct tar *tar)
{
	tar->memory = (struct memory_source){tar->bytes.data, tar->bytes.length, 0};
	return (struct source){read_memory, &tar->memory};
}

shared void tar_finish(struct tar *tar)
{
	buffer_finish(&tar->bytes);
}

#define autotar __attribute__((cleanup(tar_finish))) struct tar

#endif
