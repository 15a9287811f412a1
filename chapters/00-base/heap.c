#include "heap.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define PIECE   (32 << 10) /* of memory from the kernel, at least; each is larger than the last */
#define LARGE   (64 << 10)
#define AREA    (1 << 20)
#define PAGE    (4 << 10)
#define STEP    16
#define SMALL   1024 /* blocks up to here are multiples of STEP, larger ones powers of two */
#define CLASSES (SMALL / STEP + 64)

/* What lies before each block: 8 bytes, so that what follows is at a multiple of 16. */
struct block {
	size_t size; /* of this and the memory, which follows */
	union {
		struct block *next; /* of the same size, free too */
		char memory[8];
	};
};
#ifndef MADV_POPULATE_WRITE /* from Linux 5.14 */
#define MADV_POPULATE_WRITE 23
#endif
#define OVERHEAD offsetof(struct block, memory)

static struct block *kept[CLASSES];
static char *at, *end; /* of the piece that is being handed out */
static size_t piece_length = PIECE;
/* Beside the program's data, whose page table there is anyway: a mapping elsewhere would need three
 * of its own, and each fork and each end as many again. */
static char area[AREA] __attribute__((aligned(PAGE)));
static size_t area_used;

static struct block *block_of(void *memory)
{
	return (struct block *)((char *)memory - OVERHEAD);
}

static size_t block_size(size_t wanted)
{
	size_t size = (wanted + OVERHEAD + STEP - 1) / STEP * STEP;

	if (size < 2 * STEP)
		return 2 * STEP;
	return size <= SMALL ? size : (size_t)1 << (64 - __builtin_clzl(size - 1));
}

static struct block **list_of(size_t size)
{
	return size <= SMALL ? &kept[size / STEP] : &kept[SMALL / STEP + __builtin_ctzl(size)];
}

/* Populated: all its pages at once cost little more than the fault of one. */
static char *take(size_t length)
{
	char *piece = area + area_used;

	if (length > AREA - area_used)
		return mmap(NULL, length, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	(void)!madvise(piece, length, MADV_POPULATE_WRITE);
	area_used += length;
	return piece;
}

/* What is left of the piece before is less than what was asked for, and lost. */
static int take_piece(size_t size)
{
	size_t least = (size + STEP + PAGE - 1) / PAGE * PAGE;
	size_t length = least > piece_length ? least : piece_length;
	char *piece = take(length);

	if (piece == MAP_FAILED)
		return -1;
	at = piece + STEP - OVERHEAD;
	end = piece + length;
	piece_length = length < LARGE ? 2 * length : length;
	return 0;
}

void *heap_allocate(size_t wanted)
{
	struct block *block;

	if (wanted > PTRDIFF_MAX / 2) {
		errno = ENOMEM;
		return NULL;
	}
	size_t size = block_size(wanted);
	struct block **list = list_of(size);
	if (*list) {
		block = *list;
		*list = block->next;
		return block->memory;
	}
	if (size > (size_t)(end - at) && take_piece(size) < 0)
		return NULL;
	block = (struct block *)at;
	at += size;
	block->size = size;
	return block->memory;
}

void heap_release(void *memory)
{
	if (!memory)
		return;
	struct block *block = block_of(memory);
	struct block **list = list_of(block->size);
	block->next = *list;
	*list = block;
}

/* What was handed out last grows where it is: a buffer that is being filled is hardly ever moved.
 */
static bool grow(struct block *block, size_t wanted)
{
	if ((char *)block + block->size != at || wanted > PTRDIFF_MAX / 2)
		return false;
	size_t size = block_size(wanted);
	if (size - block->size > (size_t)(end - at))
		return false;
	at += size - block->size;
	block->size = size;
	return true;
}

void *heap_resize(void *memory, size_t wanted)
{
	if (!memory)
		return heap_allocate(wanted);
	struct block *block = block_of(memory);
	size_t room = block->size - OVERHEAD;
	if (wanted <= room || grow(block, wanted))
		return memory;
	void *moved = heap_allocate(wanted);
	if (!moved)
		return NULL;
	memcpy(moved, memory, room);
	heap_release(memory);
	return moved;
}

#ifndef __GLIBC__

void *malloc(size_t size)
{
	return heap_allocate(size);
}

void free(void *memory)
{
	heap_release(memory);
}

void *realloc(void *memory, size_t size)
{
	return heap_resize(memory, size);
}

void *calloc(size_t count, size_t size)
{
	size_t whole;

	if (__builtin_mul_overflow(count, size, &whole)) {
		errno = ENOMEM;
		return NULL;
	}
	void *memory = heap_allocate(whole);
	return memory ? memset(memory, 0, whole) : NULL;
}

#endif
