/*
 * output_file.h - what a command was told to write to: -o FILE, or its standard output
 *
 * A file is there whole or as it was before: what is written goes to one beside it, which takes its
 * name when all is done. A device or a pipe is written to as it is.
 *
 *	auto_output_file file = OUTPUT_FILE_CLOSED;
 *	TRY(output_file_open(options->output, "save", &file));
 *	... write to file.fd ...
 *	return output_file_keep(&file);
 */
#ifndef MINI_OUTPUT_FILE_H
#define MINI_OUTPUT_FILE_H

#include "error.h"

struct output_file {
	int fd;
	char *temporary;  /* owned; NULL: there is nothing to rename */
	const char *name; /* borrowed */
};
#define OUTPUT_FILE_CLOSED ((struct output_file){.fd = -1})
#define auto_output_file   __attribute__((cleanup(output_file_close))) struct output_file

/* name NULL: the standard output, which must be no terminal ("cowardly refusing to VERB to a
 * terminal", ERROR_INVALID). ERROR_INVALID for a folder. */
fallible output_file_open(const char *name, const char *verb, struct output_file *file);
fallible output_file_keep(struct output_file *file);
/* What was not kept goes away. */
void output_file_close(struct output_file *file);

#endif
