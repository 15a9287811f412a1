#include "remap.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "file.h"
#include "json.h"
#include "memory.h"
#include "mount_idmap.h"
#include "text.h"

#define DEFAULT_NAME "dockremap"
#define FILE_LIMIT   (1 << 20)
#define ID_MOST      (UINT32_MAX - 1)

/* ---- ranges ---- */

/* "name:first:count" */
static fallible add_range(char *line, const char *name, const char *number,
			  struct owner_ranges *ranges)
{
	char *first = strchr(line, ':'), *count = first ? strchr(first + 1, ':') : NULL;
	int64_t host, size;

	if (!count)
		return NULL;
	*first++ = *count++ = '\0';
	if (strcmp(line, name) != 0 && strcmp(line, number) != 0)
		return NULL;
	TRY(integer_parse(first, "the first id", 1, ID_MOST, &host));
	TRY(integer_parse(count, "the count of ids", 1, ID_MOST - host, &size));
	const struct owner_range *last = ranges->count ? &ranges->items[ranges->count - 1] : NULL;
	const struct owner_range range = {last ? last->inside + last->count : 0, host, size};

	owner_ranges_append(ranges, &range);
	return NULL;
}

fallible remap_read_ranges(const char *path, const char *name, const char *number,
			   struct owner_ranges *ranges)
{
	autobuffer text = {0};
	char *save = NULL;

	TRY(file_read(AT_FDCWD, path, FILE_LIMIT, &text));
	for (char *line = text.data ? strtok_r(text.data, "\n", &save) : NULL; line;
	     line = strtok_r(NULL, "\n", &save))
		TRY(error_wrap(add_range(line, name, number, ranges), "%s", path));
	if (!ranges->count)
		return error_new(ERROR_INVALID,
				 "%s gives no ids to '%s': a line like '%s:100000:65536' does",
				 path, name, name);
	return NULL;
}

/* ---- who ---- */

struct who {
	char *user, *group; /* names; owned */
	char *uid, *gid;    /* as digits; owned */
};

static void who_finish(struct who *who)
{
	free(who->user);
	free(who->group);
	free(who->uid);
	free(who->gid);
}
#define autowho __attribute__((cleanup(who_finish))) struct who

static bool is_number(const char *text)
{
	return *text && strspn(text, "0123456789") == strlen(text);
}

static fallible find_user(const char *name, struct who *who)
{
	struct passwd *found = is_number(name) ? getpwuid(strtoul(name, NULL, 10)) : getpwnam(name);

	if (!found && strcmp(name, DEFAULT_NAME) == 0)
		return error_new(ERROR_INVALID,
				 "there is no user " DEFAULT_NAME
				 ": make one with 'useradd --system --no-create-home "
				 "--user-group " DEFAULT_NAME
				 "', and give it ids in /etc/subuid and /etc/subgid: "
				 "'" DEFAULT_NAME ":100000:65536'");
	if (!found)
		return error_new(ERROR_INVALID, "there is no user '%s'", name);
	who->user = duplicate(found->pw_name);
	who->uid = format("%u", found->pw_uid);
	return NULL;
}

static fallible find_group(const char *name, struct who *who)
{
	struct group *found = is_number(name) ? getgrgid(strtoul(name, NULL, 10)) : getgrnam(name);

	if (!found)
		return error_new(ERROR_INVALID, "there is no group '%s'", name);
	who->group = duplicate(found->gr_name);
	who->gid = format("%u", found->gr_gid);
	return NULL;
}

/* Without a group it is the one that is called like the user. */
static fallible find_who(const char *text, struct who *who)
{
	const char *colon = strchr(text, ':');
	autofree char *user = colon ? duplicate_range(text, colon - text) : duplicate(text);

	TRY(find_user(strcmp(text, "default") == 0 ? DEFAULT_NAME : user, who));
	return find_group(colon ? colon + 1 : who->user, who);
}

/* ---- all of it ---- */

/* Lines as the kernel wants them: "inside outside count", or the other way round. */
static char *map_text(const struct owner_ranges *ranges, bool turned)
{
	struct buffer text = {0};

	for (size_t i = 0; i < ranges->count; i++) {
		const struct owner_range *range = &ranges->items[i];

		buffer_printf(&text, "%lld %lld %lld\n",
			      (long long)(turned ? range->outside : range->inside),
			      (long long)(turned ? range->inside : range->outside),
			      (long long)range->count);
	}
	return buffer_take(&text);
}

static fallible make_namespace(const struct owners *owners, bool turned, int *fd)
{
	autofree char *uid_map = map_text(&owners->uids, turned);
	autofree char *gid_map = map_text(&owners->gids, turned);

	return mount_idmap_namespace(uid_map, gid_map, fd);
}

static json_t *map_json(const struct owner_ranges *ranges)
{
	json_t *list = json_array();

	for (size_t i = 0; i < ranges->count; i++)
		json_array_append_new(list, json_pack("{s:I, s:I, s:I}", "containerID",
						      (json_int_t)ranges->items[i].inside, "hostID",
						      (json_int_t)ranges->items[i].outside, "size",
						      (json_int_t)ranges->items[i].count));
	return list;
}

static fallible fill(const char *text, struct remap *remap)
{
	autowho who = {0};

	TRY(find_who(text, &who));
	TRY(remap_read_ranges("/etc/subuid", who.user, who.uid, &remap->owners.uids));
	TRY(remap_read_ranges("/etc/subgid", who.group, who.gid, &remap->owners.gids));
	remap->uids = map_json(&remap->owners.uids);
	remap->gids = map_json(&remap->owners.gids);
	remap->users.uid = owner_outside(&remap->owners.uids, 0);
	remap->users.gid = owner_outside(&remap->owners.gids, 0);
	TRY(make_namespace(&remap->owners, false, &remap->users.namespace));
	return make_namespace(&remap->owners, true, &remap->seen);
}

fallible remap_create(const char *text, struct remap **out)
{
	struct remap *remap = allocate(sizeof(*remap));

	*remap = (struct remap){.users.namespace = -1, .seen = -1};
	struct error *e = fill(text, remap);
	if (e) {
		remap_destroy(remap);
		return error_wrap(e, "cannot use --userns-remap %s", text);
	}
	*out = remap;
	return NULL;
}

void remap_destroy(struct remap *remap)
{
	if (!remap)
		return;
	owner_ranges_finish(&remap->owners.uids);
	owner_ranges_finish(&remap->owners.gids);
	json_decref(remap->uids);
	json_decref(remap->gids);
	close_fd(&remap->users.namespace);
	close_fd(&remap->seen);
	free(remap);
}
