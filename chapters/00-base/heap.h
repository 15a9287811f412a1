/*
 * heap.h - memory for programs that live for milliseconds
 *
 * The static programs are started once for every container. What costs such a program its time is
 * memory that the kernel has to give, clear, map and take back: a page fault is dearer than a
 * thousand small allocations. So this heap takes memory from the kernel in large pieces, whose
 * pages come all at once, the first megabyte beside the program's data, hands it out in order,
 * keeps what was freed for the next request of the same size, and gives nothing back before the
 * process ends.
 *
 * There it is malloc(3); programs on glibc keep glibc's. Not for threads.
 *
 * Book: 1.17
 */
#ifndef MINI_HEAP_H
#define MINI_HEAP_H

#include <stddef.h>

void *heap_allocate(size_t size); /* 16-byte aligned, not cleared; NULL and ENOMEM */
void *heap_resize(void *memory, size_t size);
void heap_release(void *memory);

#endif
