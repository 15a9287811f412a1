load ../../lib/registry

# bats test_tags=task:names,pts:2,alone
@test "repositories have names" {
	alone wire_functions_test repositories_have_names
}

# bats test_tags=task:names,pts:2,hidden
@test "what leads elsewhere is no name" {
	alone wire_functions_test what_leads_elsewhere_is_no_name
}

# bats test_tags=task:names,pts:1,alone
@test "a chunk says where it begins" {
	alone wire_functions_test a_chunk_says_where_it_begins
}

# bats test_tags=task:names,pts:1,alone
@test "an answer says which part it has" {
	alone wire_functions_test an_answer_says_which_part_it_has
}

# bats test_tags=task:names,pts:1,alone
@test "a client asks for a part" {
	alone wire_functions_test a_client_asks_for_a_part
}

# bats test_tags=task:names,pts:1,hidden
@test "positions have an end" {
	alone wire_functions_test positions_have_an_end
}

# bats test_tags=task:names,pts:2
@test "the registry gives the part that is asked for, by a name that is one" {
	local blob
	registry
	push team/app 0123456789
	blob=/v2/team/app/blobs/$(digest_of 0123456789)
	expect_answer 200 0123456789 GET "$blob"
	expect_answer 206 234 GET "$blob" -H 'Range: bytes=2-4'
	expect "the length of the part" 3 "${#output}"
	expect "its place" "bytes 2-4/10" "$(header Content-Range)"
	expect_answer 206 89 GET "$blob" -H 'Range: bytes=-2'
	expect_answer 416 "" GET "$blob" -H 'Range: bytes=10-'
	expect_answer 200 0123456789 GET "$blob" -H 'Range: bytes=4-2'
	expect_answer 400 NAME_INVALID GET "/v2/team/../app/blobs/$(digest_of 0123456789)" --path-as-is
	expect_answer 400 NAME_INVALID GET /v2/Team/tags/list
	expect_answer 400 NAME_INVALID POST /v2/team%2f..%2f..%2fetc/blobs/uploads/
}
