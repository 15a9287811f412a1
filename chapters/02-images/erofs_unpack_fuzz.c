/*
 * Any bytes as a layer that becomes an image: they are refused, or the kernel can read what was
 * made, all of it, and its superblock is there. Nothing but the one file is touched. The file is in
 * /var/tmp, and mounted where kernel and file system let it.
 */
#include <assert.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "erofs_format.h"
#include "file.h"
#include "layer_form.h"
#include "layer_fuzz.h"
#include "memory.h"
#include "packer_digest.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char place[] = "/var/tmp/mini-erofs-fuzz-XXXXXX";
static bool is_mountable;

static void leave(void)
{
	error_free(tree_remove(AT_FDCWD, place));
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	autoclose int trial = -1;

	(void)argc, (void)argv;
	if (!mkdtemp(place)) {
		perror(place);
		exit(77);
	}
	atexit(leave);
	autoerror e = directory_create(AT_FDCWD, place, 0700, &trial);
	autoerror refused = e ? NULL : layer_form_try(&layer_erofs, trial);
	is_mountable = !e && !refused;
	if (refused)
		fprintf(stderr, "images are made, and not mounted: %s\n", refused->message);
	return 0;
}

static void look(int folder)
{
	autoclose int image = openat(folder, layer_erofs.name, O_RDONLY | O_CLOEXEC), tree = -1;
	struct erofs_super super;
	struct digest digest;
	struct stat st;

	assert(pread(image, &super, sizeof(super), EROFS_SUPER_OFFSET) == sizeof(super));
	assert(super.magic == EROFS_MAGIC && fstat(image, &st) == 0);
	assert((uint64_t)st.st_size == (uint64_t)super.blocks * EROFS_BLOCK);
	if (!is_mountable)
		return;
	autoerror unmountable = layer_erofs.open(folder, &tree);
	assert(!unmountable);
	autoerror unreadable = packer_digest(tree, &digest);
	assert(!unreadable || unreadable->class == ERROR_TOO_LARGE);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes bytes = {data, size};
	const struct source packed = {read_bytes, &bytes};
	autoclose int folder = -1;
	struct unpack_result result;
	void *work;
	bool plain;
	autoerror gone = tree_remove(AT_FDCWD, place);
	autoerror made = directory_create(AT_FDCWD, place, 0700, &folder);

	assert(!gone && !made);
	autoerror begun = layer_erofs.begin(folder, size % 2, &work);
	assert(!begun);
	const struct unpack_target target = {layer_erofs.add, work};
	autoerror e = unpack_entries(&target, &packed, &limits, &result);
	autoerror unsettled = e ? NULL : layer_erofs.settle(work, NULL, 0, &plain);
	layer_erofs.end(work);
	if (!e && !unsettled)
		look(folder);
	return 0;
}
