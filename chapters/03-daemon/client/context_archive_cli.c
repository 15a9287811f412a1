/*
 * docker context export, import: a context as a tar, in docker's form:
 *
 *	meta.json                        {"Name", "Metadata", "Endpoints"}
 *	tls/docker/{ca,cert,key}.pem     mode 0600
 *
 * It comes from somebody else: all of it is read and checked before anything is kept.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "archive_text.h"
#include "context_cli.h"
#include "context_options.h"
#include "context_store.h"
#include "file.h"
#include "memory.h"
#include "source.h"
#include "tar_reader.h"

#define META       "meta.json"
#define FILE_LIMIT (1 << 20)
#define PADDING    (3 * 512)
#define WHAT       "the archive of the context"

static const char *const keys[] = {"ca.pem", "cert.pem", "key.pem"};

struct bundle {
	json_t *meta;
	struct buffer keys[countof(keys)];
	bool has[countof(keys)];
};

static void bundle_finish(struct bundle *bundle)
{
	json_decref(bundle->meta);
	for (size_t i = 0; i < countof(keys); i++)
		buffer_finish(&bundle->keys[i]);
}
#define auto_bundle __attribute__((cleanup(bundle_finish))) struct bundle

/* -- export -- */

static fallible read_bundle(struct client *client, const char *name, struct bundle *bundle)
{
	if (strcmp(name, CONTEXT_DEFAULT) == 0) {
		bundle->meta =
			json_pack("{s:s, s:{}, s:{}}", "Name", name, "Metadata", "Endpoints");
		return NULL;
	}
	TRY(context_name_check(name));
	TRY(context_store_read(client->config, name, &bundle->meta));
	for (size_t i = 0; i < countof(keys); i++) {
		autofree char *path = context_store_tls_file(client->config, name, keys[i]);

		bundle->has[i] = path;
		if (path)
			TRY(file_read(AT_FDCWD, path, FILE_LIMIT, &bundle->keys[i]));
	}
	return NULL;
}

/* bytes NULL: a folder. No times and no owners, as docker writes it. */
static fallible add(struct archive *archive, const char *path, const char *bytes, size_t length)
{
	struct archive_entry *entry = archive_entry_new();
	bool secret = strcmp(path, META) != 0;

	archive_entry_set_pathname(entry, path);
	archive_entry_set_filetype(entry, bytes ? AE_IFREG : AE_IFDIR);
	archive_entry_set_perm(entry, !bytes ? 0700 : secret ? 0600 : 0644);
	archive_entry_set_size(entry, length);
	archive_entry_set_mtime(entry, 0, 0);
	bool written = archive_write_header(archive, entry) == ARCHIVE_OK &&
		       archive_write_data(archive, bytes, length) == (la_ssize_t)length;
	archive_entry_free(entry);
	return written ? NULL
		       : error_new(ERROR_SYSTEM, "cannot write " WHAT ": %s",
				   archive_error_string(archive));
}

static fallible add_all(struct archive *archive, const struct bundle *bundle)
{
	autofree char *meta = json_text(bundle->meta);
	bool any = false;

	TRY(add(archive, META, meta, strlen(meta)));
	TRY(add(archive, "tls", NULL, 0));
	for (size_t i = 0; i < countof(keys); i++) {
		autofree char *path = format("tls/docker/%s", keys[i]);

		if (!bundle->has[i])
			continue;
		if (!any)
			TRY(add(archive, "tls/docker", NULL, 0));
		any = true;
		TRY(add(archive, path, bundle->keys[i].data, bundle->keys[i].length));
	}
	return NULL;
}

static fallible write_bundle(const struct bundle *bundle, int fd)
{
	autoarchive struct archive *archive = archive_write_new();

	archive_write_set_format_ustar(archive);
	if (archive_write_open_fd(archive, fd) != ARCHIVE_OK)
		return error_new(ERROR_SYSTEM, "cannot write " WHAT ": %s",
				 archive_error_string(archive));
	TRY(add_all(archive, bundle));
	return archive_write_close(archive) == ARCHIVE_OK
		       ? NULL
		       : error_new(ERROR_SYSTEM, "cannot write " WHAT ": %s",
				   archive_error_string(archive));
}

static fallible export_to_file(const struct bundle *bundle, const char *path)
{
	autoclose int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (fd < 0)
		return error_system("open %s", path);
	struct error *e = write_bundle(bundle, fd);
	if (e)
		unlink(path);
	else
		fprintf(stderr, "Written file \"%s\"\n", path);
	return e;
}

static fallible export(struct client *client, const struct context_options *options, char **names,
		       int count)
{
	autofree char *standard = format("%s.dockercontext", names[0]);
	const char *path = count > 1 ? names[1] : standard;
	auto_bundle bundle = {0};
	(void)options;

	TRY(read_bundle(client, names[0], &bundle));
	if (strcmp(path, "-") != 0)
		return export_to_file(&bundle, path);
	if (isatty(STDOUT_FILENO))
		return error_new(ERROR_INVALID,
				 "cowardly refusing to export to a terminal, specify a file path");
	return write_bundle(&bundle, STDOUT_FILENO);
}

/* -- import -- */

static fallible read_entry(struct tar_reader *reader, struct archive_entry *entry,
			   struct buffer *bytes)
{
	int64_t size = archive_entry_size(entry);

	if (archive_entry_filetype(entry) != AE_IFREG || size > FILE_LIMIT)
		return error_new(ERROR_INVALID, "invalid context: '%s' is no file, or a large one",
				 archive_entry_pathname(entry));
	char *room = buffer_reserve(bytes, size + 1);
	if (archive_read_data(tar_reader_archive(reader), room, size) != size)
		return tar_reader_problem(reader);
	bytes->length += size;
	return NULL;
}

static fallible take_meta(const struct buffer *bytes, struct bundle *bundle)
{
	json_decref(bundle->meta);
	bundle->meta = NULL;
	TRY(json_parse(bytes->data, bytes->length, "the metadata of the context", &bundle->meta));
	if (!json_is_object(json_at(bundle->meta, "Endpoints", NULL)))
		return error_new(ERROR_INVALID, "invalid context: it has no endpoints");
	return NULL;
}

static fallible take_entry(struct tar_reader *reader, struct archive_entry *entry,
			   struct bundle *bundle)
{
	const char *path = archive_entry_pathname(entry);
	autobuffer bytes = {0};

	if (archive_entry_filetype(entry) == AE_IFDIR)
		return NULL;
	TRY(read_entry(reader, entry, &bytes));
	if (path && strcmp(path, META) == 0)
		return take_meta(&bytes, bundle);
	for (size_t i = 0; i < countof(keys); i++) {
		autofree char *own = format("tls/docker/%s", keys[i]);

		if (!path || strcmp(path, own) != 0)
			continue;
		buffer_finish(&bundle->keys[i]);
		bundle->keys[i] = bytes;
		bytes = (struct buffer){0};
		bundle->has[i] = true;
		return NULL;
	}
	return error_new(ERROR_INVALID, "unexpected context file: %s", path ? path : "(no name)");
}

struct padded {
	int fd;
	bool ended;
};

/* docker does not end its archives: the last file lacks the zeros up to a whole block, and the two
 * empty blocks behind it. */
static fallible read_padded(void *context, void *bytes, size_t size, size_t *length)
{
	struct padded *padded = context;
	const struct source file = source_from_fd(&padded->fd);

	*length = 0;
	if (!padded->ended)
		TRY(file.read(file.context, bytes, size, length));
	if (*length || padded->ended)
		return NULL;
	padded->ended = true;
	*length = size < PADDING ? size : PADDING;
	memset(bytes, 0, *length);
	return NULL;
}

static fallible read_archive(int fd, struct bundle *bundle)
{
	struct padded padded = {.fd = fd};
	const struct source source = {read_padded, &padded};
	struct archive_entry *entry;
	autotar_reader *reader = NULL;

	TRY(tar_reader_open(&source, WHAT, &reader));
	for (;;) {
		TRY(tar_reader_next(reader, &entry));
		if (!entry)
			break;
		TRY(take_entry(reader, entry, bundle));
	}
	return bundle->meta ? NULL : error_new(ERROR_INVALID, "invalid context: no metadata found");
}

static fallible keep(struct client *client, const char *name, const struct bundle *bundle)
{
	json_object_set_new(bundle->meta, "Name", json_string(name));
	for (size_t i = 0; i < countof(keys); i++)
		if (bundle->has[i])
			TRY(context_store_tls_write(client->config, name, keys[i],
						    bundle->keys[i].data, bundle->keys[i].length));
	return context_store_write(client->config, name, bundle->meta);
}

static fallible import(struct client *client, const struct context_options *options, char **names,
		       int count)
{
	auto_bundle bundle = {0};
	autoclose int fd = -1;
	(void)options;
	(void)count;

	TRY(context_store_check_new(client->config, names[0]));
	bool from_stdin = strcmp(names[1], "-") == 0;
	fd = from_stdin ? dup(STDIN_FILENO) : open(names[1], O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return error_system("open %s", names[1]);
	TRY(read_archive(fd, &bundle));
	TRY(keep(client, names[0], &bundle));
	printf("%s\n", names[0]);
	fflush(stdout);
	fprintf(stderr, "Successfully imported context \"%s\"\n", names[0]);
	return NULL;
}

CONTEXT_RUN(export)
CONTEXT_RUN(import)

static const struct option_row no_rows[] = {{0}};

const struct command context_export_command = {
	.usage = "[OPTIONS] CONTEXT [FILE|-]",
	.summary = "Export a context to a tar archive FILE or a tar stream on STDOUT.",
	.options = no_rows,
	.least = 1,
	.most = 2,
	.run = export_run,
};

const struct command context_import_command = {
	.usage = "CONTEXT FILE|-",
	.summary = "Import a context from a tar file",
	.options = no_rows,
	.least = 2,
	.most = 2,
	.run = import_run,
};
