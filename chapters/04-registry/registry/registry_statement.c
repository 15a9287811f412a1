#include "registry_statement.h"

/* Texts are bytes: names and tags compare as Go's sort.Strings does. A repository that is gone for
 * long and comes back is a new one. */
static const char setup[] =
	"CREATE TABLE IF NOT EXISTS repository ("
	" id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE);"
	"CREATE TABLE IF NOT EXISTS blob ("
	" repository INTEGER NOT NULL, digest TEXT NOT NULL, size INTEGER NOT NULL,"
	" seen INTEGER NOT NULL, PRIMARY KEY (repository, digest)) WITHOUT ROWID;"
	"CREATE INDEX IF NOT EXISTS blob_digest ON blob (digest);"
	"CREATE TABLE IF NOT EXISTS manifest ("
	" repository INTEGER NOT NULL, digest TEXT NOT NULL, media_type TEXT NOT NULL,"
	" size INTEGER NOT NULL, subject TEXT, artifact_type TEXT, annotations TEXT,"
	" pushed INTEGER NOT NULL, PRIMARY KEY (repository, digest)) WITHOUT ROWID;"
	"CREATE INDEX IF NOT EXISTS manifest_digest ON manifest (digest);"
	"CREATE INDEX IF NOT EXISTS manifest_subject ON manifest (repository, subject, digest)"
	" WHERE subject IS NOT NULL;"
	"CREATE TABLE IF NOT EXISTS edge ("
	" repository INTEGER NOT NULL, manifest TEXT NOT NULL, digest TEXT NOT NULL,"
	" is_manifest INTEGER NOT NULL, PRIMARY KEY (repository, manifest, digest)) WITHOUT ROWID;"
	"CREATE INDEX IF NOT EXISTS edge_digest ON edge (repository, digest);"
	"CREATE TABLE IF NOT EXISTS tag ("
	" repository INTEGER NOT NULL, name TEXT NOT NULL, digest TEXT NOT NULL,"
	" PRIMARY KEY (repository, name)) WITHOUT ROWID;"
	"CREATE INDEX IF NOT EXISTS tag_digest ON tag (repository, digest);";

#define ID_OF            "(SELECT id FROM repository WHERE name = ?1)"
#define MANIFEST_COLUMNS "m.digest, m.media_type, m.size, m.subject, m.artifact_type, m.annotations"

static const char *const statements[STATEMENT_COUNT] = {
	[FIND_REPOSITORY] = "SELECT id FROM repository WHERE name = ?1",
	[ADD_REPOSITORY] = "INSERT INTO repository (name) VALUES (?1)",
	[LIST_REPOSITORIES] = "SELECT name FROM repository r WHERE name > ?1 AND EXISTS"
			      " (SELECT 1 FROM manifest m WHERE m.repository = r.id) ORDER BY name",
	[USAGE] = "SELECT (SELECT coalesce(sum(size), 0) FROM blob WHERE repository = ?1) +"
		  " (SELECT coalesce(sum(size), 0) FROM manifest WHERE repository = ?1)",
	[FIND_BLOB] = "SELECT size, seen FROM blob WHERE repository = " ID_OF " AND digest = ?2",
	[HAS_BLOB] = "SELECT 1 FROM blob WHERE repository = ?1 AND digest = ?2",
	[ADD_BLOB] = "INSERT OR REPLACE INTO blob (repository, digest, size, seen)"
		     " VALUES (?1, ?2, ?3, ?4)",
	[TOUCH_BLOB] = "UPDATE blob SET seen = ?3 WHERE repository = " ID_OF " AND digest = ?2",
	[REMOVE_BLOB] = "DELETE FROM blob WHERE repository = " ID_OF " AND digest = ?2",
	[HOLDERS] = "SELECT r.name FROM blob b JOIN repository r ON r.id = b.repository"
		    " WHERE b.digest = ?1",
	[FIND_MANIFEST] = "SELECT " MANIFEST_COLUMNS " FROM manifest m"
			  " WHERE m.repository = " ID_OF " AND m.digest = ?2",
	[FIND_TAG] = "SELECT " MANIFEST_COLUMNS " FROM tag t JOIN manifest m"
		     " ON m.repository = t.repository AND m.digest = t.digest"
		     " WHERE t.repository = " ID_OF " AND t.name = ?2",
	[HAS_MANIFEST] = "SELECT 1 FROM manifest WHERE repository = ?1 AND digest = ?2",
	[ADD_MANIFEST] = "INSERT OR REPLACE INTO manifest (repository, digest, media_type, size,"
			 " subject, artifact_type, annotations, pushed)"
			 " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
	[ADD_EDGE] = "INSERT OR REPLACE INTO edge (repository, manifest, digest, is_manifest)"
		     " VALUES (?1, ?2, ?3, ?4)",
	[REMOVE_EDGES] = "DELETE FROM edge WHERE repository = " ID_OF " AND manifest = ?2",
	[REMOVE_TAGS] = "DELETE FROM tag WHERE repository = " ID_OF " AND digest = ?2",
	[REMOVE_MANIFEST] = "DELETE FROM manifest WHERE repository = " ID_OF " AND digest = ?2",
	[ADD_TAG] = "INSERT OR REPLACE INTO tag (repository, name, digest) VALUES (?1, ?2, ?3)",
	[REMOVE_TAG] = "DELETE FROM tag WHERE repository = " ID_OF " AND name = ?2",
	[LIST_TAGS] = "SELECT name FROM tag WHERE repository = ?1 AND name > ?2 ORDER BY name",
	[REFERRERS] = "SELECT " MANIFEST_COLUMNS " FROM manifest m"
		      " WHERE m.repository = ?1 AND m.subject = ?2 AND m.digest > ?4"
		      " AND (?3 IS NULL OR m.artifact_type = ?3) ORDER BY m.digest",
	/* A referrer lives as long as its subject. */
	[EXPIRE_MANIFESTS] =
		"DELETE FROM manifest WHERE pushed < ?1"
		" AND NOT EXISTS (SELECT 1 FROM tag t WHERE t.repository = manifest.repository"
		"  AND t.digest = manifest.digest)"
		" AND NOT EXISTS (SELECT 1 FROM edge e WHERE e.repository = manifest.repository"
		"  AND e.digest = manifest.digest)"
		" AND NOT EXISTS (SELECT 1 FROM manifest s WHERE s.repository ="
		"  manifest.repository AND s.digest = manifest.subject)",
	[EXPIRE_EDGES] = "DELETE FROM edge WHERE NOT EXISTS (SELECT 1 FROM manifest m"
			 " WHERE m.repository = edge.repository AND m.digest = edge.manifest)",
	[EXPIRE_BLOBS] = "DELETE FROM blob WHERE seen < ?1"
			 " AND NOT EXISTS (SELECT 1 FROM edge e WHERE e.repository ="
			 "  blob.repository AND e.digest = blob.digest)",
	[TOUCH_MANIFEST] = "UPDATE manifest SET pushed = ?3 WHERE repository = " ID_OF
			   " AND digest = ?2 AND pushed < ?4",
	[FORGET_MANIFESTS] = "DELETE FROM manifest WHERE pushed < ?1",
	[FORGET_TAGS] = "DELETE FROM tag WHERE NOT EXISTS (SELECT 1 FROM manifest m"
			" WHERE m.repository = tag.repository AND m.digest = tag.digest)",
	[IS_USED] = "SELECT 1 FROM blob WHERE digest = ?1"
		    " UNION ALL SELECT 1 FROM manifest WHERE digest = ?1 LIMIT 1",
	[COUNT] = "SELECT (SELECT count(*) FROM repository), (SELECT count(*) FROM tag),"
		  " (SELECT count(*) FROM manifest), (SELECT count(*) FROM blob)",
};

const struct database_schema registry_schema = {
	.setup = setup,
	.statements = statements,
	.count = STATEMENT_COUNT,
	.cache_kib = 2048,
	.empty = "with no repositories",
};
