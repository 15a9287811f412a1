/*
 * Any bytes as a layer: they are refused, or unpacked into their own folder and nowhere else. What
 * was unpacked can be packed again. As root, as the daemon does it: in a mount namespace of its
 * own, on a tmpfs, with a file beside the folder that must stay as it is.
 */
#include <assert.h>
#include <fcntl.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file.h"
#include "layer_fuzz.h"
#include "memory.h"
#include "packer_digest.h"
#include "tree_walk.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define PLACE "/dev/shm"

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc, (void)argv;
	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("tmpfs", PLACE, "tmpfs", MS_NODEV | MS_NOSUID, "mode=0755") < 0) {
		perror("a tmpfs of its own (this needs root)");
		exit(77);
	}
	return 0;
}

static void unpack(int root, bool lowest, const uint8_t *data, size_t size)
{
	struct bytes bytes = {data, size};
	struct source packed = {read_bytes, &bytes};
	struct unpack_order order = {root, lowest, &limits};
	autounpack_tree tree = {.parent = -1};
	struct unpack_result result;
	struct digest digest;
	autoerror e = unpack_layer(&order, &packed, &result, &tree);
	autoerror unsettled = e ? NULL : unpack_tree_settle(&tree, NULL, 0);

	if (e || unsettled)
		return;
	autoerror unpackable = packer_digest(root, &digest);
	assert(!unpackable || unpackable->class == ERROR_TOO_LARGE);
}

static void assert_alone(int place)
{
	struct stat st;
	char **names;
	size_t count;
	autoerror e = tree_names(place, PLACE, &names, &count);

	assert(!e && count == 2 && strcmp(names[0], "layer") == 0 &&
	       strcmp(names[1], "sentry") == 0);
	tree_names_free(names, count);
	assert(fstatat(place, "sentry", &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode) &&
	       st.st_size == 0 && st.st_nlink == 1 && (st.st_mode & 07777) == 0600);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	autoclose int place = open(PLACE, O_RDONLY | O_DIRECTORY | O_CLOEXEC), root = -1;
	autoclose int sentry = openat(place, "sentry", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	autoerror e = directory_create(place, "layer", 0755, &root);

	assert(!e && sentry >= 0 && size < INT32_MAX);
	unpack(root, size % 2, data, size);
	assert_alone(place);
	autoerror stays = tree_remove(place, "layer");
	assert(!stays);
	return 0;
}
