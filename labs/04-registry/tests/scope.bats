load ../../lib/registry

# alice has team-a, everybody who has logged in may read library, and root may do everything.
access() {
	users alice bob root
	inside sh -c 'printf "alice team-a* pull,push\n* library* pull\nroot * *\n" >/tmp/access'
	registry --htpasswd /tmp/users --access /tmp/access "$@"
}

# bats test_tags=task:scope,pts:2,alone
@test "a scope is read from both ends" {
	alone wire_functions_test a_scope_is_read_from_both_ends
}

# bats test_tags=task:scope,pts:1,alone
@test "less does not cover more" {
	alone wire_functions_test less_does_not_cover_more
}

# bats test_tags=task:scope,pts:2,alone
@test "a token has what was asked for and is allowed, and no more" {
	access --token
	token repository:team-a/app:pull,push,delete -u alice:secret
	expect "what alice gets in her team" repository:team-a/app:pull,push "$granted"
	token repository:team-a/app:pull -u alice:secret
	expect "what she gets when she asks for less" repository:team-a/app:pull "$granted"
	token repository:team-b/app:pull,push -u alice:secret
	expect "what she gets in another team" "" "$granted"
	token 'repository:team-a/x:push repository:library/box:pull,push repository:other:pull' -u alice:secret
	expect "what she gets of three" "repository:team-a/x:push repository:library/box:pull" "$granted"
	token 'repository:library/box:* registry:catalog:*' -u bob:secret
	expect "what bob gets" repository:library/box:pull "$granted"
	token 'repository:any:* registry:catalog:* registry:other:*' -u root:secret
	expect "what root gets" "repository:any:pull,push,delete registry:catalog:*" "$granted"
	expect_answer 401 UNAUTHORIZED GET '/token?scope=repository:library/box:pull' -u bob:wrong
	token repository:library/box:pull
	expect "what somebody gets who has no name" "" "$granted"
}

# bats test_tags=task:scope,pts:1,alone
@test "who has nothing to show is told what to ask for" {
	access --token
	expect_answer 401 UNAUTHORIZED GET /v2/team/app/tags/list
	expect "the challenge" \
		'Bearer realm="http://127.0.0.1:5000/token",service="mini-registry",scope="repository:team/app:pull"' \
		"$(header WWW-Authenticate)"
	expect_answer 401 UNAUTHORIZED POST /v2/team/app/blobs/uploads/
	expect_part "the challenge of a push" 'scope="repository:team/app:pull,push"' \
		"$(header WWW-Authenticate)"
	expect_answer 401 UNAUTHORIZED GET /v2/_catalog
	expect_part "the challenge of the catalog" 'scope="registry:catalog:*"' "$(header WWW-Authenticate)"
	expect_answer 401 UNAUTHORIZED GET /v2/
	expect "the challenge of the base" \
		'Bearer realm="http://127.0.0.1:5000/token",service="mini-registry"' "$(header WWW-Authenticate)"
}

# bats test_tags=task:scope,pts:2
@test "a token is good for what it says" {
	local hello
	access --token
	hello=/v2/team-a/app/blobs/$(digest_of hello)
	token repository:team-a/app:pull,push -u alice:secret
	push team-a/app hello -H "Authorization: Bearer $token"
	expect_answer 200 hello GET "$hello" -H "Authorization: Bearer $token"
	expect_answer 401 UNAUTHORIZED DELETE "$hello" -H "Authorization: Bearer $token"
	expect_part "the challenge" 'error="insufficient_scope"' "$(header WWW-Authenticate)"
	expect_answer 401 UNAUTHORIZED GET /v2/team-a/ap/tags/list -H "Authorization: Bearer $token"
	expect_answer 401 UNAUTHORIZED GET /v2/_catalog -H "Authorization: Bearer $token"
	expect_answer 200 "" GET /v2/ -H "Authorization: Bearer $token"
	expect_answer 401 UNAUTHORIZED GET "$hello" -H "Authorization: Bearer x$token"
	expect_part "the challenge to a token that is none" 'error="invalid_token"' \
		"$(header WWW-Authenticate)"
	token repository:team-a/app:pull -u alice:secret
	expect_answer 200 hello GET "$hello" -H "Authorization: Bearer $token"
	expect_answer 401 UNAUTHORIZED POST /v2/team-a/app/blobs/uploads/ -H "Authorization: Bearer $token"
	token repository:registry:pull -u root:secret
	expect_answer 401 UNAUTHORIZED GET /v2/_catalog -H "Authorization: Bearer $token"
	token 'registry:catalog:* repository:team-a/app:delete' -u root:secret
	expect_answer 200 repositories GET /v2/_catalog -H "Authorization: Bearer $token"
	expect_answer 401 UNAUTHORIZED GET "$hello" -H "Authorization: Bearer $token"
	expect_answer 202 "" DELETE "$hello" -H "Authorization: Bearer $token"
}

# bats test_tags=task:scope,pts:2,hidden
@test "with passwords the access file decides at each request" {
	access
	push team-a/app hello -u alice:secret
	expect_answer 403 DENIED GET "/v2/team-a/app/blobs/$(digest_of hello)" -u bob:secret
	expect_answer 401 UNAUTHORIZED GET "/v2/team-a/app/blobs/$(digest_of hello)"
	expect 'the challenge' 'Basic realm="mini-registry"' "$(header WWW-Authenticate)"
	expect_answer 401 UNAUTHORIZED GET "/v2/team-a/app/blobs/$(digest_of hello)" -u alice:wrong
	expect_answer 403 DENIED DELETE "/v2/team-a/app/blobs/$(digest_of hello)" -u alice:secret
	expect_answer 403 DENIED POST /v2/library/box/blobs/uploads/ -u bob:secret
	expect_answer 403 DENIED GET /v2/_catalog -u alice:secret
	expect_answer 200 repositories GET /v2/_catalog -u root:secret
	expect_answer 401 UNAUTHORIZED GET /v2/
	expect_answer 200 "" GET /v2/ -u bob:secret
	# What one may not read, one does not get by mounting it either.
	expect_answer 201 "" POST "/v2/team-b/app/blobs/uploads/?digest=$(digest_of other)" -d other -u root:secret
	expect_answer 202 "" POST "/v2/team-a/app/blobs/uploads/?mount=$(digest_of other)&from=team-b/app" \
		-u alice:secret
	expect_answer 201 "" POST "/v2/team-a/x/blobs/uploads/?mount=$(digest_of hello)&from=team-a/app" \
		-u alice:secret
}
