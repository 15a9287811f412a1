/*
 * exit_record.h - what is left of a run when its shim has gone
 *
 * The shim may report an end while no daemon is there to hear it. So it writes it down first, in a
 * file EXIT_RECORD of one line:
 *
 *	CODE OOM SECONDS NANOSECONDS\n      "137 1 1700000000 5": as a shell has it; 1: for want of
 *	                                    memory; CLOCK_REALTIME
 *
 * Of a container it lies in its folder below --data-root, of an exec in the folder of its run. A
 * record is there as a whole or not at all, whoever is killed meanwhile.
 *
 * Book: 3.5, 3.10
 */
#ifndef MINI_EXIT_RECORD_H
#define MINI_EXIT_RECORD_H

#include <stdbool.h>
#include <stdint.h>

#include "error.h"

#define EXIT_RECORD "exit"

struct exit_record {
	int exit_code;
	bool oom;
	int64_t seconds, nanoseconds;
};

/* Takes the place of an earlier one. It is with the kernel then; exit_record_sync() brings it to
 * the disk, with its name, as far as that goes: a disk that fails is not told. */
fallible exit_record_write(int dirfd, const struct exit_record *record);
void exit_record_sync(int dirfd);

/* ERROR_NOT_FOUND when there is none; ERROR_CORRUPT when it is not a whole line of that form: a
 * power failure can leave an empty file. *record is untouched then. */
fallible exit_record_read(int dirfd, struct exit_record *record);

#endif
