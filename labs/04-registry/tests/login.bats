load ../../lib/registry

# bats test_tags=task:login,pts:2,alone
@test "a challenge is taken apart" {
	alone wire_functions_test a_challenge_is_taken_apart
}

# bats test_tags=task:login,pts:1,hidden
@test "what is no challenge is refused" {
	alone wire_functions_test what_is_no_challenge_is_refused
}

# bats test_tags=task:login,pts:1,alone
@test "token documents are read" {
	alone login_functions_test token_documents_are_read
}

# bats test_tags=task:login,pts:2,alone
@test "the token is for what is asked" {
	alone login_functions_test the_token_is_for_what_is_asked
}

# bats test_tags=task:login,pts:1,alone
@test "each gets what he asks for" {
	alone login_functions_test each_gets_what_he_asks_for
}

# bats test_tags=task:login,pts:2,alone
@test "the realm is in TLS as the registry is" {
	alone login_functions_test the_realm_is_in_tls_as_the_registry
}

# bats test_tags=task:login,pts:2,hidden
@test "another host is not told who we are" {
	alone login_functions_test another_host_is_not_told
}

# bats test_tags=task:login,pts:1,alone
@test "the same host is told again" {
	alone login_functions_test the_same_host_is_told_again
}

# bats test_tags=task:login,pts:1,alone
@test "redirects have an end" {
	alone login_functions_test redirects_have_an_end
}

# bats test_tags=task:login,pts:1,alone
@test "who is asked says it once" {
	alone login_functions_test who_is_asked_says_it_once
}

# bats test_tags=task:login,pts:1,hidden
@test "two threads need one token" {
	alone login_functions_test two_threads_need_one_token
}
