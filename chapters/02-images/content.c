#include "content.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "explain.h"
#include "memory.h"
#include "text.h"

#define LAYOUT_FILE     "oci-layout"
#define LAYOUT_DOCUMENT "{\"imageLayoutVersion\":\"1.0.0\"}"

struct content {
	int ingest;
	int blobs; /* blobs/, with a folder for each algorithm */
	enum durability durability;
};

struct content_writer {
	struct content *content;
	char name[CONTENT_NAME_LIMIT + 1]; /* in ingest/; "" once it has its place */
	int fd;                            /* -1 once sealed */
	struct hasher *hasher;
	struct digest digest;
	uint64_t size;
};

bool content_is_there(int rootfd)
{
	return faccessat(rootfd, LAYOUT_FILE, F_OK, 0) == 0;
}

static fallible write_layout_file(int rootfd, enum durability durability)
{
	if (content_is_there(rootfd))
		return NULL;
	return file_write_atomic(rootfd, LAYOUT_FILE, LAYOUT_DOCUMENT, strlen(LAYOUT_DOCUMENT),
				 0644, durability);
}

fallible content_open(int rootfd, enum durability durability, struct content **out)
{
	static const char *const algorithms[] = {"sha256", "sha512"};
	autoclose int ingest = -1, blobs = -1;

	TRY(directory_create(rootfd, "ingest", 0700, &ingest));
	TRY(directory_create(rootfd, "blobs", 0755, &blobs));
	for (size_t i = 0; i < countof(algorithms); i++)
		if (mkdirat(blobs, algorithms[i], 0755) < 0 && errno != EEXIST)
			return error_system("cannot create the folder 'blobs/%s'", algorithms[i]);
	TRY(write_layout_file(rootfd, durability));
	*out = allocate(sizeof(**out));
	**out = (struct content){steal_fd(&ingest), steal_fd(&blobs), durability};
	return NULL;
}

void content_close(struct content *content)
{
	if (!content)
		return;
	close_fd(&content->ingest);
	close_fd(&content->blobs);
	free(content);
}

/* "sha256/<hex>", below blobs/. */
static char *blob_path(const struct digest *digest)
{
	char *path = duplicate(digest->text);

	*strchr(path, ':') = '/';
	return path;
}

fallible content_stat(struct content *content, const struct digest *digest, uint64_t *size)
{
	autofree char *path = blob_path(digest);
	struct stat st;

	if (fstatat(content->blobs, path, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return error_errno(errno == ENOENT ? ERROR_NOT_FOUND : ERROR_SYSTEM, errno,
				   "the content store has no blob %s", digest->text);
	if (size)
		*size = st.st_size;
	return NULL;
}

fallible content_open_blob(struct content *content, const struct digest *digest, int64_t size,
			   int *fd)
{
	autofree char *path = blob_path(digest);
	struct stat st;
	autoclose int file = openat(content->blobs, path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);

	if (file < 0 || fstat(file, &st) < 0)
		return error_errno(errno == ENOENT ? ERROR_NOT_FOUND : ERROR_SYSTEM, errno,
				   "cannot open the blob %s", digest->text);
	if (!S_ISREG(st.st_mode))
		return error_new(ERROR_CORRUPT, "the blob %s is not a regular file", digest->text);
	if (size >= 0 && st.st_size != size)
		return error_new(ERROR_CORRUPT,
				 "the blob %s has %lld bytes where its descriptor says %lld",
				 digest->text, (long long)st.st_size, (long long)size);
	*fd = steal_fd(&file);
	return NULL;
}

fallible content_read_verified(struct content *content, const struct digest *digest, int64_t size,
			       struct buffer *bytes)
{
	autoclose int fd = -1;
	size_t before = bytes->length;
	struct digest actual;

	TRY(content_open_blob(content, digest, size, &fd));
	TRY(file_read_fd(fd, digest->text, CONTENT_DOCUMENT_LIMIT, bytes));
	autohasher *hasher = hasher_create(digest);
	hasher_update(hasher, bytes->data + before, bytes->length - before);
	hasher_finish(hasher, &actual);
	if (!digest_equal(&actual, digest))
		return error_new(ERROR_CORRUPT,
				 "the blob %s is damaged: its content has the digest %s; remove "
				 "the image and load it again",
				 digest->text, actual.text);
	return NULL;
}

/* -- writing -- */

static fallible open_writer(struct content *content, const char *name, const struct digest *like,
			    int flags, struct content_writer **out)
{
	autowriter *w = allocate(sizeof(*w));

	assert(strlen(name) <= CONTENT_NAME_LIMIT && !strchr(name, '/'));
	w->content = content;
	w->hasher = hasher_create(like);
	w->fd = openat(content->ingest, name, O_RDWR | O_NOFOLLOW | O_CLOEXEC | flags, 0644);
	if (w->fd < 0)
		return error_errno(errno == ENOENT ? ERROR_NOT_FOUND : ERROR_SYSTEM, errno,
				   "cannot open a file in the content store's ingest folder");
	strcpy(w->name, name);
	*out = steal(&w);
	return NULL;
}

fallible content_writer_open(struct content *content, struct content_writer **out)
{
	char name[ID_LENGTH + 1];

	id_generate(name);
	return open_writer(content, name, NULL, O_CREAT | O_EXCL, out);
}

fallible content_writer_create(struct content *content, const char *name, const struct digest *like,
			       struct content_writer **out)
{
	return open_writer(content, name, like, O_CREAT | O_EXCL, out);
}

/* The file as it is, from its beginning. */
static fallible hash_file(int fd, struct hasher *hasher, uint64_t *size)
{
	autofree char *block = allocate(CONTENT_BLOCK_SIZE);
	ssize_t n;

	for (*size = 0; (n = pread(fd, block, CONTENT_BLOCK_SIZE, *size)) > 0; *size += n)
		hasher_update(hasher, block, n);
	return n < 0 ? error_system("cannot read a file in the content store again") : NULL;
}

fallible content_writer_resume(struct content *content, const char *name, const struct digest *like,
			       struct content_writer **out)
{
	struct content_writer *w = NULL;

	TRY(open_writer(content, name, like, 0, &w));
	struct error *e = hash_file(w->fd, w->hasher, &w->size);
	if (!e && lseek(w->fd, w->size, SEEK_SET) < 0)
		e = error_system("cannot go on with a file in the content store");
	if (e)
		content_writer_leave(w);
	else
		*out = w;
	return e;
}

void content_writer_leave(struct content_writer *w)
{
	w->name[0] = '\0';
	content_writer_destroy(w);
}

fallible content_writer_write(struct content_writer *w, const void *bytes, size_t length)
{
	struct error *e = file_write_fd(w->fd, "ingest", bytes, length);

	/* A full disk may have taken half of it: who goes on later must find what was hashed. */
	if (e && ftruncate(w->fd, w->size) == 0)
		lseek(w->fd, w->size, SEEK_SET);
	if (e)
		return e;
	hasher_update(w->hasher, bytes, length);
	w->size += length;
	return NULL;
}

static bool has_algorithm(const struct digest *a, const struct digest *b)
{
	return strncmp(a->text, b->text, strcspn(a->text, ":")) == 0;
}

/* Another algorithm than that of the stream: rare, so the file is read again. */
static fallible hash_again(struct content_writer *w, const struct digest *like)
{
	autohasher *hasher = hasher_create(like);
	uint64_t size;

	TRY(hash_file(w->fd, hasher, &size));
	hasher_finish(hasher, &w->digest);
	return NULL;
}

/* What was hashed is what is in the file. */
static fallible check_file(const struct content_writer *w)
{
	struct stat st;

	if (fstat(w->fd, &st) < 0)
		return error_system("cannot look at the new blob");
	if ((uint64_t)st.st_size == w->size)
		return NULL;
	return error_new(ERROR_CORRUPT, "%llu bytes were written and the file has %lld",
			 (unsigned long long)w->size, (long long)st.st_size);
}

fallible content_writer_seal(struct content_writer *w, const struct digest *expected, int64_t size)
{
	TRY(check_file(w));
	hasher_finish(w->hasher, &w->digest);
	if (expected && !has_algorithm(expected, &w->digest))
		TRY(hash_again(w, expected));
	if (size >= 0 && w->size != (uint64_t)size)
		return error_new(ERROR_CORRUPT, "%llu bytes came where %lld were promised",
				 (unsigned long long)w->size, (long long)size);
	if (expected && !digest_equal(expected, &w->digest))
		return error_new(ERROR_CORRUPT, "the digest is %s where %s was promised",
				 w->digest.text, expected->text);
	close_fd(&w->fd);
	return NULL;
}

const struct digest *content_writer_digest(const struct content_writer *w)
{
	return &w->digest;
}

uint64_t content_writer_size(const struct content_writer *w)
{
	return w->size;
}

fallible content_writer_reopen(struct content_writer *w, int *fd)
{
	if (!w->name[0])
		return content_open_blob(w->content, &w->digest, w->size, fd);
	*fd = openat(w->content->ingest, w->name, O_RDONLY | O_CLOEXEC);
	if (*fd < 0)
		return error_system("cannot open the new blob %s", w->digest.text);
	return NULL;
}

static fallible sync_file(int dirfd, const char *name, int flags)
{
	autoclose int fd = openat(dirfd, name, flags | O_CLOEXEC);

	if (fd < 0 || fsync(fd) < 0)
		return error_system("cannot sync '%s'", name);
	return NULL;
}

static fallible move_into_place(struct content_writer *w, const char *path)
{
	struct content *content = w->content;
	uint64_t began = explain_clock();

	if (content->durability == DURABLE)
		TRY(sync_file(content->ingest, w->name, O_RDONLY));
	if (renameat(content->ingest, w->name, content->blobs, path) < 0)
		return error_system("cannot give the blob %s its name", w->digest.text);
	w->name[0] = '\0';
	if (content->durability == DURABLE) {
		autofree char *folder = duplicate_range(path, strchr(path, '/') - path);

		TRY(sync_file(content->blobs, folder, O_RDONLY | O_DIRECTORY));
	}
	explain(began, "2.2", "a blob appears whole, under the hash of its content",
		"rename(\"ingest/...\", \"blobs/%.20s...\")", path);
	return NULL;
}

/* Also over a blob that is there: the new bytes are known to be right, the old ones may have been
 * damaged since. */
fallible content_writer_commit(struct content_writer *w)
{
	autofree char *path = blob_path(&w->digest);

	return w->name[0] ? move_into_place(w, path) : NULL;
}

void content_writer_destroy(struct content_writer *w)
{
	if (!w)
		return;
	if (w->name[0])
		unlinkat(w->content->ingest, w->name, 0);
	close_fd(&w->fd);
	hasher_destroy(w->hasher);
	free(w);
}

void content_writer_destroy_cleanup(struct content_writer **w)
{
	content_writer_destroy(*w);
}

fallible content_put(struct content *content, const void *bytes, size_t length,
		     struct digest *digest)
{
	autowriter *w = NULL;

	TRY(content_writer_open(content, &w));
	TRY(content_writer_write(w, bytes, length));
	TRY(content_writer_seal(w, NULL, -1));
	TRY(content_writer_commit(w));
	*digest = w->digest;
	return NULL;
}

fallible content_writer_fill(struct content_writer *w, const struct source *source)
{
	autofree char *block = allocate(CONTENT_BLOCK_SIZE);

	for (size_t length = 1; length;) {
		TRY(source->read(source->context, block, CONTENT_BLOCK_SIZE, &length));
		TRY(content_writer_write(w, block, length));
	}
	return NULL;
}

fallible content_copy(struct content *content, const struct source *source,
		      const struct digest *expected, int64_t size, struct digest *digest,
		      uint64_t *written)
{
	autowriter *w = NULL;

	TRY(content_writer_open(content, &w));
	TRY(content_writer_fill(w, source));
	TRY(content_writer_seal(w, expected, size));
	TRY(content_writer_commit(w));
	*digest = w->digest;
	*written = w->size;
	return NULL;
}

/* -- removing -- */

static fallible each_of_algorithm(struct content *content, const char *algorithm,
				  fallible (*visit)(void *, const struct digest *), void *context)
{
	int fd = openat(content->blobs, algorithm, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct error *e = NULL;

	if (!dir) {
		e = error_system("cannot list the blobs of %s", algorithm);
		close_fd(&fd);
		return e;
	}
	for (struct dirent *entry; !e && (entry = readdir(dir));) {
		autofree char *text = format("%s:%s", algorithm, entry->d_name);
		struct digest digest;
		autoerror stranger = digest_parse(text, &digest);

		if (!stranger)
			e = visit(context, &digest);
	}
	closedir(dir);
	return e;
}

fallible content_each(struct content *content,
		      fallible (*visit)(void *context, const struct digest *digest), void *context)
{
	TRY(each_of_algorithm(content, "sha256", visit, context));
	return each_of_algorithm(content, "sha512", visit, context);
}

fallible content_remove(struct content *content, const struct digest *digest)
{
	autofree char *path = blob_path(digest);

	if (unlinkat(content->blobs, path, 0) < 0 && errno != ENOENT)
		return error_system("cannot remove the blob %s", digest->text);
	return NULL;
}

static fallible visit_ingest(int folder, const char *name,
			     fallible (*visit)(void *, const char *, uint64_t, time_t),
			     void *context)
{
	struct stat st;

	if (name[0] == '.' || fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return NULL;
	return visit(context, name, st.st_size, st.st_mtime);
}

fallible content_each_ingest(struct content *content,
			     fallible (*visit)(void *context, const char *name, uint64_t size,
					       time_t modified),
			     void *context)
{
	int fd = openat(content->ingest, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct error *e = NULL;

	if (!dir)
		return error_system("cannot list the content store's ingest folder");
	for (struct dirent *entry; !e && (entry = readdir(dir));)
		e = visit_ingest(dirfd(dir), entry->d_name, visit, context);
	closedir(dir);
	return e;
}

fallible content_remove_ingest(struct content *content, const char *name)
{
	if (unlinkat(content->ingest, name, 0) < 0 && errno != ENOENT)
		return error_system("cannot remove a file in the content store's ingest folder");
	return NULL;
}

static fallible drop_ingest(void *context, const char *name, uint64_t size, time_t modified)
{
	(void)size, (void)modified;
	return content_remove_ingest(context, name);
}

fallible content_clean(struct content *content)
{
	return content_each_ingest(content, drop_ingest, content);
}
