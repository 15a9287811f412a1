load ../../lib/engine

# bats test_tags=task:target,pts:2,alone
@test "what is escaped is unescaped" {
	alone http_functions_test bytes_are_unescaped
}

# bats test_tags=task:target,pts:1,alone
@test "what has a meaning is escaped" {
	alone http_functions_test bytes_are_escaped
}

# bats test_tags=task:target,pts:2,alone
@test "a target is cut first and unescaped then" {
	alone http_functions_test a_target_is_cut_first
}

# bats test_tags=task:target,pts:1,hidden
@test "a target has limits" {
	alone http_functions_test a_target_has_limits
}

# bats test_tags=task:target,pts:1,alone
@test "a word of a list is a whole word" {
	alone http_functions_test words_of_a_list
}

# bats test_tags=task:target,pts:2
@test "names and filters come through as they were typed" {
	local label='a&b=c + d/e?f#g%41'
	daemon
	run docker create --name lab --label "$label" --label other=1 box sh -c :
	expect "the exit status of create" 0 "$status"
	run docker create --name two --label other=2 box sh -c :
	expect "the exit status of create" 0 "$status"
	run docker ps --all --filter "label=$label" --format '{{.Names}}'
	expect "the containers with that label" lab "$output"
	run docker ps --all --filter label=other=2 --filter name=tw --format '{{.Names}}'
	expect "the containers with another" two "$output"
	expect_answer 200 '"/lab"' GET '/containers/%6cab/json'
	expect_answer 200 '"SizeRw"' GET '/containers/lab/json?x=1&size=1'
}

# bats test_tags=task:target,pts:1
@test "the daemon refuses what it cannot read" {
	daemon
	expect_answer 400 "invalid URL escape" GET '/containers/%zz/json'
	expect_answer 400 "invalid URL escape" GET '/containers/lab%00/json'
	expect_answer 400 "invalid URL escape" GET '/containers/json?all=%4'
	expect_answer 404 "No such container: a b" GET '/containers/a%20b/json'
}
