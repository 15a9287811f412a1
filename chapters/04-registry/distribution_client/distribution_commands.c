/* The commands of chapter 4, under the names that docker gives them (client.h). */
#include <stdlib.h>

#include "credential.h"
#include "distribution_cli.h"
#include "memory.h"

static const struct command_name image_commands[] = {
	{"pull", &image_pull_command},
	{"push", &image_push_command},
	{0},
};

static const struct command_name manifest_commands[] = {
	{"annotate", &manifest_annotate_command}, {"create", &manifest_create_command},
	{"inspect", &manifest_inspect_command},   {"push", &manifest_push_command},
	{"rm", &manifest_remove_command},         {0},
};

static const struct command image_management = {
	.summary = "Manage images",
	.children = image_commands,
};

static const struct command manifest_management = {
	.summary = "Manage Docker image manifests and manifest lists",
	.children = manifest_commands,
};

const struct command_name distribution_commands[] = {
	{"image", &image_management},        {"manifest", &manifest_management},
	{"pull", &image_pull_command, true}, {"push", &image_push_command, true},
	{"login", &login_command, true},     {"logout", &logout_command, true},
	{"search", &search_command, true},   {0},
};

fallible distribution_credentials(struct client *client, struct buffer *config)
{
	autojson *auths = NULL;

	TRY(credential_load_all(client->config, &auths));
	autojson *file = json_pack("{s:O}", "auths", auths);
	if (json_object_size(auths))
		json_append_indented(config, file, "\t");
	return NULL;
}

fallible distribution_authorize(struct client *client, const char *image)
{
	auto_image_name name = {0};
	auto_credential credential = {0};

	image_name_split(image, &name);
	autofree char *server = credential_server(name.domain);
	TRY(credential_load(client->config, server, &credential));
	free(client->registry_auth);
	client->registry_auth = credential_header(&credential, server);
	return NULL;
}
