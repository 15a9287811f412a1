#include "registry_pages.h"

#include "man_page.h"
#include "registry_config.h"

static const char description[] =
	"A registry: where images are pushed to and pulled from, as the OCI distribution-spec 1.1 "
	"says, by docker(1), podman(1), skopeo(1) and all others. What was answered 201 survives "
	"kill -9 and power loss; an upload that was broken off goes on where it was. With "
	"--mirror-of it is a cache of another registry.\n\n"
	"Without flags it listens on this machine alone, takes whatever comes and asks nobody for "
	"a password. Where others can come it wants TLS, or --plain-http. It need not be root.";

static const struct man_term access_file[] = {
	{"WHO REPOSITORIES ACTIONS",
	 "A line of --access. WHO is a user's name, * for everybody who has logged in, or - for "
	 "everybody; REPOSITORIES a name, in which stars stand for any text; ACTIONS pull, push, "
	 "delete with commas between, or * for all. What any line grants is granted. Without the "
	 "file everybody who has logged in may do everything."},
	{0},
};

static const struct man_term signals[] = {
	{"SIGTERM, SIGINT", "Ends it, after the requests that are being answered."},
	{"SIGUSR1", "Collects garbage now."},
	{0},
};

static const struct man_term environment[] = {
	{"MINI_EXPLAIN", "Set to 1: as --explain."},
	{"LISTEN_FDS, LISTEN_PID", "Sockets of systemd, for --listen fd://."},
	{"NOTIFY_SOCKET", "Where systemd is told that it is ready."},
	{0},
};

static const struct man_term files[] = {
	{REGISTRY_DEFAULT_ROOT, "An OCI image layout with the blobs of all repositories, and the "
				"records of them in registry.db."},
	{"token.key", "In it: what tokens are signed with, unless --token-key says otherwise."},
	{0},
};

void registry_pages_man(FILE *to)
{
	const struct man_daemon page = {
		.name = "mini-registry",
		.about = "where images are pushed to and pulled from",
		.description = description,
		.options = registry_flags,
		.own_title = "ACCESS",
		.own = access_file,
		.signals = signals,
		.environment = environment,
		.files = files,
		.see_also = "mini-dockerd(8), mini-docker(1), htpasswd(1), skopeo(1)",
	};

	man_page_daemon(to, &page);
}
