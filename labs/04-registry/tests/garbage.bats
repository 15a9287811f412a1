load ../../lib/registry

# bats test_tags=task:garbage,pts:1,alone
@test "a blob that nobody wants goes, in time" {
	alone registry_functions_test a_blob_that_nobody_wants_goes
}

# bats test_tags=task:garbage,pts:1
@test "what leads to what goes with it" {
	alone registry_functions_test what_leads_to_what_goes_with_it
}

# bats test_tags=task:garbage,pts:1,hidden
@test "what nobody has is removed" {
	alone registry_functions_test what_nobody_has_is_removed
}

# The records say now that all was made sure of an hour ago.
age() {
	inside python3 -c 'import sqlite3
db = sqlite3.connect("/tmp/registry/registry.db")
db.execute("UPDATE blob SET seen = seen - 3600")
db.commit()'
}

collect() {
	inside kill -USR1 "$pid"
	for _ in {1..50}; do
		! inside grep -q "garbage collected" /tmp/registry.log || break
		sleep 0.1
	done
	inside sh -c ': >/tmp/registry.log'
}

# bats test_tags=task:garbage,pts:2
@test "who asks for a blob keeps it" {
	local before
	registry
	push team/app asked
	push team/app needed
	push team/app '{}'
	push team/app nobody
	put team/app 1.0 "$(image '{}' needed)"
	expect "the status of the manifest" 201 "$code"
	kill_registry
	age
	registry --gc-grace 10m --read-only
	expect_answer 200 "" HEAD "/v2/team/app/blobs/$(digest_of nobody)"
	kill_registry
	registry --gc-grace 10m
	expect_answer 200 "" HEAD "/v2/team/app/blobs/$(digest_of asked)"
	expect "its length" 5 "$(header Content-Length)"
	expect "its digest" "$(digest_of asked)" "$(header Docker-Content-Digest)"
	expect_answer 404 "" HEAD "/v2/other/blobs/$(digest_of asked)"
	expect_answer 200 nobody GET "/v2/team/app/blobs/$(digest_of nobody)"
	push team/app new
	collect
	expect_answer 200 asked GET "/v2/team/app/blobs/$(digest_of asked)"
	expect_answer 200 needed GET "/v2/team/app/blobs/$(digest_of needed)"
	expect_answer 200 new GET "/v2/team/app/blobs/$(digest_of new)"
	expect_answer 404 BLOB_UNKNOWN GET "/v2/team/app/blobs/$(digest_of nobody)"
	expect "how many blobs there are: four, and the manifest" 5 "$(inside ls /tmp/registry/blobs/sha256 | wc -l)"
	before=$(inside cksum /tmp/registry/registry.db-wal)
	expect_answer 200 "" HEAD "/v2/team/app/blobs/$(digest_of asked)"
	expect "the records, when it was made sure of a moment ago" "$before" \
		"$(inside cksum /tmp/registry/registry.db-wal)"
}
