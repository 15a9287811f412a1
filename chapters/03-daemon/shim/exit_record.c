#include "exit_record.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "buffer.h"
#include "file.h"
#include "memory.h"
#include "text.h"

#define RECORD_LIMIT 256

fallible exit_record_write(int dirfd, const struct exit_record *record)
{
	autofree char *line = format("%d %d %lld %lld\n", record->exit_code, record->oom,
				     (long long)record->seconds, (long long)record->nanoseconds);

	return file_write_atomic(dirfd, EXIT_RECORD, line, strlen(line), 0600, NOT_DURABLE);
}

void exit_record_sync(int dirfd)
{
	autoclose int fd = openat(dirfd, EXIT_RECORD, O_RDONLY | O_CLOEXEC);

	if (fd >= 0)
		fsync(fd);
	fsync(dirfd);
}

fallible exit_record_read(int dirfd, struct exit_record *record)
{
	autobuffer line = {0};
	long long seconds, nanoseconds;
	int exit_code, oom, end = 0;

	TRY(file_read(dirfd, EXIT_RECORD, RECORD_LIMIT, &line));
	const char *text = line.data ? line.data : "";
	if (sscanf(text, "%d %d %lld %lld%n", &exit_code, &oom, &seconds, &nanoseconds, &end) !=
		    4 ||
	    strcmp(text + end, "\n") != 0)
		return error_new(ERROR_CORRUPT, "the exit record '%s' makes no sense", text);
	*record = (struct exit_record){exit_code, oom, seconds, nanoseconds};
	return NULL;
}
