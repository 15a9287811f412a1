#include "rootless_owner.h"

#include <stdbool.h>
#include <stddef.h>

#define VARINT      0 /* the wire type */
#define UID_TAG     (1 << 3 | VARINT)
#define GID_TAG     (2 << 3 | VARINT)
#define VARINT_SIZE 5 /* of 32 bits, seven in a byte */
#define NOTE_SIZE   256

static uint8_t *put_varint(uint8_t *at, uint32_t value)
{
	for (; value > 0x7f; value >>= 7)
		*at++ = value | 0x80;
	*at++ = value;
	return at;
}

fallible rootless_owner_note(const struct xattrs_of *file, uint32_t uid, uint32_t gid)
{
	uint8_t note[2 * (1 + VARINT_SIZE)], *end = note;

	*end++ = UID_TAG;
	end = put_varint(end, uid);
	*end++ = GID_TAG;
	end = put_varint(end, gid);
	return xattrs_set(file, ROOTLESS_OWNER_XATTR, note, end - note);
}

static bool take_varint(const uint8_t **at, const uint8_t *end, uint64_t *value)
{
	*value = 0;
	for (int shift = 0; *at < end && shift < 64; shift += 7) {
		uint8_t byte = *(*at)++;

		*value |= (uint64_t)(byte & 0x7f) << shift;
		if (byte <= 0x7f)
			return true;
	}
	return false;
}

static bool read_note(const uint8_t *at, size_t length, uint32_t *uid, uint32_t *gid)
{
	const uint8_t *end = at + length;
	uint64_t tag, value;

	*uid = *gid = ROOTLESS_OWNER_AS_IS;
	while (at < end) {
		if (!take_varint(&at, end, &tag) || !take_varint(&at, end, &value) ||
		    value > UINT32_MAX)
			return false;
		if (tag == UID_TAG)
			*uid = value;
		else if (tag == GID_TAG)
			*gid = value;
		else
			return false;
	}
	return true;
}

void rootless_owner_recall(const struct xattrs_of *file, uid_t *uid, gid_t *gid)
{
	uint8_t note[NOTE_SIZE];
	uint32_t noted_uid, noted_gid;
	ssize_t length = xattrs_get(file, ROOTLESS_OWNER_XATTR, note, sizeof(note));

	if (length < 0 || !read_note(note, length, &noted_uid, &noted_gid))
		return;
	if (*uid == 0 && noted_uid != ROOTLESS_OWNER_AS_IS)
		*uid = noted_uid;
	if (*gid == 0 && noted_gid != ROOTLESS_OWNER_AS_IS)
		*gid = noted_gid;
}
