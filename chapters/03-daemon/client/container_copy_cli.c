/* docker cp: files between a container and the disk, as a tar in either direction. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client.h"
#include "container_cli.h"
#include "copy_meter.h"
#include "file.h"
#include "local_copy.h"
#include "memory.h"
#include "packer_copy.h"
#include "path.h"
#include "path_stat.h"
#include "remote.h"
#include "unpack_copy.h"

struct copy_options {
	bool archive, follow, quiet;
};

#define AT(member) offsetof(struct copy_options, member)

static const struct option_row rows[] = {
	{'a', "archive", OPTION_FLAG, AT(archive), NULL,
	 "Archive mode (copy all uid/gid information)"},
	{'L', "follow-link", OPTION_FLAG, AT(follow), NULL,
	 "Always follow symbol link in SRC_PATH"},
	{'q', "quiet", OPTION_FLAG, AT(quiet), NULL,
	 "Suppress progress output during copy. Progress output is automatically suppressed if no "
	 "terminal is attached"},
	{0},
};

/* One copy, whichever way it goes. */
struct copy {
	struct client *client;
	const struct copy_options *options;
	char *container;    /* owned */
	const char *inside; /* the path in the container */
	char *outside;      /* owned: absolute, or "-" */
	struct copy_meter meter;
	struct http_connection *c;
	bool answered;
};
static void copy_finish(struct copy *copy)
{
	http_connection_destroy(copy->c);
	free(copy->container);
	free(copy->outside);
}
#define auto_copy __attribute__((cleanup(copy_finish))) struct copy

static struct buffer archive_path(const struct copy *copy, const char *path)
{
	struct buffer text = remote_path("containers", copy->container, "archive");

	http_query_add(&text, "path", path);
	return text;
}

static bool is_stream(const struct copy *copy)
{
	return strcmp(copy->outside, "-") == 0;
}

static fallible read_stat(const struct http_response *response, struct path_stat *stat)
{
	const char *header = http_fields_header(&response->headers, PATH_STAT_HEADER);

	if (!header)
		return error_new(ERROR_INVALID,
				 "the daemon's answer lacks the header " PATH_STAT_HEADER);
	return error_wrap(path_stat_decode(header, stat),
			  "unable to decode container path stat header");
}

/* ERROR_NOT_FOUND is an answer, too. */
static fallible stat_inside(const struct copy *copy, const char *path, struct path_stat *stat)
{
	auto_http_connection c = NULL;
	auto_http_response response = {0};
	autobuffer text = archive_path(copy, path);

	TRY(remote_open(copy->client, "HEAD", text.data, NULL, &c));
	TRY(remote_answer(copy->client, c, "HEAD", &response));
	return read_stat(&response, stat);
}

/* what: "destination", quoted after it the path. */
static fallible refuse_device(mode_t mode, const char *what, const char *path)
{
	if (!S_ISCHR(mode) && !S_ISBLK(mode))
		return NULL;
	return error_new(ERROR_INVALID,
			 "%s \"%s\" must be a directory or a regular file: got a device", what,
			 path);
}

/* -- into a container -- */

/* What is there, or was meant: a link leads on once. A path that is not there may become it. */
static fallible find_target(const struct copy *copy, struct copy_end *to)
{
	auto_path_stat stat = {0}, further = {0};
	const struct path_stat *last = &stat;
	autoerror e = stat_inside(copy, copy->inside, &stat);

	to->path = duplicate(copy->inside);
	if (!e && S_ISLNK(stat.mode)) {
		free(to->path);
		to->path = duplicate(stat.link);
		last = &further;
		e = stat_inside(copy, to->path, &further);
	}
	if (e)
		return e->class == ERROR_UNAVAILABLE ? steal(&e) : NULL;
	to->exists = true;
	to->is_folder = S_ISDIR(last->mode);
	autofree char *where = format("%s:%s", copy->container, copy->inside);
	return refuse_device(last->mode, "destination", where);
}

static fallible send_bytes(void *context, const void *bytes, size_t length)
{
	struct copy *copy = context;

	if (copy->answered)
		return NULL;
	copy_meter_add(&copy->meter, length);
	return remote_upload_write(copy->c, bytes, length, &copy->answered);
}

static fallible pack(struct copy *copy, const struct copy_end *from, const char *renamed)
{
	const struct sink out = {send_bytes, copy};
	autofree char *folder = NULL, *name = NULL;
	autoclose int fd = -1;

	local_copy_split(from->path, &folder, &name);
	TRY(directory_open(AT_FDCWD, folder, &fd));
	return packer_copy(fd, strcmp(name, "/") == 0 ? "." : name, renamed ? renamed : name, NULL,
			   &out);
}

static fallible send_input(struct copy *copy)
{
	autofree char *bytes = allocate(256 * 1024);

	for (ssize_t n = 1; n && !copy->answered;) {
		n = read(STDIN_FILENO, bytes, 256 * 1024);
		if (n < 0 && errno != EINTR)
			return error_system("cannot read the archive");
		if (n > 0)
			TRY(remote_upload_write(copy->c, bytes, n, &copy->answered));
	}
	return NULL;
}

static fallible upload(struct copy *copy, const struct copy_end *from, const char *folder,
		       const char *renamed)
{
	autobuffer path = archive_path(copy, folder);
	auto_http_response response = {0};

	http_query_add(&path, "noOverwriteDirNonDir", "true");
	if (copy->options->archive)
		http_query_add(&path, "copyUIDGID", "true");
	TRY(remote_upload_begin(copy->client, "PUT", path.data, "application/x-tar", &copy->c));
	TRY(from ? pack(copy, from, renamed) : send_input(copy));
	if (!copy->answered)
		TRY(http_connection_end(copy->c));
	return remote_answer(copy->client, copy->c, "PUT", &response);
}

static fallible copy_stream_in(struct copy *copy)
{
	auto_copy_end to = {0};

	TRY(find_target(copy, &to));
	if (!to.is_folder)
		return error_new(ERROR_INVALID, "destination \"%s:%s\" must be a directory",
				 copy->container, copy->inside);
	return upload(copy, NULL, to.path, NULL);
}

static fallible copy_in(struct copy *copy)
{
	auto_copy_end from = {0}, to = {0};
	autofree char *folder = NULL, *renamed = NULL;

	if (is_stream(copy))
		return copy_stream_in(copy);
	TRY(find_target(copy, &to));
	TRY(local_copy_source(copy->outside, copy->options->follow, &from));
	TRY(copy_settle(&from, &to, &folder, &renamed));
	copy_meter_begin(&copy->meter, "Copying to container - ", copy->options->quiet);
	struct error *e = upload(copy, &from, folder, renamed);
	copy_meter_end(&copy->meter);
	autofree char *where = format("%s:%s", copy->container, to.path);
	if (!e)
		copy_meter_tell(&copy->meter, where);
	return e;
}

/* -- out of a container -- */

static fallible check_output(const char *path)
{
	autofree char *folder = NULL, *name = NULL;
	struct stat st;

	local_copy_split(path, &folder, &name);
	if (stat(folder, &st) < 0 && errno == ENOENT)
		return error_new(ERROR_INVALID,
				 "invalid output path: directory \"%s\" does not exist", folder);
	if (stat(path, &st) < 0)
		return NULL;
	return refuse_device(st.st_mode, "invalid output path:", path);
}

/* -L: where the last link leads, under the name that was asked for. */
static fallible find_source(const struct copy *copy, struct copy_end *from)
{
	auto_path_stat stat = {0};

	from->path = duplicate(copy->inside);
	if (!copy->options->follow)
		return NULL;
	autoerror e = stat_inside(copy, copy->inside, &stat);
	if (e || !S_ISLNK(stat.mode)) /* what is wrong is told when it is fetched */
		return NULL;
	free(from->path);
	from->path = local_copy_followed(copy->inside, stat.link, &from->renamed);
	return NULL;
}

static fallible fetch(struct copy *copy, const char *path, struct path_stat *stat)
{
	autobuffer text = archive_path(copy, path);
	auto_http_response response = {0};

	TRY(remote_open(copy->client, "GET", text.data, NULL, &copy->c));
	TRY(remote_answer(copy->client, copy->c, "GET", &response));
	return read_stat(&response, stat);
}

static fallible receive_bytes(void *context, void *bytes, size_t size, size_t *length)
{
	struct copy *copy = context;

	TRY(http_connection_read_body(copy->c, bytes, size, length));
	copy_meter_add(&copy->meter, *length);
	return NULL;
}

static fallible write_stream(struct copy *copy)
{
	autofree char *bytes = allocate(256 * 1024);

	for (size_t length = 1; length;) {
		TRY(receive_bytes(copy, bytes, 256 * 1024, &length));
		TRY(file_write_fd(STDOUT_FILENO, "the output", bytes, length));
	}
	return NULL;
}

/* As with docker, what comes out of a container belongs to who copies it. */
static fallible unpack(struct copy *copy, const struct copy_end *from)
{
	const struct unpack_owner owner = {geteuid(), getegid()};
	const struct source tar = {receive_bytes, copy};
	autofree char *folder = NULL, *renamed = NULL;
	auto_copy_end to = {0};
	autoclose int root = -1;

	TRY(local_copy_target(copy->outside, &to));
	TRY(copy_settle(from, &to, &folder, &renamed));
	TRY(directory_open(AT_FDCWD, folder, &root));
	autofree char *shown = path_clean(folder);
	const struct unpack_copy order = {.root = root,
					  .folder = "",
					  .shown = shown,
					  .renamed = renamed,
					  .owner = &owner,
					  .keeps_kinds = true};
	return unpack_copy(&order, &tar);
}

static fallible copy_out(struct copy *copy)
{
	auto_copy_end from = {0};
	auto_path_stat stat = {0};

	if (!is_stream(copy))
		TRY(check_output(copy->outside));
	TRY(find_source(copy, &from));
	TRY(fetch(copy, from.path, &stat));
	if (is_stream(copy))
		return write_stream(copy);
	from.exists = true;
	from.is_folder = S_ISDIR(stat.mode);
	copy_meter_begin(&copy->meter, "Copying from container - ", copy->options->quiet);
	struct error *e = unpack(copy, &from);
	copy_meter_end(&copy->meter);
	if (!e)
		copy_meter_tell(&copy->meter, copy->outside);
	return e;
}

/* -- both -- */

/* "CONTAINER:PATH"; a path of the disk with a colon needs "/" or "./" before it. NULL when it is
 * one of the disk. */
static const char *path_inside(const char *argument)
{
	const char *colon = *argument == '/' || *argument == '.' ? NULL : strchr(argument, ':');

	return colon && colon > argument ? colon + 1 : NULL;
}

static fallible absolute(const char *path, char **whole)
{
	char here[PATH_MAX];

	if (strcmp(path, "-") != 0 && *path != '/' && !getcwd(here, sizeof(here)))
		return error_system("cannot tell the working directory");
	if (strcmp(path, "-") == 0) {
		*whole = duplicate(path);
		return NULL;
	}
	autofree char *joined = *path == '/' ? duplicate(path) : format("%s/%s", here, path);
	*whole = path_clean_but_end(joined);
	return NULL;
}

static fallible copy_run(struct client *client, int argc, char **argv)
{
	struct copy_options options = {.quiet = !isatty(STDOUT_FILENO)};
	auto_copy copy = {.client = client, .options = &options};
	bool done;
	int first;

	TRY(client_options(client, &options, OPTIONS_ANYWHERE, argc, argv, &first, &done));
	if (done)
		return NULL;
	const char *from = argv[first], *to = argv[first + 1];
	const char *from_inside = path_inside(from), *to_inside = path_inside(to);
	if (!*from || !*to)
		return error_new(ERROR_INVALID, "%s can not be empty",
				 *from ? "destination" : "source");
	if (!from_inside == !to_inside)
		return error_new(ERROR_INVALID,
				 from_inside ? "copying between containers is not supported"
					     : "must specify at least one container source");
	const char *there = from_inside ? from : to;
	copy.inside = from_inside ? from_inside : to_inside;
	copy.container = duplicate_range(there, copy.inside - there - 1);
	TRY(absolute(from_inside ? to : from, &copy.outside));
	return from_inside ? copy_out(&copy) : copy_in(&copy);
}

const struct command container_copy_command = {
	.usage = "[OPTIONS] CONTAINER:SRC_PATH DEST_PATH|-\n"
		 "\tmini-docker cp [OPTIONS] SRC_PATH|- CONTAINER:DEST_PATH",
	.summary = "Copy files/folders between a container and the local filesystem\n\n"
		   "Use '-' as the source to read a tar archive from stdin\n"
		   "and extract it to a directory destination in a container.\n"
		   "Use '-' as the destination to stream a tar archive of a\n"
		   "container source to stdout.",
	.aliases = "docker container cp, docker cp",
	.options = rows,
	.least = 2,
	.most = 2,
	.run = copy_run,
};
