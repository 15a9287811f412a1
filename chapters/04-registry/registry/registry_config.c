#include "registry_config.h"

#include <stddef.h>
#include <string.h>

#include "duration.h"
#include "flag_completion.h"
#include "memory.h"

#define FIELD(name) offsetof(struct registry_config, name)

const struct option_row registry_flags[] = {
	{0, "access", OPTION_TEXT, FIELD(auth.access), "file",
	 "Who may do what: lines of WHO REPOSITORIES ACTIONS"},
	{0, "access-log", OPTION_TEXT, FIELD(access_log), "file",
	 "Write a line for each request; \"-\" is standard output"},
	{0, "anonymous-pull", OPTION_FLAG, FIELD(auth.anonymous_pull), NULL,
	 "Let everybody pull; only pushing needs credentials"},
	{0, "completion", OPTION_TEXT, FIELD(completion), "shell", FLAG_COMPLETION_HELP},
	{0, "explain", OPTION_FLAG, FIELD(explain), NULL,
	 "Show each step that could be done by hand"},
	{0, "gc-grace", OPTION_TEXT, FIELD(grace_text), "duration",
	 "Keep what nothing needs for so long (default 1h)"},
	{0, "gc-interval", OPTION_TEXT, FIELD(interval_text), "duration",
	 "Collect garbage so often; 0 for never (default 6h; also on SIGUSR1)"},
	{0, "gc-untagged", OPTION_FLAG, FIELD(collect.untagged), NULL,
	 "Manifests without a tag are garbage, too"},
	{0, "htpasswd", OPTION_TEXT, FIELD(auth.htpasswd), "file",
	 "Users and their bcrypt hashes (htpasswd -B)"},
	{0, "idle-timeout", OPTION_TEXT, FIELD(patience_text), "duration",
	 "Close connections on which nothing happens (default 1m)"},
	{'l', "listen", OPTION_LIST, FIELD(listen), "address",
	 "Where to listen: tcp://HOST:PORT, unix://PATH or fd:// "
	 "(default \"" REGISTRY_DEFAULT_LISTEN "\")"},
	{0, "log-level", OPTION_TEXT, FIELD(log_level_name), "level",
	 "Set the logging level (\"debug\"|\"info\"|\"warn\"|\"error\") (default \"info\")"},
	{0, "man", OPTION_FLAG, FIELD(man), NULL, "Print the manual page and quit"},
	{0, "mirror-certs", OPTION_TEXT, FIELD(mirror.certs), "folder",
	 "Certificates for the mirrored registry (default \"/etc/docker/certs.d\")"},
	{0, "mirror-credentials", OPTION_TEXT, FIELD(mirror.credentials), "file",
	 "Who we are there: a configuration file of docker, after \"docker login\""},
	{0, "mirror-keep", OPTION_TEXT, FIELD(keep_text), "duration",
	 "Drop what nobody has asked for so long; 0 for never (default 168h)"},
	{0, "mirror-of", OPTION_TEXT, FIELD(mirror.of), "registry",
	 "Be a cache of this registry: \"docker.io\", \"host:port\" or an URL"},
	{0, "no-delete", OPTION_FLAG, FIELD(limits.no_delete), NULL,
	 "Refuse to remove tags, manifests and blobs"},
	{0, "plain-http", OPTION_FLAG, FIELD(plain_http), NULL,
	 "Serve without TLS also where other machines can come"},
	{0, "quota", OPTION_SIZE, FIELD(limits.quota), "bytes", "The most that is stored"},
	{0, "quota-repository", OPTION_SIZE, FIELD(limits.repository_quota), "bytes",
	 "The most that one repository has"},
	{0, "read-only", OPTION_FLAG, FIELD(limits.read_only), NULL, "Refuse whatever changes"},
	{0, "realm", OPTION_TEXT, FIELD(auth.realm), "text",
	 "What Basic authentication is for (default \"mini-registry\")"},
	{'r', "root", OPTION_TEXT, FIELD(root), "folder",
	 "Where everything is (default \"" REGISTRY_DEFAULT_ROOT "\")"},
	{0, "tls-ca", OPTION_TEXT, FIELD(tls_ca), "file",
	 "Clients need a certificate that one of these has signed"},
	{0, "tls-certificate", OPTION_TEXT, FIELD(tls.certificate), "file", "Certificate (PEM)"},
	{0, "tls-key", OPTION_TEXT, FIELD(tls.key), "file", "Its key (PEM)"},
	{0, "token", OPTION_FLAG, FIELD(auth.own_tokens), NULL,
	 "Give tokens to users of --htpasswd, at /token, and take nothing else"},
	{0, "token-certificate", OPTION_TEXT, FIELD(auth.token_certificate), "file",
	 "Believe tokens that keys or certificates of this PEM file have signed"},
	{0, "token-issuer", OPTION_TEXT, FIELD(auth.token_issuer), "text",
	 "Who signs tokens: their claim iss"},
	{0, "token-key", OPTION_TEXT, FIELD(auth.token_key), "file",
	 "Sign with this private key (default ROOT/token.key, made when missing)"},
	{0, "token-realm", OPTION_TEXT, FIELD(auth.token_realm), "url",
	 "Where clients get tokens (default here, if it gives them)"},
	{0, "token-service", OPTION_TEXT, FIELD(auth.token_service), "text",
	 "What this registry is called in tokens: their claim aud"},
	{0, "upload-timeout", OPTION_TEXT, FIELD(upload_timeout_text), "duration",
	 "Drop uploads that nobody goes on with (default 24h)"},
	{'v', "version", OPTION_FLAG, FIELD(version), NULL, "Print version information and quit"},
	{0},
};

static fallible seconds(const char *text, const char *what, const char *fallback, int64_t *out)
{
	int64_t nanoseconds;

	TRY(duration_parse(text ? text : fallback, what, &nanoseconds));
	*out = nanoseconds / 1000000000;
	if (nanoseconds < 0)
		return error_new(ERROR_INVALID, "%s must not be negative", what);
	return NULL;
}

static fallible read_times(struct registry_config *config)
{
	struct registry_collect_options *collect = &config->collect;

	TRY(seconds(config->grace_text, "--gc-grace", "1h", &collect->grace));
	TRY(seconds(config->interval_text, "--gc-interval", "6h", &collect->interval));
	TRY(seconds(config->upload_timeout_text, "--upload-timeout", "24h",
		    &collect->upload_timeout));
	if (config->mirror.of)
		TRY(seconds(config->keep_text, "--mirror-keep", "168h", &collect->keep));
	return seconds(config->patience_text, "--idle-timeout", "1m", &config->patience);
}

static fallible check(struct registry_config *config)
{
	if ((config->tls.certificate || config->tls_ca) && !config->tls.key)
		return error_new(ERROR_INVALID,
				 "TLS needs --tls-certificate and --tls-key together");
	if (config->limits.quota < 0 || config->limits.repository_quota < 0)
		return error_new(ERROR_INVALID, "a quota must not be negative");
	if (!config->mirror.of &&
	    (config->mirror.credentials || config->mirror.certs || config->keep_text))
		return error_new(ERROR_INVALID,
				 "--mirror-certs, --mirror-credentials and --mirror-keep are for a "
				 "mirror: give --mirror-of");
	config->limits.read_only |= config->mirror.of != NULL;
	config->tls.ca = config->tls_ca;
	config->tls.verify = config->tls_ca;
	config->auth.tls = config->tls.certificate;
	return NULL;
}

static fallible complete(struct registry_config *config)
{
	if (!config->root)
		config->root = REGISTRY_DEFAULT_ROOT;
	if (!config->listen.count)
		words_append(&config->listen, REGISTRY_DEFAULT_LISTEN);
	if (!config->auth.realm)
		config->auth.realm = "mini-registry";
	config->log_level = LOG_LEVEL_INFO;
	if (config->log_level_name)
		TRY(log_level_parse(config->log_level_name, &config->log_level));
	TRY(read_times(config));
	return check(config);
}

fallible registry_config_read(struct registry_config *config, int argc, char **argv)
{
	int first;

	TRY(options_parse(registry_flags, config, OPTIONS_ANYWHERE, argc, argv, &first,
			  &config->help));
	if (config->help || config->version || config->man || config->completion)
		return NULL;
	if (first < argc)
		return error_new(ERROR_INVALID, "mini-registry takes no arguments: '%s'",
				 argv[first]);
	return complete(config);
}

void registry_config_finish(struct registry_config *config)
{
	words_finish(&config->listen);
}

void registry_config_help(FILE *to)
{
	fputs("Usage:  mini-registry [OPTIONS]\n\nA registry for images: the OCI "
	      "distribution-spec\n\n",
	      to);
	options_help(registry_flags, to);
}
