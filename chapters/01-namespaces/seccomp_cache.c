#include "seccomp_cache.h"

#include <fcntl.h>
#include <seccomp.h>
#include <stdbool.h>
#include <string.h>

#include "explain.h"
#include "file.h"
#include "json.h"
#include "memory.h"
#include "seccomp_profile.h"
#include "version.h"

#define SLOTS      64
#define SLOT_LIMIT (1 << 20)

/* A file: this, the key, the filter. */
struct head {
	uint32_t key_length;
	uint32_t flags;
};

/* What the filter depends on: the profile, and who makes it. */
static char *key_of(const json_t *profile)
{
	const struct scmp_version *library = seccomp_version();
	struct buffer key = {0};

	if (!library)
		return NULL;
	buffer_printf(&key, MINI_VERSION " libseccomp %u.%u.%u\n", library->major, library->minor,
		      library->micro);
	json_append(&key, profile);
	return buffer_take(&key);
}

/* FNV-1a. */
static char *slot_path(const char *folder, const char *key)
{
	uint32_t hash = 2166136261u;

	for (; *key; key++)
		hash = (hash ^ (unsigned char)*key) * 16777619u;
	return format("%s/%u", folder, hash % SLOTS);
}

static bool find(const char *path, const char *key, struct buffer *bpf, uint32_t *flags)
{
	autobuffer slot = {0};
	autoerror e = file_read(AT_FDCWD, path, SLOT_LIMIT, &slot);
	size_t length = strlen(key);
	struct head head;

	if (e || slot.length < sizeof(head) + length)
		return false;
	memcpy(&head, slot.data, sizeof(head));
	if (head.key_length != length || memcmp(slot.data + sizeof(head), key, length) != 0)
		return false;
	*flags = head.flags;
	buffer_append(bpf, slot.data + sizeof(head) + length, slot.length - sizeof(head) - length);
	return true;
}

static void store(const char *folder, const char *path, const char *key, const struct buffer *bpf,
		  uint32_t flags)
{
	struct head head = {.key_length = strlen(key), .flags = flags};
	autobuffer slot = {0};
	autoclose int fd = -1;
	autoerror e = directory_create(AT_FDCWD, folder, 0700, &fd);

	if (e)
		return;
	buffer_append(&slot, &head, sizeof(head));
	buffer_append(&slot, key, head.key_length);
	buffer_append(&slot, bpf->data, bpf->length);
	error_free(file_write_atomic(AT_FDCWD, path, slot.data, slot.length, 0600, NOT_DURABLE));
}

fallible seccomp_cache_compile(const char *folder, const json_t *profile, struct buffer *bpf,
			       uint32_t *flags)
{
	uint64_t began = explain_clock();
	autofree char *key = folder ? key_of(profile) : NULL;
	autofree char *path = key ? slot_path(folder, key) : NULL;
	autobuffer made = {0};

	if (path && find(path, key, bpf, flags)) {
		explain(began, "1.8", "the same profile was made into a filter before", "read(%s)",
			path);
		return NULL;
	}
	TRY(seccomp_profile_compile(profile, &made, flags));
	explain(began, "1.8", "a profile becomes a program for the kernel", "%s",
		"seccomp_rule_add(...), seccomp_export_bpf()");
	if (path)
		store(folder, path, key, &made, *flags);
	buffer_append(bpf, made.data, made.length);
	return NULL;
}
