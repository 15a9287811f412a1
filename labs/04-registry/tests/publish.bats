load ../../lib/registry

# bats test_tags=task:publish,pts:2,alone
@test "what is another thing gets no name" {
	alone registry_functions_test what_is_another_thing_gets_no_name
}

# bats test_tags=task:publish,pts:1,alone
@test "bytes are there once, and counted once" {
	alone registry_functions_test bytes_are_counted_once
}

# bats test_tags=task:publish,pts:1,alone
@test "a blob is mounted from who has it" {
	alone registry_functions_test a_blob_is_mounted_from_who_has_it
}

# bats test_tags=task:publish,pts:1,alone
@test "bytes go with their last record" {
	alone registry_functions_test bytes_go_with_their_last_record
}

# bats test_tags=task:publish,pts:2,alone
@test "a manifest is there with all that it needs, or not at all" {
	alone registry_functions_test a_manifest_is_there_with_all_it_needs
}

# bats test_tags=task:publish,pts:1,hidden
@test "who publishes keeps the collector out" {
	alone registry_functions_test who_publishes_keeps_the_collector_out
}

# bats test_tags=task:publish,pts:2
@test "what was answered 201 is there, also after kill -9" {
	local manifest
	registry
	manifest=$(image '{}' layer)
	push team/app layer
	put team/app 1.0 "$manifest"
	expect "the status of a manifest whose config is missing" 404 "$code"
	expect_part "the answer" MANIFEST_BLOB_UNKNOWN "$output"
	expect_answer 404 MANIFEST_UNKNOWN GET /v2/team/app/manifests/1.0
	push team/app '{}'
	put team/app 1.0 "$manifest"
	expect "the status when it is there" 201 "$code"
	expect_answer 400 DIGEST_INVALID POST \
		"/v2/team/app/blobs/uploads/?digest=$(digest_of promised)" -d another
	expect_answer 201 "" POST "/v2/other/blobs/uploads/?mount=$(digest_of layer)&from=team/app"
	kill_registry
	registry
	expect_answer 200 "$manifest" GET /v2/team/app/manifests/1.0
	expect_answer 200 layer GET "/v2/other/blobs/$(digest_of layer)"
	expect_answer 404 BLOB_UNKNOWN GET "/v2/team/app/blobs/$(digest_of promised)"
	expect_answer 200 '["1.0"]' GET /v2/team/app/tags/list
	output=$(inside sh -c 'cat /tmp/registry/blobs/sha256/*')
	expect "how many bytes there are in all: config, layer and manifest" \
		"$(calculate 7 + ${#manifest})" "${#output}"
}
