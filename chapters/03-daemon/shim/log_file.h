/*
 * log_file.h - a log in a file, up to a size, and the files before it
 *
 * Messages are collected and written with one write(2). A message is in the file whole or not at
 * all: a write that a full disk cuts short is taken back, what cannot be written is dropped.
 *
 * At its size NAME becomes NAME.1, that one NAME.2 and so on; the oldest of max_files is removed.
 * With `compress` the old ones are NAME.1.gz ...: a child process does that (gzip.h), for the shim
 * must not keep the container waiting meanwhile. It is waited for when the next one is due and at
 * the end, after the container's exit is told.
 *
 * Names change, and the number of a file that is gone (inode) becomes a new one's: so each file
 * gets a number of its own, in an extended attribute, and keeps it when it is compressed. A reader
 * tells by it where to read on.
 *
 * Orders: file (in the container's folder), max-size in bytes (0: any), max-file, compress.
 *
 * Book: 3.7
 */
#ifndef MINI_LOG_FILE_H
#define MINI_LOG_FILE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "buffer.h"
#include "error.h"
#include "log_orders.h"

struct log_file {
	int dirfd; /* borrowed */
	const char *name;
	int fd; /* -1: there is none */
	uint64_t size, max_size;
	uint32_t max_files;
	bool compress;
	pid_t compressor;      /* 0: none */
	struct buffer records; /* what goes out with the next write */
	uint64_t dropped;      /* writes that failed */
};

fallible log_file_open(struct log_file *file, int dirfd, const struct log_orders *orders);
/* A message was appended to `records`, from `begin` on: when it does not fit into the file, those
 * before it are written and it begins the next one. */
void log_file_added(struct log_file *file, size_t begin);
void log_file_flush(struct log_file *file);
/* The number that an open log has; on a file system without such attributes that of the file. */
uint64_t log_file_number(int fd);
/* Writes what is left. */
void log_file_close(struct log_file *file);
/* After that: waits until the last old file is compressed. */
void log_file_finish(struct log_file *file);

#endif
