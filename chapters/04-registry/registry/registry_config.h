/*
 * registry_config.h - what mini-registry was told: its flags
 *
 * Strings are borrowed from argv. Book: 4.2
 */
#ifndef MINI_REGISTRY_CONFIG_H
#define MINI_REGISTRY_CONFIG_H

#include <stdbool.h>
#include <stdio.h>

#include "error.h"
#include "log.h"
#include "options.h"
#include "registry.h"
#include "registry_auth.h"
#include "registry_collect.h"
#include "tls.h"

#define REGISTRY_DEFAULT_ROOT   "/var/lib/mini-registry"
#define REGISTRY_DEFAULT_LISTEN "tcp://127.0.0.1:5000"

struct registry_config {
	const char *root;
	struct words listen; /* never empty once read */
	struct tls_files tls;
	const char *tls_ca; /* NULL: clients need no certificate */
	bool plain_http;    /* also where others can come */
	struct registry_auth_options auth;
	struct registry_limits limits;
	struct registry_collect_options collect;
	int64_t patience; /* seconds */
	struct {
		const char *of;          /* a registry's name; NULL: this is no mirror */
		const char *credentials; /* path; NULL: nobody's */
		const char *certs;       /* certs.d; NULL: Docker's */
	} mirror;
	const char *upload_timeout_text, *grace_text, *interval_text, *patience_text, *keep_text;
	const char *access_log;
	const char *log_level_name;
	enum log_level log_level;
	const char *completion; /* of which shell */
	bool help, version, man, explain;
};
#define auto_registry_config __attribute__((cleanup(registry_config_finish))) struct registry_config

extern const struct option_row registry_flags[];

/* ERROR_INVALID. */
fallible registry_config_read(struct registry_config *config, int argc, char **argv);
void registry_config_finish(struct registry_config *config);
void registry_config_help(FILE *to);

#endif
