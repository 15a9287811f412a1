#include "manifest_options.h"

#define AT(member) offsetof(struct manifest_options, member)
#define INSECURE(help)                                                                             \
	{                                                                                          \
		0, "insecure", OPTION_FLAG, AT(insecure), NULL, help                               \
	}

const struct option_row manifest_annotate_rows[] = {
	{0, "arch", OPTION_TEXT, AT(arch), "string", "Set architecture"},
	{0, "os", OPTION_TEXT, AT(os), "string", "Set operating system"},
	{0, "os-features", OPTION_LIST, AT(os_features), "strings", "Set operating system feature"},
	{0, "os-version", OPTION_TEXT, AT(os_version), "string", "Set operating system version"},
	{0, "variant", OPTION_TEXT, AT(variant), "string", "Set architecture variant"},
	{0},
};

const struct option_row manifest_create_rows[] = {
	{'a', "amend", OPTION_FLAG, AT(amend), NULL, "Amend an existing manifest list"},
	INSECURE("Allow communication with an insecure registry"),
	{0},
};

const struct option_row manifest_inspect_rows[] = {
	INSECURE("Allow communication with an insecure registry"),
	{'v', "verbose", OPTION_FLAG, AT(verbose), NULL,
	 "Output additional info including layers and platform"},
	{0},
};

const struct option_row manifest_push_rows[] = {
	INSECURE("Allow push to an insecure registry"),
	{'p', "purge", OPTION_FLAG, AT(purge), NULL, "Remove the local manifest list after push"},
	{0},
};

const struct option_row manifest_remove_rows[] = {{0}};
