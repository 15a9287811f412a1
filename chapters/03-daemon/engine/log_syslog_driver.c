#include "log_syslog_driver.h"

#include <errno.h>
#include <netdb.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "log_orders.h"
#include "memory.h"
#include "path.h"
#include "text.h"

#define DEFAULT_PORT "514"

const char *const log_syslog_options[] = {"env",
					  "env-regex",
					  "labels",
					  "labels-regex",
					  "syslog-address",
					  "syslog-facility",
					  "syslog-tls-ca-cert",
					  "syslog-tls-cert",
					  "syslog-tls-key",
					  "syslog-tls-skip-verify",
					  "tag",
					  "syslog-format",
					  NULL};

/* RFC 5424, table 1, by number. */
static const char *const facilities[] = {
	"kern",   "user",   "mail",     "daemon", "auth",   "syslog", "lpr",    "news",
	"uucp",   "cron",   "authpriv", "ftp",    NULL,     NULL,     NULL,     NULL,
	"local0", "local1", "local2",   "local3", "local4", "local5", "local6", "local7",
};

static const char *const formats[] = {"", "rfc3164", "rfc5424", "rfc5424micro"};

/* Where a host's own syslog listens. */
static const char *const local_sockets[] = {"/dev/log", "/var/run/syslog", "/var/run/log"};

/* ---- addresses ---- */

struct address {
	const char *scheme; /* of the table below */
	const char *rest;   /* behind "scheme://" */
};

static fallible read_address(const char *text, struct address *address)
{
	static const char *const schemes[] = {"udp", "tcp", "unix", "unixgram", "tcp+tls"};
	const char *rest = strstr(text, "://");

	*address = (struct address){0};
	for (size_t i = 0; rest && i < countof(schemes); i++)
		if (strlen(schemes[i]) == (size_t)(rest - text) &&
		    text_has_prefix(text, schemes[i]))
			*address = (struct address){schemes[i], rest + strlen("://")};
	if (!address->scheme || !*address->rest)
		return error_new(ERROR_INVALID,
				 "syslog-address should be in form proto://address, got %s", text);
	return NULL;
}

static bool is_tls(const struct address *address)
{
	return strcmp(address->scheme, "tcp+tls") == 0;
}

static bool is_path(const struct address *address)
{
	return text_has_prefix(address->scheme, "unix");
}

static fallible check_address(const char *text)
{
	struct address address;

	if (!*text)
		return NULL;
	TRY(read_address(text, &address));
	if (is_path(&address) && access(address.rest, F_OK) < 0)
		return error_new(ERROR_INVALID, "stat %s: no such file or directory", address.rest);
	return NULL;
}

/* "log.example:601", "[2001:db8::1]:601", "log.example" */
static void split_host(const char *text, char **host, char **port)
{
	const char *bracket = strchr(text, ']');
	const char *colon = strrchr(bracket ? bracket : text, ':');
	size_t length = colon ? (size_t)(colon - text) : strlen(text);

	*host = *text == '[' && bracket ? duplicate_range(text + 1, bracket - text - 1)
					: duplicate_range(text, length);
	*port = duplicate(colon ? colon + 1 : DEFAULT_PORT);
}

static fallible look_up(const struct address *address, char **out)
{
	autofree char *host = NULL, *port = NULL;
	const struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_DGRAM};
	struct addrinfo *found = NULL;
	char number[128], service[32];

	split_host(address->rest, &host, &port);
	int problem = getaddrinfo(host, port, &hints, &found);
	if (problem == 0)
		problem = getnameinfo(found->ai_addr, found->ai_addrlen, number, sizeof(number),
				      service, sizeof(service), NI_NUMERICHOST | NI_NUMERICSERV);
	bool six = problem == 0 && found->ai_family == AF_INET6;
	if (found)
		freeaddrinfo(found);
	if (problem)
		return error_new(ERROR_INVALID, "dial %s: lookup %s: %s", address->scheme, host,
				 gai_strerror(problem));
	*out = format(six ? "%s:[%s]:%s" : "%s:%s:%s", address->scheme, number, service);
	return NULL;
}

/* A certificate is for a name. */
static char *tls_address(const struct address *address)
{
	autofree char *host = NULL, *port = NULL;

	split_host(address->rest, &host, &port);
	return format(strchr(host, ':') ? "tcp+tls:[%s]:%s" : "tcp+tls:%s:%s", host, port);
}

static fallible local_address(char **out)
{
	for (size_t i = 0; i < countof(local_sockets); i++) {
		if (access(local_sockets[i], F_OK) < 0)
			continue;
		*out = format("unixgram:%s", local_sockets[i]);
		return NULL;
	}
	return error_new(ERROR_INVALID, "Unix syslog delivery error");
}

static fallible find_address(const char *text, char **out)
{
	struct address address;

	if (!*text)
		return local_address(out);
	TRY(read_address(text, &address));
	if (is_tls(&address))
		*out = tls_address(&address);
	else if (is_path(&address))
		*out = format("%s:%s", address.scheme, address.rest);
	else
		return look_up(&address, out);
	return NULL;
}

/* ---- facility and format ---- */

static fallible read_facility(const char *text, int64_t *number)
{
	*number = 3; /* daemon */
	if (!*text)
		return NULL;
	for (size_t i = 0; i < countof(facilities); i++)
		if (facilities[i] && strcmp(facilities[i], text) == 0) {
			*number = i;
			return NULL;
		}
	autoerror e = integer_parse(text, "facility", 0, countof(facilities) - 1, number);
	return e ? error_new(ERROR_INVALID, "invalid syslog facility") : NULL;
}

static fallible check_format(const char *text)
{
	for (size_t i = 0; i < countof(formats); i++)
		if (strcmp(formats[i], text) == 0)
			return NULL;
	return error_new(ERROR_INVALID, "Invalid syslog format");
}

/* ---- the driver ---- */

fallible log_syslog_check(const struct log_info *info)
{
	int64_t number;

	TRY(check_address(log_info_option(info, "syslog-address")));
	TRY(read_facility(log_info_option(info, "syslog-facility"), &number));
	return check_format(log_info_option(info, "syslog-format"));
}

/* That it is said is enough, as with Docker, whatever its value is. */
static bool skips_verification(const struct log_info *info)
{
	return json_object_get(info->options, "syslog-tls-skip-verify");
}

static void order_tls(const struct log_info *info, struct buffer *orders)
{
	autofree char *program = path_beside_program("mini-tls");
	const char *ca = log_info_option(info, "syslog-tls-ca-cert");

	log_orders_add(orders, "program", program);
	log_orders_add(orders, "ca", skips_verification(info) ? "" : *ca ? ca : "-");
	log_orders_add(orders, "certificate", log_info_option(info, "syslog-tls-cert"));
	log_orders_add(orders, "key", log_info_option(info, "syslog-tls-key"));
}

fallible log_syslog_order(const struct log_info *info, struct buffer *orders)
{
	autofree char *address = NULL, *tag = NULL;
	char host[65] = "";
	int64_t facility;

	TRY(log_info_tag(info, "{{.ID}}", &tag));
	TRY(find_address(log_info_option(info, "syslog-address"), &address));
	TRY(read_facility(log_info_option(info, "syslog-facility"), &facility));
	gethostname(host, sizeof(host) - 1);
	log_orders_add(orders, "address", address);
	if (text_has_prefix(address, "tcp+tls:"))
		order_tls(info, orders);
	log_orders_add_number(orders, "facility", facility);
	log_orders_add(orders, "format", log_info_option(info, "syslog-format"));
	log_orders_add(orders, "tag", tag);
	log_orders_add(orders, "host", host);
	return NULL;
}
