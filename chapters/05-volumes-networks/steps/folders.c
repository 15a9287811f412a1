/*
 * folders.c - a plugin for volumes, to be copied: each volume is a folder
 *
 *	cc -o folders folders.c -ljansson
 *	mkdir -p /run/docker/plugins /srv/folders
 *	./folders /run/docker/plugins/folders.sock /srv/folders &
 *	docker run --volume-driver folders -v data:/data busybox touch /data/x
 *
 * A plugin is a server that answers POST /METHOD with a JSON object; that is all. This one
 * takes one question after the other and knows no more of HTTP than where a question begins and
 * ends. What has a volume's name here is a volume: there is no list that could be wrong.
 *
 * Book: 5.11
 */
#include <dirent.h>
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static const char *top; /* the folder of the folders */

static json_t *failed(const char *name)
{
	return json_pack("{s:o}", "Err", json_sprintf("%s: %s", name, strerror(errno)));
}

static json_t *shown(const char *name)
{
	return json_pack("{s:s, s:o, s:{s:s}}", "Name", name, "Mountpoint",
			 json_sprintf("%s/%s", top, name), "Status", "kind", "folder");
}

/* -- the methods: each gets the volume's name, and is in the folder of the folders -- */

static json_t *activate(const char *name)
{
	(void)name;
	return json_pack("{s:[s]}", "Implements", "VolumeDriver");
}

static json_t *capabilities(const char *name)
{
	(void)name;
	return json_pack("{s:{s:s}}", "Capabilities", "Scope", "local");
}

static json_t *create(const char *name)
{
	return mkdir(name, 0755) == 0 || errno == EEXIST ? json_object() : failed(name);
}

/* What is not empty stays: better a message than lost data. */
static json_t *remove_one(const char *name)
{
	return rmdir(name) == 0 ? json_object() : failed(name);
}

static json_t *get(const char *name)
{
	return access(name, F_OK) == 0 ? json_pack("{s:o}", "Volume", shown(name)) : failed(name);
}

static json_t *list(const char *name)
{
	json_t *volumes = json_array();
	DIR *folder = opendir(".");
	const struct dirent *entry;

	(void)name;
	while (folder && (entry = readdir(folder)))
		if (*entry->d_name != '.')
			json_array_append_new(volumes, shown(entry->d_name));
	if (folder)
		closedir(folder);
	return json_pack("{s:o}", "Volumes", volumes);
}

/* A folder is always there: a plugin of disks would look for its disk here, and mount it for the
 * first "ID" that comes, and unmount it after the last. */
static json_t *mount_one(const char *name)
{
	printf("a container has the volume %s\n", name);
	return access(name, F_OK) == 0
		       ? json_pack("{s:o}", "Mountpoint", json_sprintf("%s/%s", top, name))
		       : failed(name);
}

static json_t *unmount_one(const char *name)
{
	printf("a container has given back the volume %s\n", name);
	return json_object();
}

static const struct {
	const char *name;
	json_t *(*answer)(const char *name);
} methods[] = {
	{"Plugin.Activate", activate},
	{"VolumeDriver.Capabilities", capabilities},
	{"VolumeDriver.Create", create},
	{"VolumeDriver.Remove", remove_one},
	{"VolumeDriver.Get", get},
	{"VolumeDriver.List", list},
	{"VolumeDriver.Path", mount_one},
	{"VolumeDriver.Mount", mount_one},
	{"VolumeDriver.Unmount", unmount_one},
};

/* Who asks is root, but what he asks for may come from a user: "../../etc" is not our volume. */
static json_t *answer_to(const char *method, const char *body)
{
	json_t *request = json_loads(body, 0, NULL);
	const char *given = json_string_value(json_object_get(request, "Name"));
	char *name = strdup(given ? given : "");
	json_t *answer = NULL;

	json_decref(request);
	for (size_t i = 0; i < sizeof(methods) / sizeof(*methods); i++)
		if (strcmp(method, methods[i].name) == 0)
			answer =
				*name == '.' || strchr(name, '/')
					? json_pack("{s:s}", "Err", "a name has no dots or slashes")
					: methods[i].answer(name);
	free(name);
	return answer;
}

/* -- HTTP, as little as will do -- */

/* POST /METHOD HTTP/1.1, headers, an empty line, and as many bytes as Content-Length says. */
static void serve(FILE *peer)
{
	char line[1024], method[100] = "", body[65536] = "";
	size_t length = 0;

	if (!fgets(line, sizeof(line), peer) || sscanf(line, "POST /%99s", method) != 1)
		return;
	while (fgets(line, sizeof(line), peer) && strcmp(line, "\r\n") != 0)
		sscanf(line, "Content-Length: %zu", &length);
	if (length >= sizeof(body) || fread(body, 1, length, peer) != length)
		return;
	json_t *answer = answer_to(method, body);
	char *text = answer ? json_dumps(answer, JSON_COMPACT) : strdup("no such method");
	fprintf(peer, "HTTP/1.1 %s\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n%s",
		answer ? "200 OK" : "404 Not Found", strlen(text), text);
	json_decref(answer);
	free(text);
}

static int listen_at(const char *path)
{
	struct sockaddr_un name = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(name.sun_path, sizeof(name.sun_path), "%s", path);
	unlink(path); /* of one that was here before */
	return bind(fd, (struct sockaddr *)&name, sizeof(name)) == 0 && listen(fd, 16) == 0 ? fd
											    : -1;
}

int main(int argc, char **argv)
{
	if (argc != 3) {
		fprintf(stderr, "usage: folders SOCKET FOLDER\n");
		return 1;
	}
	top = argv[2];
	int fd = listen_at(argv[1]);
	if (fd < 0 || chdir(top) < 0) {
		perror(fd < 0 ? argv[1] : top);
		return 1;
	}
	setlinebuf(stdout);
	for (;;) {
		FILE *peer = fdopen(accept(fd, NULL, NULL), "r+");

		if (peer) {
			serve(peer);
			fclose(peer);
		}
	}
}
