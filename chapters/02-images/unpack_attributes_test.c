#include "unpack_attributes.h"

#include "images_test.h"
#include "rootless_owner.h"

static struct xattrs_of make_file(struct place *place, const char *name)
{
	int fd = openat(place->fd, name, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	return (struct xattrs_of){.fd = fd, .parent = place->fd, .name = name, .path = name};
}

static struct archive_entry *entry_of(int64_t uid, int64_t gid, mode_t mode)
{
	struct archive_entry *entry = tar_entry(AE_IFREG, "file", mode);

	archive_entry_set_uid(entry, uid);
	archive_entry_set_gid(entry, gid);
	return entry;
}

static void all_that_the_entry_says_is_there(void **state)
{
	struct place *place = *state;
	struct xattrs_of file = make_file(place, "file");
	bool squashed = true;
	struct stat st;

	needs_root();
	struct archive_entry *entry = entry_of(33, 3000000000, 06751);
	assert_ok(unpack_attributes_apply(&file, entry, &squashed));
	assert_int_equal(fstat(file.fd, &st), 0);
	assert_int_equal(st.st_mode, S_IFREG | 06751);
	assert_int_equal(st.st_uid, 33);
	assert_int_equal(st.st_gid, 3000000000);
	assert_int_equal(st.st_mtim.tv_sec, 1000000000);
	assert_int_equal(st.st_mtim.tv_nsec, 123456789);
	assert_false(squashed);
	archive_entry_free(entry);
	close(file.fd);
}

static void ids_that_cannot_be_are_refused(void **state)
{
	static const int64_t ids[] = {-1, UINT32_MAX, INT64_C(1) << 40};
	struct place *place = *state;
	struct xattrs_of file = make_file(place, "file");
	bool squashed;

	for (size_t i = 0; i < 2 * countof(ids); i++) {
		int64_t id = ids[i / 2];
		struct archive_entry *entry = entry_of(i % 2 ? id : 0, i % 2 ? 0 : id, 0644);

		/* libarchive takes no negative ones itself. */
		if (archive_entry_uid(entry) || archive_entry_gid(entry))
			assert_error(unpack_attributes_apply(&file, entry, &squashed),
				     ERROR_INVALID, "which cannot be");
		archive_entry_free(entry);
	}
	close(file.fd);
}

static void apply(struct place *place, const char *name, int64_t uid, int64_t gid, bool *squashed,
		  struct stat *st)
{
	struct xattrs_of file = make_file(place, name);
	struct archive_entry *entry = entry_of(uid, gid, 06755);

	in_child_assert(file.fd >= 0);
	in_child_assert(!unpack_attributes_apply(&file, entry, squashed));
	in_child_assert(fstat(file.fd, st) == 0);
	uid_t noted_uid = 0;
	gid_t noted_gid = 0;
	rootless_owner_recall(&file, &noted_uid, &noted_gid);
	in_child_assert(!has_user_xattrs(place) || (noted_uid == uid && noted_gid == gid));
	archive_entry_free(entry);
	close(file.fd);
}

/* User 0 is there, 33 is not: what becomes 0's loses what would be 0's right then. */
static void squash(struct place *place)
{
	bool squashed;
	struct stat st;

	apply(place, "own", 0, 0, &squashed, &st);
	in_child_assert(!squashed && st.st_mode == (S_IFREG | 06755));
	apply(place, "user", 33, 0, &squashed, &st);
	in_child_assert(squashed && st.st_mode == (S_IFREG | 02755));
	apply(place, "group", 0, 33, &squashed, &st);
	in_child_assert(squashed && st.st_mode == (S_IFREG | 04755));
	apply(place, "both", 33, 33, &squashed, &st);
	in_child_assert(squashed && st.st_mode == (S_IFREG | 0755));
	in_child_assert(st.st_uid == 0 && st.st_gid == 0);
}

static void ids_that_the_namespace_lacks_are_squashed(void **state)
{
	needs_root();
	in_user_namespace(squash, *state);
}

static void copy_squashed(struct place *place)
{
	struct xattrs_of from = make_file(place, "theirs"), to = make_file(place, "copy");
	struct stat st = {.st_mode = S_IFREG | 06711, .st_uid = 65534, .st_gid = 65534};

	in_child_assert(!unpack_attributes_copy(&from, &st, &to));
	in_child_assert(fstat(to.fd, &st) == 0);
	in_child_assert(st.st_mode == (S_IFREG | 0711) && st.st_uid == 0);
}

static void so_are_those_of_copies(void **state)
{
	needs_root();
	in_user_namespace(copy_squashed, *state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_place(all_that_the_entry_says_is_there),
		in_place(ids_that_cannot_be_are_refused),
		in_place(ids_that_the_namespace_lacks_are_squashed),
		in_place(so_are_those_of_copies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
