load ../../lib/registry

# bats test_tags=task:upload,pts:2,alone
@test "one request at a time works on an upload" {
	alone registry_functions_test one_request_at_a_time
}

# bats test_tags=task:upload,pts:1,alone
@test "an upload without bytes keeps no file open" {
	alone registry_functions_test one_without_bytes_costs_nothing
}

# bats test_tags=task:upload,pts:2,alone
@test "an upload lives through a restart" {
	alone registry_functions_test an_upload_lives_through_a_restart
}

# bats test_tags=task:upload,pts:1,hidden
@test "what is no upload is removed" {
	alone registry_functions_test what_is_no_upload_is_removed
}

# bats test_tags=task:upload,pts:1,alone
@test "an upload that nobody goes on with is dropped" {
	alone registry_functions_test who_went_away_is_dropped
}

# bats test_tags=task:upload,pts:3
@test "chunks come in their order" {
	registry
	begin team/app
	expect_answer 202 "" PATCH "$upload" -H 'Content-Range: 0-4' -d 01234
	expect "how far it is" 0-4 "$(header Range)"
	expect_answer 416 BLOB_UPLOAD_INVALID PATCH "$upload" -H 'Content-Range: 6-7' -d 67
	expect "how far it is, after a chunk that comes too early" 0-4 "$(header Range)"
	expect "where it goes on" "$upload" "$R$(header Location)"
	expect_answer 416 BLOB_UPLOAD_INVALID PATCH "$upload" -H 'Content-Range: 4-5' -d 45
	expect_answer 400 SIZE_INVALID PATCH "$upload" -H 'Content-Range: 5-9' -d 56
	expect_answer 400 SIZE_INVALID PATCH "$upload" -H 'Content-Range: 5-5' -d 56
	expect_answer 400 BLOB_UPLOAD_INVALID PATCH "$upload" -H 'Content-Range: x' -d 56
	expect_answer 202 "" PATCH "$upload" -d 567
	expect_answer 202 "" PATCH "$upload" -H 'Content-Range: 8-9' -H 'Transfer-Encoding: chunked' -d 89
	expect_answer 204 "" GET "$upload"
	expect "how far it is" 0-9 "$(header Range)"
	expect_answer 416 BLOB_UPLOAD_INVALID PUT "$upload?digest=$(digest_of 0123456789)" \
		-H 'Content-Range: 0-9' -d 0123456789
	expect_answer 201 "" PUT "$upload?digest=$(digest_of 0123456789)"
	expect "where the blob is" "/v2/team/app/blobs/$(digest_of 0123456789)" "$(header Location)"
	expect_answer 200 0123456789 GET "/v2/team/app/blobs/$(digest_of 0123456789)"
	expect_answer 404 BLOB_UPLOAD_UNKNOWN GET "$upload"
}

# bats test_tags=task:upload,pts:3
@test "who ends an upload says what it is" {
	registry
	begin team/app
	expect_answer 202 "" PATCH "$upload" -d half
	expect_answer 400 DIGEST_INVALID PUT "$upload" -d ' and half'
	expect_answer 400 DIGEST_INVALID PUT "$upload?digest=sha256:12" -d ' and half'
	expect_answer 204 "" GET "$upload"
	expect "how far it is after two ends that say nothing" 0-3 "$(header Range)"
	expect_answer 404 NAME_UNKNOWN PUT "${upload/team/other}?digest=$(digest_of half)"
	expect_answer 400 DIGEST_INVALID PUT "$upload?digest=$(digest_of 'another thing')" -d ' and half'
	expect_answer 404 BLOB_UPLOAD_UNKNOWN GET "$upload"
	expect_answer 404 BLOB_UNKNOWN GET "/v2/team/app/blobs/$(digest_of 'another thing')"
	expect_answer 404 BLOB_UNKNOWN GET "/v2/team/app/blobs/$(digest_of 'half and half')"
	expect "what is left of it" "" "$(inside ls /tmp/registry/ingest)"
	begin team/app
	expect_answer 201 "" PUT "$upload?digest=$(digest_of 'half and half')" -d 'half and half'
	expect_answer 200 "half and half" GET "/v2/team/app/blobs/$(digest_of 'half and half')"
	begin team/app
	expect_answer 204 "" DELETE "$upload"
	expect_answer 404 BLOB_UPLOAD_UNKNOWN PATCH "$upload" -d x
	expect "what is left of one that was given up" "" "$(inside ls /tmp/registry/ingest)"
}

# A request that says it has ten bytes, and breaks off after five.
breaks_off() {
	inside sh -c 'printf "$1 %s HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n01234" "$2" |
		timeout 5 busybox nc 127.0.0.1 5000 >/dev/null' sh "$1" "${2#"$R"}" || true
	for _ in {1..30}; do
		req GET "$upload"
		[ "$(header Range)" = 0-0 ] || break
		sleep 0.1
	done
}

# bats test_tags=task:upload,pts:2
@test "a connection that breaks loses nothing that came" {
	registry
	begin team/app
	breaks_off PATCH "$upload"
	expect "how far it is" 0-4 "$(header Range)"
	expect_answer 202 "" PATCH "$upload" -H 'Content-Range: 5-9' -d 56789
	expect_answer 201 "" PUT "$upload?digest=$(digest_of 0123456789)"
	begin team/app
	breaks_off PUT "$upload?digest=$(digest_of 0123456789)"
	expect "how far the other is, whose last request broke" "204 0-4" "$code $(header Range)"
	kill_registry
	registry
	expect_answer 204 "" GET "$upload"
	expect "how far it is after kill -9" 0-4 "$(header Range)"
	expect_answer 201 "" PUT "$upload?digest=$(digest_of 0123456789)" -d 56789
	expect_answer 200 0123456789 GET "/v2/team/app/blobs/$(digest_of 0123456789)"
}
