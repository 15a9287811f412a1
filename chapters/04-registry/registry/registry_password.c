#include "registry_password.h"

#include <crypt.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>

#include "base64.h"
#include "digest.h"
#include "distribution_error.h"
#include "file.h"
#include "log.h"
#include "memory.h"
#include "text.h"

#define FILE_LIMIT     (4 << 20)
#define REMEMBERED     64
#define REMEMBER_TIME  300 /* seconds */
#define PASSWORD_LIMIT 1024

struct entry {
	char *user, *hash;
};

struct table {
	struct entry *entries;
	size_t count;
};

struct remembered {
	struct digest proof;
	time_t until;
};

struct registry_passwords {
	pthread_mutex_t lock;
	char *path;
	struct timespec modified;
	struct table table;
	char key[32];
	struct remembered remembered[REMEMBERED];
	size_t next;
};

/* -- the file -- */

static void table_finish(struct table *table)
{
	for (size_t i = 0; i < table->count; i++) {
		free(table->entries[i].user);
		free(table->entries[i].hash);
	}
	free(table->entries);
	*table = (struct table){0};
}

static bool is_bcrypt(const char *hash)
{
	return text_has_prefix(hash, "$2y$") || text_has_prefix(hash, "$2b$") ||
	       text_has_prefix(hash, "$2a$");
}

static fallible parse_line(struct table *table, const char *path, size_t number, char *line)
{
	char *colon = strchr(line, ':');

	line[strcspn(line, "\r")] = '\0';
	if (!*line || *line == '#')
		return NULL;
	if (!colon || colon == line || !is_bcrypt(colon + 1))
		return error_new(
			ERROR_INVALID,
			"line %zu of the password file '%s' is not NAME:HASH with a bcrypt "
			"hash: make it with 'htpasswd -B'",
			number, path);
	table->entries = reallocate(table->entries, table->count + 1, sizeof(*table->entries));
	table->entries[table->count++] =
		(struct entry){duplicate_range(line, colon - line), duplicate(colon + 1)};
	return NULL;
}

static fallible read_table(const char *path, struct table *table)
{
	autobuffer text = {0};
	char *rest;
	size_t number = 0;

	TRY(file_read(AT_FDCWD, path, FILE_LIMIT, &text));
	for (char *line = text.length ? text.data : NULL; line; line = rest) {
		rest = strchr(line, '\n');
		if (rest)
			*rest++ = '\0';
		TRY(parse_line(table, path, ++number, line));
	}
	return NULL;
}

static fallible load(struct registry_passwords *passwords)
{
	struct table table = {0};
	struct error *e = read_table(passwords->path, &table);

	if (e) {
		table_finish(&table);
		return e;
	}
	table_finish(&passwords->table);
	passwords->table = table;
	return NULL;
}

/* With the lock held. A file that is bad now leaves the old passwords as they are. */
static void reload_if_changed(struct registry_passwords *passwords)
{
	struct stat st;

	if (stat(passwords->path, &st) < 0 || (st.st_mtim.tv_sec == passwords->modified.tv_sec &&
					       st.st_mtim.tv_nsec == passwords->modified.tv_nsec))
		return;
	passwords->modified = st.st_mtim;
	log_dropped(LOG_LEVEL_WARN, load(passwords), "the passwords stay as they were");
}

fallible registry_passwords_open(const char *path, struct registry_passwords **out)
{
	struct registry_passwords *passwords = allocate(sizeof(*passwords));
	struct stat st;

	pthread_mutex_init(&passwords->lock, NULL);
	passwords->path = duplicate(path);
	struct error *e = getrandom(passwords->key, sizeof(passwords->key), 0) < 0
				  ? error_system("cannot get random bytes")
				  : load(passwords);
	if (!e && stat(path, &st) == 0)
		passwords->modified = st.st_mtim;
	if (e)
		registry_passwords_close(passwords);
	else
		*out = passwords;
	return e;
}

void registry_passwords_close(struct registry_passwords *passwords)
{
	if (!passwords)
		return;
	table_finish(&passwords->table);
	explicit_bzero(passwords->key, sizeof(passwords->key));
	pthread_mutex_destroy(&passwords->lock);
	free(passwords->path);
	free(passwords);
}

/* -- checking; all with the lock held -- */

static const char *hash_of(const struct registry_passwords *passwords, const char *user)
{
	for (size_t i = 0; i < passwords->table.count; i++)
		if (strcmp(passwords->table.entries[i].user, user) == 0)
			return passwords->table.entries[i].hash;
	return NULL;
}

static void prove(const struct registry_passwords *passwords, const char *hash,
		  const char *password, struct digest *proof)
{
	autohasher *hasher = hasher_create(NULL);

	hasher_update(hasher, passwords->key, sizeof(passwords->key));
	hasher_update(hasher, hash, strlen(hash) + 1);
	hasher_update(hasher, password, strlen(password));
	hasher_finish(hasher, proof);
}

static bool is_remembered(const struct registry_passwords *passwords, const struct digest *proof)
{
	time_t now = time(NULL);

	for (size_t i = 0; i < REMEMBERED; i++)
		if (passwords->remembered[i].until > now &&
		    digest_equal(&passwords->remembered[i].proof, proof))
			return true;
	return false;
}

static bool fits(const char *hash, const char *password)
{
	struct crypt_data *data = allocate(sizeof(*data));
	const char *again = crypt_r(password, hash, data);
	bool same = again && strcmp(again, hash) == 0;

	explicit_bzero(data, sizeof(*data));
	free(data);
	return same;
}

static bool check(struct registry_passwords *passwords, const char *user, const char *password)
{
	const char *hash;
	struct digest proof;

	reload_if_changed(passwords);
	hash = hash_of(passwords, user);
	/* Somebody else's is tried then, so that the time does not tell who there is. */
	if (!hash) {
		if (passwords->table.count)
			fits(passwords->table.entries[0].hash, password);
		return false;
	}
	prove(passwords, hash, password, &proof);
	if (is_remembered(passwords, &proof))
		return true;
	if (!fits(hash, password))
		return false;
	passwords->remembered[passwords->next++ % REMEMBERED] =
		(struct remembered){proof, time(NULL) + REMEMBER_TIME};
	return true;
}

fallible registry_password_check(struct registry_passwords *passwords, const char *user,
				 const char *password)
{
	bool good = false;

	pthread_mutex_lock(&passwords->lock);
	if (strlen(password) <= PASSWORD_LIMIT)
		good = check(passwords, user, password);
	pthread_mutex_unlock(&passwords->lock);
	return good ? NULL
		    : error_coded(&distribution_unauthorized, "the name or the password is wrong");
}

fallible registry_password_parse(const char *header, char **user, char **password)
{
	autobuffer text = {0};
	const char *encoded = header + strlen("Basic ");

	if (strncasecmp(header, "Basic ", strlen("Basic ")) != 0)
		return error_new(ERROR_INVALID, "the header Authorization is not Basic");
	TRY(error_wrap(base64_decode(encoded + strspn(encoded, " "), &text),
		       "the header Authorization"));
	const char *colon = text.length ? memchr(text.data, ':', text.length) : NULL;
	if (!colon || strlen(text.data) != text.length)
		return error_new(ERROR_INVALID,
				 "the header Authorization has no NAME:PASSWORD in it");
	*user = duplicate_range(text.data, colon - text.data);
	*password = duplicate(colon + 1);
	return NULL;
}
