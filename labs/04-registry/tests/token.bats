load ../../lib/registry

# bats test_tags=task:token,pts:2,alone
@test "what we have signed is believed" {
	alone token_functions_test what_we_have_signed_is_believed
}

# bats test_tags=task:token,pts:3,alone
@test "a token that was changed is refused" {
	alone token_functions_test a_token_that_was_changed_is_refused
}

# bats test_tags=task:token,pts:1,alone
@test "what is no token is refused" {
	alone token_functions_test what_is_no_token_is_refused
}

# bats test_tags=task:token,pts:2,hidden
@test "the algorithm goes with the key" {
	alone token_functions_test the_algorithm_goes_with_the_key
}

# bats test_tags=task:token,pts:1,hidden
@test "keys of another endpoint are believed" {
	alone token_functions_test keys_of_another_endpoint_are_believed
}

# bats test_tags=task:token,pts:2,alone
@test "a token is for now" {
	alone token_functions_test a_token_is_for_now
}

# bats test_tags=task:token,pts:2,alone
@test "a token is for us" {
	alone token_functions_test a_token_is_for_us
}

# bats test_tags=task:token,pts:2
@test "the registry lets in who shows a token" {
	local good
	users ann
	registry --htpasswd /tmp/users --token
	token repository:team/app:pull,push -u ann:secret
	good=$token
	push team/app hello -H "Authorization: Bearer $good"
	expect_answer 200 hello GET "/v2/team/app/blobs/$(digest_of hello)" -H "Authorization: Bearer $good"
	expect_answer 401 UNAUTHORIZED GET "/v2/team/app/blobs/$(digest_of hello)" \
		-H "Authorization: Bearer ${good%.*}."
	expect_part "the challenge" 'error="invalid_token"' "$(header WWW-Authenticate)"
	expect_answer 401 UNAUTHORIZED GET "/v2/team/app/blobs/$(digest_of hello)" \
		-H "Authorization: Bearer eyJhbGciOiJub25lIn0.${good#*.}"
	kill_registry
	inside rm /tmp/registry/token.key
	registry --htpasswd /tmp/users --token
	expect_answer 401 UNAUTHORIZED GET "/v2/team/app/blobs/$(digest_of hello)" \
		-H "Authorization: Bearer $good"
}
