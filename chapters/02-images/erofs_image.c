#include "erofs_image.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "erofs_format.h"
#include "erofs_output.h"
#include "memory.h"

struct image {
	struct erofs_tree *tree;
	struct erofs_output content, inodes; /* two places in one file */
	struct erofs_node **order; /* all that can be reached, folders before what is in them */
	size_t count, capacity;
	uint64_t block;     /* the next that is free */
	uint64_t beginning; /* of the inodes, in bytes */
	uint64_t end;       /* of the inodes, behind their beginning */
};

static uint64_t round_up(uint64_t number, uint64_t to)
{
	return (number + to - 1) / to * to;
}

/* -- the sizes of things -- */

static size_t head_size(const struct erofs_node *node)
{
	size_t xattrs = node->xattrs.length;

	return sizeof(struct erofs_inode) +
	       (xattrs ? sizeof(struct erofs_xattr_header) + xattrs : 0);
}

/* Names fill one block after the other; none is cut. */
static size_t names_in_block(const struct erofs_name *names, size_t count, size_t *bytes)
{
	size_t in = 0;

	for (*bytes = 0; in < count; in++) {
		size_t more = sizeof(struct erofs_entry) + strlen(names[in].text);

		if (*bytes + more > EROFS_BLOCK)
			break;
		*bytes += more;
	}
	return in;
}

static uint64_t folder_size(const struct erofs_node *folder)
{
	uint64_t size = 0;
	size_t bytes;

	for (size_t at = 0; at < folder->sorted_count;) {
		at += names_in_block(folder->sorted + at, folder->sorted_count - at, &bytes);
		size += at < folder->sorted_count ? EROFS_BLOCK : bytes;
	}
	return size;
}

static bool has_content(const struct erofs_node *node)
{
	return S_ISDIR(node->mode) || S_ISLNK(node->mode);
}

/* Data of files lies in blocks; the end of other content goes behind the inode, if it has room
 * there in one block. */
static size_t tail_size(const struct erofs_node *node)
{
	size_t tail = has_content(node) ? node->size % EROFS_BLOCK : 0;

	return head_size(node) + tail <= EROFS_BLOCK ? tail : 0;
}

static size_t content_blocks(const struct erofs_node *node)
{
	return has_content(node) ? (node->size - tail_size(node) + EROFS_BLOCK - 1) / EROFS_BLOCK
				 : 0;
}

/* -- each gets its place -- */

static void append(struct image *image, struct erofs_node *node)
{
	if (image->count == image->capacity) {
		image->capacity = image->capacity ? 2 * image->capacity : 256;
		image->order = reallocate(image->order, image->capacity, sizeof(*image->order));
	}
	image->order[image->count++] = node;
	node->number = image->count;
}

static void place(struct image *image, struct erofs_node *node)
{
	size_t size = head_size(node) + tail_size(node);

	if (tail_size(node) && image->end % EROFS_BLOCK + size > EROFS_BLOCK)
		image->end = round_up(image->end, EROFS_BLOCK);
	node->position = image->end;
	image->end = round_up(image->end + size, EROFS_SLOT);
	if (has_content(node))
		node->block = image->block;
	image->block += content_blocks(node);
}

/* Hard links are met more than once; "." and ".." count as names of folders. */
static void meet_names(struct image *image, struct erofs_node *folder)
{
	folder->sorted = erofs_tree_sorted(folder, &folder->sorted_count);
	folder->size = folder_size(folder);
	for (size_t i = 0; i < folder->sorted_count; i++) {
		struct erofs_node *node = folder->sorted[i].node;

		node->links++;
		if (!node->number)
			append(image, node);
	}
}

/* The first slot stays free: an inode with the number 0 would be hidden from many programs. */
static fallible place_all(struct image *image)
{
	image->end = EROFS_SLOT;
	append(image, image->tree->root);
	for (size_t i = 0; i < image->count; i++) {
		if (S_ISDIR(image->order[i]->mode))
			meet_names(image, image->order[i]);
		place(image, image->order[i]);
	}
	image->beginning = image->block * EROFS_BLOCK;
	if (image->block + image->end / EROFS_BLOCK >= UINT32_MAX)
		return error_new(ERROR_TOO_LARGE, "the layer is too large for one image");
	return NULL;
}

/* -- a folder's blocks -- */

static uint8_t type_of(mode_t mode)
{
	static const struct {
		mode_t mode;
		uint8_t type;
	} types[] = {{S_IFREG, 1}, {S_IFDIR, 2}, {S_IFCHR, 3},
		     {S_IFBLK, 4}, {S_IFIFO, 5}, {S_IFLNK, 7}};

	for (size_t i = 0; i < countof(types); i++)
		if ((mode & S_IFMT) == types[i].mode)
			return types[i].type;
	return 0;
}

static void fill_block(char *block, const struct erofs_name *names, size_t count)
{
	size_t at = count * sizeof(struct erofs_entry);

	for (size_t i = 0; i < count; i++) {
		const struct erofs_entry entry = {.nid = names[i].node->position / EROFS_SLOT,
						  .name = at,
						  .type = type_of(names[i].node->mode)};
		size_t length = strlen(names[i].text);

		memcpy(block + i * sizeof(entry), &entry, sizeof(entry));
		memcpy(block + at, names[i].text, length);
		at += length;
	}
}

/* The content of a folder: whole blocks, and the last one as long as it is. */
static char *folder_content(const struct erofs_node *folder)
{
	char *content = allocate(round_up(folder->size, EROFS_BLOCK)), *block = content;
	size_t bytes;

	for (size_t at = 0, in; at < folder->sorted_count; at += in, block += EROFS_BLOCK) {
		in = names_in_block(folder->sorted + at, folder->sorted_count - at, &bytes);
		fill_block(block, folder->sorted + at, in);
	}
	return content;
}

/* -- writing -- */

/* The numbers of a device, as the kernel puts them into 32 bits. */
static uint32_t device_number(dev_t device)
{
	uint32_t low = minor(device);

	return (low & 0xff) | major(device) << 8 | (low & ~0xffu) << 12;
}

static struct erofs_inode make_inode(const struct erofs_node *node)
{
	struct erofs_inode inode = {
		.format = EROFS_FORMAT(tail_size(node) ? EROFS_INLINE : EROFS_PLAIN),
		.xattr_slots = node->xattrs.length ? EROFS_XATTR_SLOTS(node->xattrs.length) : 0,
		.mode = node->mode,
		.size = node->size,
		.block = node->block,
		.number = node->number,
		.uid = node->uid,
		.gid = node->gid,
		.mtime = node->mtime.tv_sec,
		.nanoseconds = node->mtime.tv_nsec,
		.links = node->links,
	};

	if (S_ISCHR(node->mode) || S_ISBLK(node->mode))
		inode.device = device_number(node->device);
	return inode;
}

static fallible write_head(struct image *image, const struct erofs_node *node, uint64_t at)
{
	const struct erofs_xattr_header header = {0};
	struct erofs_inode inode = make_inode(node);

	TRY(erofs_output_write(&image->inodes, at, &inode, sizeof(inode)));
	if (!node->xattrs.length)
		return NULL;
	at += sizeof(inode);
	TRY(erofs_output_write(&image->inodes, at, &header, sizeof(header)));
	return erofs_output_write(&image->inodes, at + sizeof(header), node->xattrs.data,
				  node->xattrs.length);
}

static fallible write_content(struct image *image, const struct erofs_node *node, uint64_t at,
			      const char *content)
{
	size_t tail = tail_size(node), in_blocks = node->size - tail;

	TRY(erofs_output_write(&image->content, node->block * EROFS_BLOCK, content, in_blocks));
	return erofs_output_write(&image->inodes, at + head_size(node), content + in_blocks, tail);
}

static fallible write_node(struct image *image, const struct erofs_node *node)
{
	uint64_t at = image->beginning + node->position;
	autofree char *names = S_ISDIR(node->mode) ? folder_content(node) : NULL;

	TRY(write_head(image, node, at));
	return has_content(node) ? write_content(image, node, at, names ? names : node->target)
				 : NULL;
}

uint32_t erofs_image_checksum(const void *bytes, size_t length)
{
	uint32_t sum = UINT32_MAX;

	for (size_t i = 0; i < length; i++) {
		sum ^= ((const uint8_t *)bytes)[i];
		for (int bit = 0; bit < 8; bit++)
			sum = sum >> 1 ^ (sum & 1 ? 0x82f63b78 : 0);
	}
	return sum;
}

static fallible write_super(struct image *image, int fd, uint64_t blocks)
{
	char block[EROFS_BLOCK] = {0};
	struct erofs_super super = {
		.magic = EROFS_MAGIC,
		.features = EROFS_HAS_CHECKSUM | EROFS_HAS_MTIME,
		.block_bits = EROFS_BLOCK_BITS,
		.root_nid = image->tree->root->position / EROFS_SLOT,
		.inodes = image->count,
		.blocks = blocks,
		.meta_block = image->block,
		.volume_name = "mini-docker",
	};

	memcpy(block + EROFS_SUPER_OFFSET, &super, sizeof(super));
	super.checksum = erofs_image_checksum(block + EROFS_SUPER_OFFSET,
					      sizeof(block) - EROFS_SUPER_OFFSET);
	memcpy(block + EROFS_SUPER_OFFSET, &super, sizeof(super));
	if (pwrite(fd, block, sizeof(block), 0) != sizeof(block))
		return error_system("cannot write the superblock of the layer's image");
	return NULL;
}

static fallible write_all(struct image *image, int fd)
{
	TRY(place_all(image));
	for (size_t i = 0; i < image->count; i++)
		TRY(write_node(image, image->order[i]));
	TRY(erofs_output_flush(&image->content));
	TRY(erofs_output_flush(&image->inodes));
	uint64_t blocks = round_up(image->beginning + image->end, EROFS_BLOCK) / EROFS_BLOCK;
	if (ftruncate(fd, blocks * EROFS_BLOCK) < 0)
		return error_system("cannot give the layer's image its size");
	return write_super(image, fd, blocks);
}

fallible erofs_image_write(struct erofs_tree *tree, int fd, uint64_t block)
{
	struct image image = {.tree = tree, .block = block};

	erofs_output_init(&image.content, fd);
	erofs_output_init(&image.inodes, fd);
	struct error *e = write_all(&image, fd);
	erofs_output_finish(&image.content);
	erofs_output_finish(&image.inodes);
	free(image.order);
	return e;
}
