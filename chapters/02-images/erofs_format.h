/*
 * erofs_format.h - EROFS as it lies on the disk: a file system that is written once
 *
 *	0        1024         4096                                        meta_block * 4096
 *	| nothing | superblock | data of files, block by block ... folders | inodes ...          |
 *
 * Blocks have 4096 bytes, numbers are little endian. The superblock says where the inodes begin.
 * An inode is found without a table: its number, the nid, says how many slots of 32 bytes it lies
 * behind that place. Behind it are its extended attributes, and behind those, where a folder or a
 * link ends with less than a block, that rest: the tail.
 *
 * A folder is a sequence of blocks, each of which is sorted and complete in itself: first all
 * entries, then all names. So a name is found by bisection, first over blocks, then in one.
 *
 *	| entry 0 | entry 1 | entry 2 |.|..|motd|
 *
 * Of what EROFS can do this is the part that is written here: no compression, no shared
 * attributes, and large inodes only, since small ones have no time of their own.
 *
 * Standard: the kernel's Documentation/filesystems/erofs.rst. Book: 2.11
 */
#ifndef MINI_EROFS_FORMAT_H
#define MINI_EROFS_FORMAT_H

#include <stdint.h>

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "EROFS is little endian, and these structures go to the disk as they are"
#endif

#define EROFS_MAGIC        0xe0f5e1e2
#define EROFS_BLOCK_BITS   12
#define EROFS_BLOCK        (1u << EROFS_BLOCK_BITS)
#define EROFS_SUPER_OFFSET 1024
#define EROFS_SLOT         32 /* nid * EROFS_SLOT bytes behind the beginning of all inodes */
#define EROFS_NAME_LIMIT   255

enum erofs_feature {
	EROFS_HAS_CHECKSUM = 1, /* of the superblock */
	EROFS_HAS_MTIME = 2,    /* an inode's time is when its data changed */
};

struct erofs_super {
	uint32_t magic;
	uint32_t checksum; /* crc32c of the rest of the block, this field being 0 */
	uint32_t features; /* that a reader may ignore */
	uint8_t block_bits;
	uint8_t extra_slots;
	uint16_t root_nid; /* so the root is among the first inodes */
	uint64_t inodes;
	uint64_t build_time;
	uint32_t build_nanoseconds;
	uint32_t blocks;
	uint32_t meta_block;
	uint32_t shared_xattr_block;
	uint8_t uuid[16];
	uint8_t volume_name[16];
	uint32_t needed_features; /* that a reader must know */
	uint8_t unused[44];
};
_Static_assert(sizeof(struct erofs_super) == 128, "as on the disk");

/* Where an inode's data is. */
enum erofs_layout {
	EROFS_PLAIN = 0,  /* in blocks, one behind the other */
	EROFS_INLINE = 2, /* the same, but for the tail */
};

#define EROFS_FORMAT(layout) ((layout) << 1 | 1) /* 1: a large inode */

struct erofs_inode {
	uint16_t format;
	uint16_t xattr_slots; /* 0: none */
	uint16_t mode;
	uint16_t unused;
	uint64_t size;
	union {
		uint32_t block;  /* the first one */
		uint32_t device; /* of a device file */
	};
	uint32_t number;
	uint32_t uid;
	uint32_t gid;
	int64_t mtime;
	uint32_t nanoseconds;
	uint32_t links;
	uint8_t unused_too[16];
};
_Static_assert(sizeof(struct erofs_inode) == 64, "as on the disk");

/* In front of an inode's attributes. */
struct erofs_xattr_header {
	uint32_t name_filter; /* not in use */
	uint8_t shared_count; /* how many attributes lie elsewhere */
	uint8_t unused[7];
};
_Static_assert(sizeof(struct erofs_xattr_header) == 12, "as on the disk");

/* The header is one slot, each four bytes behind it are one more. */
#define EROFS_XATTR_SLOTS(bytes) (1 + (bytes) / 4)

/* Followed by the name without its prefix, and the value; begins at a multiple of four. */
struct erofs_xattr {
	uint8_t name_length;
	uint8_t prefix;
	uint16_t value_size;
};

struct erofs_entry {
	uint64_t nid;
	uint16_t name; /* where it begins in this block; of the first: where all entries end */
	uint8_t type;
	uint8_t unused;
} __attribute__((packed));
_Static_assert(sizeof(struct erofs_entry) == 12, "as on the disk");

#endif
