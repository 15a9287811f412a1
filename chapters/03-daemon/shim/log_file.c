#include "log_file.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "explain.h"
#include "gzip.h"
#include "kernel_call.h"
#include "memory.h"
#include "text.h"

#define NUMBER "trusted.mini-docker.log" /* an attribute that only root sees */

static void give_number(int fd)
{
	struct timespec now = time_now();
	uint64_t number = now.tv_sec * 1000000000ULL + now.tv_nsec;

	(void)!fsetxattr(fd, NUMBER, &number, sizeof(number), XATTR_CREATE);
}

uint64_t log_file_number(int fd)
{
	uint64_t number;
	struct stat st;

	if (fgetxattr(fd, NUMBER, &number, sizeof(number)) == sizeof(number))
		return number;
	return fstat(fd, &st) == 0 ? st.st_ino : 0;
}

static fallible open_current(struct log_file *file)
{
	struct stat st;

	file->fd = openat(file->dirfd, file->name, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
	if (file->fd < 0 || fstat(file->fd, &st) < 0)
		return error_system("cannot open the log '%s'", file->name);
	file->size = st.st_size;
	give_number(file->fd);
	return NULL;
}

static fallible make_folder(int dirfd, const char *name)
{
	const char *slash = strrchr(name, '/');
	autofree char *folder = slash ? duplicate_range(name, slash - name) : NULL;

	if (folder && mkdirat(dirfd, folder, 0700) < 0 && errno != EEXIST)
		return error_system("cannot make the folder '%s' of the log", folder);
	return NULL;
}

fallible log_file_open(struct log_file *file, int dirfd, const struct log_orders *orders)
{
	uint64_t most = log_orders_number(orders, "max-file"), began = explain_clock();

	*file = (struct log_file){
		.dirfd = dirfd,
		.name = log_orders_text(orders, "file"),
		.fd = -1,
		.max_size = log_orders_number(orders, "max-size"),
		.max_files = most ? most : 1,
		.compress = log_orders_number(orders, "compress"),
	};
	TRY(make_folder(dirfd, file->name));
	TRY(open_current(file));
	explain(began, "3.7", "what the container prints is kept here",
		"openat(\"%.20s\", O_APPEND | O_CLOEXEC) = %d", file->name, file->fd);
	return NULL;
}

/* ---- rotation ---- */

static void await_compressor(struct log_file *file)
{
	while (file->compressor && waitpid(file->compressor, NULL, 0) < 0 && errno == EINTR)
		;
	file->compressor = 0;
}

/* All that the shim holds is open here too: a client's stream must not stay open for as long as
 * this takes. */
static void leave_all_but(int dirfd)
{
	signal(SIGTERM, SIG_DFL);
	kernel_close_range(dirfd + 1, ~0U, 0);
	if (dirfd > STDERR_FILENO + 1)
		kernel_close_range(STDERR_FILENO + 1, dirfd - 1, 0);
	setpriority(PRIO_PROCESS, 0, 10);
}

/* The plain file goes only when the other one is whole; a reader takes whichever is there. */
static fallible compress(int dirfd, const char *name)
{
	autofree char *packed = format("%s.gz", name), *part = format("%s.part", packed);
	autoclose int from = openat(dirfd, name, O_RDONLY | O_CLOEXEC);
	autoclose int to = openat(dirfd, part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);

	if (from < 0 || to < 0)
		return error_system("cannot compress the log '%s'", name);
	struct error *e = gzip_file(from, to, log_file_number(from));
	if (!e && renameat(dirfd, part, dirfd, packed) < 0)
		e = error_system("cannot name the log '%s'", packed);
	unlinkat(dirfd, e ? part : name, 0);
	return e;
}

static void start_compressor(struct log_file *file, const char *name)
{
	pid_t pid = fork();

	if (pid < 0)
		fprintf(stderr, "mini-shim: the log '%s' stays as it is: %s\n", name,
			strerror(errno));
	if (pid == 0) {
		leave_all_but(file->dirfd);
		autoerror e = compress(file->dirfd, name);
		if (e)
			fprintf(stderr, "mini-shim: %s\n", e->message);
		_exit(e != NULL);
	}
	file->compressor = pid > 0 ? pid : 0;
}

/* One that could not be compressed is still there under its plain name. */
static void shift(const struct log_file *file, uint32_t number)
{
	static const char *const forms[] = {"", ".gz"};

	for (size_t i = 0; i < countof(forms); i++) {
		autofree char *from = format("%s.%u%s", file->name, number - 1, forms[i]);
		autofree char *to = format("%s.%u%s", file->name, number, forms[i]);
		autofree char *other = format("%s.%u%s", file->name, number, forms[!i]);

		if (renameat(file->dirfd, from, file->dirfd, to) == 0)
			unlinkat(file->dirfd, other, 0);
	}
}

/* NAME.2 becomes NAME.3, NAME.1 NAME.2, NAME NAME.1; the oldest is overwritten. */
static void rotate(struct log_file *file)
{
	autofree char *first = format("%s.1", file->name);

	await_compressor(file);
	for (uint32_t number = file->max_files - 1; number > 1; number--)
		shift(file, number);
	if (file->max_files == 1)
		unlinkat(file->dirfd, file->name, 0);
	else
		renameat(file->dirfd, file->name, file->dirfd, first);
	close_fd(&file->fd);
	error_free(open_current(file)); /* without a file the messages are dropped */
	if (file->compress && file->max_files > 1)
		start_compressor(file, first);
}

/* ---- writing ---- */

static void tell_dropped(struct log_file *file, const char *why)
{
	if (!file->dropped++)
		fprintf(stderr,
			"mini-shim: cannot write the log '%s': %s; what the container prints is "
			"not logged until there is room\n",
			file->name, why);
}

static void write_records(struct log_file *file, size_t length)
{
	ssize_t n = file->fd < 0 ? -1 : write(file->fd, file->records.data, length);

	if (n == (ssize_t)length) {
		file->size += n;
	} else {
		const char *why = n < 0 ? strerror(errno) : "no space left on device";

		if (n > 0 && ftruncate(file->fd, file->size) < 0)
			file->size += n; /* cannot be taken back: the reader skips the torn one */
		tell_dropped(file, why);
	}
	buffer_consume(&file->records, length);
}

void log_file_added(struct log_file *file, size_t begin)
{
	if (!file->max_size || file->size + file->records.length <= file->max_size ||
	    file->size + begin == 0)
		return;
	if (begin)
		write_records(file, begin);
	rotate(file);
}

void log_file_flush(struct log_file *file)
{
	if (file->records.length)
		write_records(file, file->records.length);
}

void log_file_close(struct log_file *file)
{
	log_file_flush(file);
	buffer_finish(&file->records);
	close_fd(&file->fd);
}

void log_file_finish(struct log_file *file)
{
	await_compressor(file);
}
