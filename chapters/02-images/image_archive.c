#include "image_archive.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "file.h"
#include "memory.h"
#include "tar_reader.h"
#include "text.h"
#include "tree_walk.h"
#include "unpack.h"
#include "unpack_tree.h"

#define LINK_DEPTH 8

void image_archive_finish(struct image_archive *archive)
{
	for (size_t i = 0; i < archive->count; i++) {
		free(archive->files[i].path);
		free(archive->files[i].target);
		content_writer_destroy(archive->files[i].writer);
	}
	free(archive->files);
	*archive = (struct image_archive){0};
}

/* -- reading -- */

struct reading {
	struct image_archive *out;
	struct tar_reader *tar;
	char data[CONTENT_BLOCK_SIZE];
};

static struct image_archive_file *add_file(struct image_archive *out, char *path)
{
	if (out->count == out->capacity) {
		out->capacity = out->capacity ? 2 * out->capacity : 32;
		out->files = reallocate(out->files, out->capacity, sizeof(*out->files));
	}
	struct image_archive_file *file = &out->files[out->count++];
	*file = (struct image_archive_file){.path = path};
	return file;
}

/* A symlink's target counts from the link's own folder, a hard link's from the root. */
static fallible add_link(struct image_archive *out, char **path, const char *target, bool relative)
{
	const char *slash = relative ? strrchr(*path, '/') : NULL;
	autofree char *whole =
		format("%.*s%s", slash ? (int)(slash - *path + 1) : 0, *path, target);
	autofree char *clean = NULL;

	TRY(unpack_tree_clean_path(whole, &clean));
	add_file(out, steal(path))->target = steal(&clean);
	return NULL;
}

static fallible copy_data(struct reading *r, struct content_writer *w)
{
	la_ssize_t n;

	while ((n = archive_read_data(tar_reader_archive(r->tar), r->data, sizeof(r->data))) > 0)
		TRY(content_writer_write(w, r->data, n));
	return n < 0 ? tar_reader_problem(r->tar) : NULL;
}

/* "blobs/sha256/<hex>" promises its content; other names do not. */
static bool promised_digest(const char *path, struct digest *digest)
{
	if (!text_has_prefix(path, "blobs/"))
		return false;
	autofree char *text = duplicate(path + strlen("blobs/"));
	char *slash = strchr(text, '/');
	if (slash)
		*slash = ':';
	autoerror other = digest_parse(text, digest);
	return !other;
}

static fallible add_content(struct reading *r, struct archive_entry *entry, char **path)
{
	autowriter *w = NULL;
	struct digest promised;
	la_int64_t size = archive_entry_size(entry);

	if (size < 0 || (uint64_t)size > r->out->limit - r->out->bytes)
		return error_new(ERROR_TOO_LARGE, "the image archive is larger than %llu bytes",
				 (unsigned long long)r->out->limit);
	r->out->bytes += size;
	TRY(content_writer_open(r->out->content, &w));
	TRY(copy_data(r, w));
	bool blob = promised_digest(*path, &promised);
	TRY(error_wrap(content_writer_seal(w, blob ? &promised : NULL, -1),
		       "'%s' in the image archive is damaged", *path));
	add_file(r->out, steal(path))->writer = steal(&w);
	return NULL;
}

static fallible add_entry(struct reading *r, struct archive_entry *entry)
{
	autofree char *path = NULL;
	const char *name = archive_entry_pathname(entry);
	mode_t type = archive_entry_filetype(entry);

	if (!name)
		return error_new(ERROR_INVALID, "the image archive has an entry without a name");
	TRY(unpack_tree_clean_path(name, &path));
	if (r->out->count >= IMAGE_ARCHIVE_ENTRY_LIMIT)
		return error_new(ERROR_TOO_LARGE, "the image archive has more than %d files",
				 IMAGE_ARCHIVE_ENTRY_LIMIT);
	if (archive_entry_hardlink(entry))
		return add_link(r->out, &path, archive_entry_hardlink(entry), false);
	if (type == AE_IFLNK && archive_entry_symlink(entry))
		return add_link(r->out, &path, archive_entry_symlink(entry), true);
	return type == AE_IFREG ? add_content(r, entry, &path) : NULL;
}

static fallible read_entries(struct reading *r)
{
	struct archive_entry *entry;

	TRY(tar_reader_next(r->tar, &entry));
	while (entry) {
		TRY(add_entry(r, entry));
		TRY(tar_reader_next(r->tar, &entry));
	}
	return NULL;
}

/* To the very end: who writes into a pipe must not find it closed. */
static fallible drain(const struct source *tar, char *block)
{
	for (size_t length = 1; length;)
		TRY(tar->read(tar->context, block, CONTENT_BLOCK_SIZE, &length));
	return NULL;
}

fallible image_archive_read(struct image_archive *out, struct content *content, uint64_t limit,
			    const struct source *source)
{
	autodecompressor *d = NULL;
	autotar_reader *reader = NULL;
	autofree struct reading *r = allocate(sizeof(*r));

	*out = (struct image_archive){.content = content, .limit = limit};
	TRY(decompressor_open(source, &d));
	const struct source tar = decompressor_source(d);
	TRY(tar_reader_open(&tar, "the image archive", &reader));
	r->out = out;
	r->tar = reader;
	TRY(read_entries(r));
	return drain(&tar, r->data);
}

/* -- a folder -- */

static fallible add_bytes(struct image_archive *out, const char *path, int fd)
{
	struct source source = source_from_fd(&fd);
	struct digest promised;
	autowriter *w = NULL;

	if (out->count >= IMAGE_ARCHIVE_ENTRY_LIMIT)
		return error_new(ERROR_TOO_LARGE, "the image layout has more than %d files",
				 IMAGE_ARCHIVE_ENTRY_LIMIT);
	TRY(content_writer_open(out->content, &w));
	TRY(content_writer_fill(w, &source));
	bool blob = promised_digest(path, &promised);
	TRY(error_wrap(content_writer_seal(w, blob ? &promised : NULL, -1),
		       "'%s' in the image layout is damaged", path));
	add_file(out, duplicate(path))->writer = steal(&w);
	return NULL;
}

static fallible add_path(struct image_archive *out, int folder, const char *path)
{
	struct stat st;
	autoclose int fd = openat(folder, path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0 || fstat(fd, &st) < 0)
		return errno == ENOENT ? NULL : error_system("cannot open '%s'", path);
	return S_ISREG(st.st_mode) ? add_bytes(out, path, fd) : NULL;
}

static fallible add_blobs(struct image_archive *out, int folder, const char *algorithm)
{
	autofree char *path = format("blobs/%s", algorithm);
	autoclose int blobs = -1;
	struct error *e = directory_open(folder, path, &blobs);
	char **names;
	size_t count;

	if (e && e->class == ERROR_NOT_FOUND) {
		error_free(e);
		return NULL;
	}
	TRY(e);
	TRY(tree_names(blobs, path, &names, &count));
	for (size_t i = 0; !e && i < count; i++) {
		autofree char *blob = format("%s/%s", path, names[i]);

		e = add_path(out, folder, blob);
	}
	tree_names_free(names, count);
	return e;
}

fallible image_archive_read_folder(struct image_archive *out, struct content *content, int folder)
{
	*out = (struct image_archive){.content = content};
	TRY(add_path(out, folder, "oci-layout"));
	TRY(add_path(out, folder, "index.json"));
	TRY(add_blobs(out, folder, "sha256"));
	return add_blobs(out, folder, "sha512");
}

/* -- using -- */

/* The last one of a name counts, as when the archive is unpacked. */
static struct image_archive_file *find(struct image_archive *archive, const char *path)
{
	for (size_t i = archive->count; i-- > 0;)
		if (strcmp(archive->files[i].path, path) == 0)
			return &archive->files[i];
	return NULL;
}

static struct image_archive_file *find_content(struct image_archive *archive, const char *path)
{
	autofree char *clean = NULL;
	autoerror outside = unpack_tree_clean_path(path, &clean);
	struct image_archive_file *file = outside ? NULL : find(archive, clean);

	for (int depth = 0; file && file->target && depth < LINK_DEPTH; depth++)
		file = find(archive, file->target);
	return file && file->writer ? file : NULL;
}

static fallible need(struct image_archive *archive, const char *path,
		     struct image_archive_file **file)
{
	*file = find_content(archive, path);
	if (!*file)
		return error_new(ERROR_INVALID, "the image archive is not complete: it lacks '%s'",
				 path);
	return NULL;
}

bool image_archive_has(struct image_archive *archive, const char *path)
{
	return find_content(archive, path);
}

fallible image_archive_get(struct image_archive *archive, const char *path, struct buffer *bytes)
{
	struct image_archive_file *file;
	autoclose int fd = -1;

	TRY(need(archive, path, &file));
	TRY(content_writer_reopen(file->writer, &fd));
	return file_read_fd(fd, path, CONTENT_DOCUMENT_LIMIT, bytes);
}

fallible image_archive_commit(struct image_archive *archive, const char *path,
			      struct digest *digest, uint64_t *size)
{
	struct image_archive_file *file;

	TRY(need(archive, path, &file));
	*digest = *content_writer_digest(file->writer);
	*size = content_writer_size(file->writer);
	return content_writer_commit(file->writer);
}
