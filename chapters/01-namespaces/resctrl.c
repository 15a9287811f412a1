#include "resctrl.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "explain.h"
#include "file.h"
#include "memory.h"
#include "text.h"

#define SCHEMATA_LIMIT  (64 << 10)
#define MOUNTINFO_LIMIT (4 << 20)

/* ---- where ---- */

/* "36 35 0:32 / /sys/fs/resctrl rw,relatime shared:12 - resctrl resctrl rw": the fifth word, where
 * the first behind the dash is the type. */
static char *mount_point(const char *line, size_t length)
{
	autofree char *text = duplicate_range(line, length);
	char *save = NULL, *at = NULL, *type = strstr(text, " - ");

	if (!type || !text_has_prefix(type, " - resctrl "))
		return NULL;
	for (int word = 0; word < 5; word++)
		at = strtok_r(word ? NULL : text, " ", &save);
	return at ? duplicate(at) : NULL;
}

fallible resctrl_root_in(const char *mountinfo, char **root)
{
	for (const char *line = mountinfo; *line; line += *line == '\n') {
		size_t length = strcspn(line, "\n");

		*root = mount_point(line, length);
		if (*root)
			return NULL;
		line += length;
	}
	return error_new(ERROR_UNAVAILABLE,
			 "no resctrl file system is mounted; where the processor has it: mount -t "
			 "resctrl resctrl /sys/fs/resctrl");
}

fallible resctrl_root(char **root)
{
	autobuffer text = {0};

	TRY(file_read(AT_FDCWD, "/proc/self/mountinfo", MOUNTINFO_LIMIT, &text));
	return resctrl_root_in(text.data ? text.data : "", root);
}

char *resctrl_group(const char *root, const struct resctrl_request *request)
{
	const char *name = *request->class ? request->class : request->id;

	return strcmp(name, "/") == 0 ? duplicate(root) : format("%s/%s", root, name);
}

char *resctrl_monitor(const char *root, const struct resctrl_request *request)
{
	autofree char *group = resctrl_group(root, request);

	return format("%s/mon_groups/%s", group, request->id);
}

/* ---- schemata ---- */

/* "0=007f0": of the domain that `wanted` begins with ("0=") the bits, without zeros in front. */
static const char *bits_of(const char *line, const char *domain)
{
	size_t length = strcspn(domain, "=") + 1;
	const char *at = strchr(line, ':');

	while (at && strncmp(at + 1, domain, length) != 0)
		at = strchr(at + 1, ';');
	return at ? at + 1 + length + strspn(at + 1 + length, "0") : NULL;
}

/* Whether the group's line has each domain of the wanted one with the same bits. */
static bool line_matches(const char *there, const char *wanted)
{
	const char *domain = strchr(wanted, ':');

	while (domain && domain[1]) {
		const char *want = bits_of(wanted, ++domain), *have = bits_of(there, domain);

		if (!have || strcspn(have, ";") != strcspn(want, ";") ||
		    strncmp(have, want, strcspn(want, ";")) != 0)
			return false;
		domain = strchr(domain, ';');
	}
	return true;
}

/* The line of the same resource: "L3:", which the kernel indents. */
static bool has_line(const char *schemata, const char *wanted)
{
	size_t name = strcspn(wanted, ":") + 1;
	autofree char *copy = duplicate(schemata);
	char *save = NULL;

	for (char *line = strtok_r(copy, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		line += strspn(line, " ");
		if (strncmp(line, wanted, name) == 0)
			return line_matches(line, wanted);
	}
	return false;
}

static fallible compare(const char *group, const struct resctrl_request *request)
{
	autofree char *file = format("%s/schemata", group), *copy = duplicate(request->schemata);
	autobuffer there = {0};
	char *save = NULL;

	TRY(file_read(AT_FDCWD, file, SCHEMATA_LIMIT, &there));
	for (char *line = strtok_r(copy, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		if (!has_line(there.data ? there.data : "", line))
			return error_new(ERROR_CONFLICT,
					 "the class '%s' is there and is divided in another way "
					 "than '%s': see %s",
					 request->class, line, file);
	return NULL;
}

/* A line at a time: the kernel takes one resource, or refuses it and says why in a file. */
static fallible write_schemata(const char *root, const char *group,
			       const struct resctrl_request *request)
{
	uint64_t began = explain_clock();
	autofree char *file = format("%s/schemata", group), *copy = duplicate(request->schemata);
	char *save = NULL;

	for (char *line = strtok_r(copy, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		autofree char *text = format("%s\n", line);

		TRY(error_wrap(file_write(AT_FDCWD, file, text),
			       "cannot divide by '%s' (%s/info/last_cmd_status says why)", line,
			       root));
		explain(began, "1.6", "its part of a cache or of the memory bandwidth",
			"write(\"%s\", \"%s\")", file, line);
	}
	return NULL;
}

/* ---- groups ---- */

static fallible make(const char *folder)
{
	uint64_t began = explain_clock();

	if (mkdir(folder, 0755) == 0)
		explain(began, "1.6", "a group, and the kernel makes its files", "mkdir(\"%s\")",
			folder);
	else
		return error_errno(errno == EEXIST   ? ERROR_CONFLICT
				   : errno == ENOSPC ? ERROR_NO_SPACE
						     : ERROR_SYSTEM,
				   errno, "cannot make the group '%s'%s", folder,
				   errno == ENOSPC ? " (the processor has no more of them)" : "");
	return NULL;
}

static fallible create_group(const char *group, const struct resctrl_request *request)
{
	bool there = access(group, F_OK) == 0;

	if (!*request->class)
		return make(group);
	if (there)
		return *request->schemata ? compare(group, request) : NULL;
	if (*request->schemata)
		return make(group);
	return error_new(ERROR_NOT_FOUND,
			 "there is no class '%s' (folder %s), and no schemata to make it with",
			 request->class, group);
}

fallible resctrl_create(const char *root, const struct resctrl_request *request)
{
	autofree char *group = resctrl_group(root, request),
		      *monitor = resctrl_monitor(root, request);

	TRY(create_group(group, request));
	if (!request->monitored)
		return NULL;
	struct error *e = make(monitor);
	if (e && !*request->class)
		rmdir(group);
	return e;
}

static fallible add(const char *group, pid_t pid)
{
	uint64_t began = explain_clock();
	autofree char *file = format("%s/tasks", group), *text = format("%d\n", pid);

	TRY(file_write(AT_FDCWD, file, text));
	explain(began, "1.6", "from here on it has the group's part", "write(\"%s\", \"%d\")", file,
		pid);
	return NULL;
}

fallible resctrl_assign(const char *root, const struct resctrl_request *request, pid_t pid)
{
	autofree char *group = resctrl_group(root, request),
		      *monitor = resctrl_monitor(root, request);

	TRY(write_schemata(root, group, request));
	TRY(add(group, pid));
	return request->monitored ? add(monitor, pid) : NULL;
}

fallible resctrl_change(const char *root, const struct resctrl_request *request)
{
	autofree char *group = resctrl_group(root, request);

	return write_schemata(root, group, request);
}

static fallible drop(const char *folder)
{
	uint64_t began = explain_clock();

	if (rmdir(folder) == 0)
		explain(began, "1.6", "nothing of the group stays", "rmdir(\"%s\")", folder);
	else if (errno != ENOENT)
		return error_system("cannot remove the group '%s'", folder);
	return NULL;
}

fallible resctrl_remove(const char *root, const struct resctrl_request *request)
{
	autofree char *group = resctrl_group(root, request),
		      *monitor = resctrl_monitor(root, request);

	if (request->monitored)
		TRY(drop(monitor));
	return *request->class ? NULL : drop(group);
}
