#include "log_files.h"

#include <endian.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "gzip.h"
#include "log.h"
#include "log_file.h"
#include "memory.h"

#define FILES_MOST  1024 /* that are looked for */
#define ATTEMPTS    8
#define TIMES_BEGIN 1000000000000000000 /* numbers that are times lie above (log_file.h) */
#define GAP         2 /* numbers in a row that are missing: one may be on its way to the next */

/* ---- one file ---- */

void log_source_close(struct log_source *source)
{
	if (source->packed)
		gzclose(source->packed);
	close_fd(&source->fd);
	*source = (struct log_source){.fd = -1};
}

ssize_t log_source_read(struct log_source *source, void *bytes, size_t size)
{
	ssize_t n = source->packed ? gzread(source->packed, bytes, size)
				   : read(source->fd, bytes, size);

	if (n < 0 && source->packed) {
		log_warn("a compressed log is broken, what follows in it is left out");
		n = 0;
	}
	source->at += n > 0 ? n : 0;
	return n;
}

void log_source_seek(struct log_source *source, off_t offset)
{
	source->at = lseek(source->fd, offset, SEEK_SET);
}

/* Docker's own compressed files do not say what they were: they are only themselves. */
static uint64_t identity_of(int fd, bool packed)
{
	static const uint8_t named[] = {'m', 'i', sizeof(uint64_t), 0};
	uint8_t head[GZIP_HEAD];
	uint64_t number;

	if (packed && pread(fd, head, sizeof(head), 0) == sizeof(head) &&
	    memcmp(head + GZIP_EXTRA_NAMED, named, sizeof(named)) == 0) {
		memcpy(&number, head + GZIP_NUMBER_AT, sizeof(number));
		return le64toh(number);
	}
	return log_file_number(fd);
}

static int open_form(const struct log_files *files, int number, const char *form)
{
	autofree char *name =
		number ? format("%s.%d%s", files->name, number, form) : duplicate(files->name);

	return openat(files->folder, name, O_RDONLY | O_CLOEXEC);
}

/* The plain file goes after the compressed one is there: asked for in this order, one is found. */
static int open_number(const struct log_files *files, int number, bool *packed)
{
	int fd = open_form(files, number, "");

	*packed = fd < 0 && number;
	return *packed ? open_form(files, number, ".gz") : fd;
}

bool log_files_open(const struct log_files *files, int number, struct log_source *source)
{
	bool packed;

	log_source_close(source);
	source->fd = open_number(files, number, &packed);
	if (source->fd < 0)
		return false;
	source->identity = identity_of(source->fd, packed);
	source->packed = packed ? gzdopen(fcntl(source->fd, F_DUPFD_CLOEXEC, 0), "rb") : NULL;
	return true;
}

/* ---- all of them ---- */

static uint64_t identity_at(const struct log_files *files, int number)
{
	bool packed;
	autoclose int fd = open_number(files, number, &packed);

	return fd < 0 ? 0 : identity_of(fd, packed);
}

int log_files_count(const struct log_files *files)
{
	int last = 0;

	for (int number = 1; number < FILES_MOST && number <= last + GAP; number++)
		if (identity_at(files, number))
			last = number;
	return last;
}

bool log_files_open_oldest(const struct log_files *files, struct log_source *source)
{
	bool found = false;

	for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
		int oldest = log_files_count(files);

		found = log_files_open(files, oldest, source);
		if (log_files_count(files) == oldest)
			break; /* none has moved up meanwhile */
	}
	return found;
}

/* Upward: a file that moves up meanwhile cannot be passed. -1 when it is not there. */
static int number_of(const struct log_files *files, uint64_t identity)
{
	int last = 0;

	for (int number = 0; number < FILES_MOST && number <= last + GAP; number++) {
		uint64_t here = identity_at(files, number);

		if (here && here == identity)
			return number;
		last = here ? number : last;
	}
	return -1;
}

/* A new file gets its number a moment after its name: it may have been opened in between. */
static void know_again(struct log_source *source)
{
	if (source->fd >= 0 && !source->packed)
		source->identity = log_file_number(source->fd);
}

/* Where the file is that was begun next, and its number; 0: it is not there yet. */
static uint64_t begun_after(const struct log_files *files, uint64_t identity, int *at)
{
	uint64_t least = 0;
	int last = 0;

	for (int number = 0; number < FILES_MOST && number <= last + GAP; number++) {
		uint64_t here = identity_at(files, number);

		last = here ? number : last;
		if (here > identity && (!least || here < least)) {
			least = here;
			*at = number;
		}
	}
	return least;
}

/* What is opened is another one when all have moved up meanwhile. */
static bool open_next(const struct log_files *files, const struct log_source *source,
		      struct log_source *next)
{
	int at = 0;

	for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
		uint64_t wanted = begun_after(files, source->identity, &at);

		if (!wanted)
			return false;
		if (log_files_open(files, at, next) && next->identity == wanted)
			return true;
	}
	return false;
}

/* The same where files have no numbers that grow, but those of their inodes: by the names. What was
 * opened is the right one if the file it follows is still just before it. */
static bool open_above(const struct log_files *files, const struct log_source *source,
		       struct log_source *next)
{
	for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
		int number = source->fd < 0 ? -1 : number_of(files, source->identity);
		int wanted = number < 0 ? log_files_count(files) : number - 1;

		if (number == 0 || !log_files_open(files, wanted, next))
			return false;
		if (number < 0 || number_of(files, source->identity) == number)
			return true;
	}
	return false;
}

bool log_files_next(const struct log_files *files, struct log_source *source)
{
	struct log_source next = {.fd = -1};

	know_again(source);
	if (!(source->identity > TIMES_BEGIN ? open_next : open_above)(files, source, &next)) {
		log_source_close(&next);
		return false;
	}
	log_source_close(source);
	*source = next;
	return true;
}
