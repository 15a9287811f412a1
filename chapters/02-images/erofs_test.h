/*
 * erofs_test.h - what the tests of layers as images share
 *
 * A place on the disk, since the kernel mounts no image that lies on a tmpfs: below/ is a layer
 * below, and what a test unpacks lies beside it in both forms. Without a kernel that can, it skips.
 */
#ifndef MINI_EROFS_TEST_H
#define MINI_EROFS_TEST_H

#include "erofs_unpack.h"
#include "layer_form.h"
#include "packer_digest.h"
#include "unpack_test.h"

#define TEST_IMAGE "diff.erofs"

struct forms {
	char path[64];
	int fd, below;
	bool works;
};

shared int make_forms(void **state)
{
	struct forms *f = allocate(sizeof(*f));

	strcpy(f->path, "/var/tmp/mini-erofs-test-XXXXXX");
	assert_non_null(mkdtemp(f->path));
	assert_ok(directory_open(AT_FDCWD, f->path, &f->fd));
	f->below = put_folder(f->fd, "below");
	int trial = put_folder(f->fd, "trial");
	struct error *e = geteuid() == 0 ? layer_form_try(&layer_erofs, trial)
					 : error_new(ERROR_FORBIDDEN, "mounting is root's");
	f->works = !e;
	if (e)
		print_message("layers as images: %s\n", e->message);
	error_free(e);
	close(trial);
	*state = f;
	return 0;
}

shared int drop_forms(void **state)
{
	struct forms *f = *state;

	close(f->below);
	close(f->fd);
	assert_null(tree_remove(AT_FDCWD, f->path));
	free(f);
	return 0;
}

#define needs_erofs(forms)                                                                         \
	do {                                                                                       \
		if (!(forms)->works)                                                               \
			skip();                                                                    \
	} while (0)

#define in_forms(test) cmocka_unit_test_setup_teardown(test, make_forms, drop_forms)

/* Unpacks it in one of the forms; without an error *tree is what it shows. */
shared struct error *unpack_as(struct forms *f, const struct layer_form *form, struct tar *tar,
			       bool with_below, int *tree)
{
	struct unpack_result result;
	void *work = NULL;
	bool plain;

	if (tar->archive)
		tar_end(tar);
	struct source packed = tar_source(tar);
	assert_ok(tree_remove(f->fd, form->driver));
	autoclose int folder = put_folder(f->fd, form->driver);
	struct error *e = form->begin(folder, !with_below, &work);
	const struct unpack_target target = {form->add, work};
	if (!e)
		e = unpack_entries(&target, &packed, NULL, &result);
	if (!e)
		e = form->settle(work, &f->below, with_below, &plain);
	form->end(work);
	return e ? e : form->open(folder, tree);
}

/* The image that the last one has left. */
shared int image_of(struct forms *f)
{
	return openat(f->fd, "erofs/" TEST_IMAGE, O_RDONLY | O_CLOEXEC);
}

/* Unpacks it in both forms, which must be the same tree, or both be refused: false. */
shared bool assert_same(struct forms *f, struct tar *tar, bool with_below)
{
	autoclose int folder = -1, image = -1;
	struct digest should, is;
	autoerror refused = unpack_as(f, &layer_folder, tar, with_below, &folder);
	autoerror e = unpack_as(f, &layer_erofs, tar, with_below, &image);

	if (!e != !refused)
		fail_msg("a folder: %s; an image: %s", refused ? refused->message : "made",
			 e ? e->message : "made");
	if (e)
		return false;
	assert_ok(packer_digest(folder, &should));
	assert_ok(packer_digest(image, &is));
	if (!digest_equal(&should, &is))
		fail_msg("the image is another tree than the folder");
	return true;
}

#endif
