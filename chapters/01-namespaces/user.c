#include "user.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "buffer.h"
#include "explain.h"
#include "file.h"
#include "memory.h"
#include "text.h"

#define DATABASE_LIMIT (4 << 20)
#define FIELDS         7

/* A line of passwd(5) or group(5), cut at its colons; missing fields are "". */
struct entry {
	const char *field[FIELDS];
};
/* Whether this is the one; called for each entry until it says so. */
typedef bool entry_matcher(const struct entry *entry, void *context);

/* A device or FIFO under this name must not make us wait: regular files only. */
static fallible read_database(int rootfd, const char *path, struct buffer *text)
{
	autoclose int fd = -1;
	struct stat st;
	autoerror e = file_open_in_root(rootfd, path, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0, &fd);

	if (e)
		return e->class == ERROR_NOT_FOUND ? NULL : steal(&e);
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return error_new(ERROR_INVALID, "'%s' of the container is not a file", path);
	return file_read_fd(fd, path, DATABASE_LIMIT, text);
}

static void split(char *line, struct entry *entry)
{
	for (int i = 0; i < FIELDS; i++) {
		char *colon = line ? strchr(line, ':') : NULL;

		entry->field[i] = line ? line : "";
		if (colon)
			*colon++ = '\0';
		line = colon;
	}
}

static fallible search(int rootfd, const char *path, entry_matcher *match, void *context)
{
	autobuffer text = {0};
	char *save = NULL;

	TRY(read_database(rootfd, path, &text));
	if (!text.data)
		return NULL;
	for (char *line = strtok_r(text.data, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save)) {
		struct entry entry;

		split(line, &entry);
		if (match(&entry, context))
			break;
	}
	return NULL;
}

static bool number(const char *text, uint32_t *id)
{
	char *end;

	if (*text < '0' || *text > '9')
		return false;
	errno = 0;
	unsigned long long value = strtoull(text, &end, 10);
	*id = value;
	return !*end && !errno && value < UINT32_MAX;
}

struct lookup {
	const char *name;
	bool numeric;
	uint32_t id;
	struct user *user;
	bool found;
	char *user_name; /* owned: the name that goes with a uid, to find its groups */
};

static bool match_user(const struct entry *entry, void *context)
{
	struct lookup *lookup = context;
	uint32_t uid, gid;

	if (!number(entry->field[2], &uid) || !number(entry->field[3], &gid))
		return false;
	if (lookup->numeric ? uid != lookup->id : strcmp(entry->field[0], lookup->name) != 0)
		return false;
	lookup->found = true;
	lookup->user_name = duplicate(entry->field[0]);
	lookup->user->uid = uid;
	lookup->user->gid = gid;
	lookup->user->home = duplicate(entry->field[5]);
	return true;
}

static bool match_group(const struct entry *entry, void *context)
{
	struct lookup *lookup = context;

	if (strcmp(entry->field[0], lookup->name) != 0 || !number(entry->field[2], &lookup->id))
		return false;
	lookup->found = true;
	return true;
}

static void add_group(struct user *user, gid_t gid)
{
	for (size_t i = 0; i < user->group_count; i++)
		if (user->groups[i] == gid)
			return;
	if (user->group_count < USER_GROUPS_MAX)
		user->groups[user->group_count++] = gid;
}

/* Collects: no entry is the last one. */
static bool collect_member(const struct entry *entry, void *context)
{
	struct lookup *lookup = context;
	size_t length = strlen(lookup->name);
	uint32_t gid;

	for (const char *at = entry->field[3]; at; at = strchr(at, ',')) {
		at += *at == ',';
		if (strncmp(at, lookup->name, length) == 0 && strchr(",\r", at[length]) &&
		    number(entry->field[2], &gid))
			add_group(lookup->user, gid);
	}
	return false;
}

static fallible find_user(int rootfd, const char *name, struct user *user, char **user_name)
{
	struct lookup lookup = {.name = name, .user = user};

	lookup.numeric = number(name, &lookup.id);
	user->uid = lookup.numeric ? lookup.id : 0;
	user->gid = 0;
	struct error *e = search(rootfd, "/etc/passwd", match_user, &lookup);
	*user_name = lookup.user_name;
	TRY(e);
	if (lookup.found || lookup.numeric)
		return NULL;
	return error_new(ERROR_INVALID,
			 "unable to find user %s: no matching entries in passwd file", name);
}

static fallible find_group(int rootfd, const char *name, gid_t *gid)
{
	struct lookup lookup = {.name = name};

	if (!number(name, &lookup.id)) {
		TRY(search(rootfd, "/etc/group", match_group, &lookup));
		if (!lookup.found)
			return error_new(
				ERROR_INVALID,
				"unable to find group %s: no matching entries in group file", name);
	}
	*gid = lookup.id;
	return NULL;
}

fallible user_find(int rootfd, const char *text, struct user *user)
{
	const char *colon = strchr(text, ':');
	autofree char *name = duplicate_range(text, colon ? colon - text : (ssize_t)strlen(text));
	autofree char *user_name = NULL;

	*user = (struct user){0};
	TRY(find_user(rootfd, *name ? name : "0", user, &user_name));
	if (colon && colon[1])
		return find_group(rootfd, colon + 1, &user->gid);
	if (!user_name)
		return NULL;
	struct lookup members = {.name = user_name, .user = user};
	return search(rootfd, "/etc/group", collect_member, &members);
}

fallible user_add_group(int rootfd, const char *text, struct user *user)
{
	gid_t gid;

	TRY(find_group(rootfd, text, &gid));
	add_group(user, gid);
	return NULL;
}

fallible user_find_home(int rootfd, struct user *user)
{
	struct user found = {0};
	struct lookup lookup = {.numeric = true, .id = user->uid, .user = &found};
	struct error *e = search(rootfd, "/etc/passwd", match_user, &lookup);

	free(lookup.user_name);
	free(user->home);
	user->home = found.home;
	return e;
}

void user_finish(struct user *user)
{
	free(user->home);
	user->home = NULL;
}

bool user_may_have_groups(void)
{
	return setgroups(0, NULL) == 0 || errno != EPERM;
}

/* A user namespace whose owner may not change groups (setgroups is "deny") has none to drop. */
static fallible set_groups(const struct user *user)
{
	if (setgroups(user->group_count, user->groups) == 0)
		return NULL;
	if (errno == EPERM && !user->group_count)
		return NULL;
	return error_system("cannot set the %zu additional groups", user->group_count);
}

/* So that the program may open /dev/stdout again by its name. /dev/null stays everybody's. */
static void own_stdio(uid_t uid)
{
	struct stat st;

	for (int fd = 0; fd < 3; fd++)
		if (fstat(fd, &st) == 0 && st.st_uid != uid &&
		    !(S_ISCHR(st.st_mode) && st.st_rdev == makedev(1, 3)))
			(void)!fchown(fd, uid, -1); /* read-only, unmapped: then it stays */
}

fallible user_become(const struct user *user)
{
	uint64_t began = explain_clock();

	if (user->uid)
		own_stdio(user->uid);
	TRY(set_groups(user));
	if (setresgid(user->gid, user->gid, user->gid) < 0)
		return error_system("cannot become group %u", user->gid);
	if (setresuid(user->uid, user->uid, user->uid) < 0)
		return error_system("cannot become user %u", user->uid);
	explain(began, "1.11", "who the program runs as",
		"setgroups(%zu), setresgid(%u), setresuid(%u)", user->group_count, user->gid,
		user->uid);
	return NULL;
}
