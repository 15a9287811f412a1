load ../../lib/engine

# bats test_tags=task:route,pts:3,alone
@test "a path finds its row, and no other" {
	alone http_functions_test a_path_finds_its_row
}

# bats test_tags=task:route,pts:2,alone
@test "a hole with three dots takes slashes, too" {
	alone http_functions_test names_may_have_slashes
}

# bats test_tags=task:route,pts:2,hidden
@test "a row that does not fit leaves nothing" {
	alone http_functions_test what_does_not_fit_leaves_nothing
}

# bats test_tags=task:route,pts:2
@test "a version is taken off the path, if it is one of ours" {
	alone http_functions_test a_version_is_taken_off
}

# bats test_tags=task:route,pts:1,hidden
@test "what only looks like a version is a path" {
	alone http_functions_test what_is_no_version_is_a_path
}

# bats test_tags=task:route,pts:2
@test "the daemon answers what is in its table" {
	daemon
	expect_answer 200 OK GET /_ping
	expect_answer 200 '[]' GET /containers/json
	expect_answer 200 '[]' GET /v1.43/containers/json
	expect_answer 404 "No such container: nobody" GET /v1.24/containers/nobody/json
	expect_answer 404 "page not found" GET /containers/nobody/moon
	expect_answer 404 "page not found" PATCH /containers/json
	expect_answer 400 "client version 1.99 is too new" GET /v1.99/containers/json
}

# bats test_tags=task:route,pts:3
@test "docker finds containers and images by their names" {
	daemon
	run docker tag box example.org:5000/lab/json/tool:1
	expect "the exit status of tag" 0 "$status"
	run docker inspect --type image --format '{{.RepoTags}}' example.org:5000/lab/json/tool:1
	expect_part "the names of the image" example.org:5000/lab/json/tool:1 "$output"
	run docker run --name json example.org:5000/lab/json/tool:1 busybox echo started
	expect "what a container of it prints" started "$output"
	run docker inspect --format '{{.Name}}' json
	expect "the name of the container" /json "$output"
	run docker rm json
	expect "what rm says" json "$output"
	run docker rmi example.org:5000/lab/json/tool:1
	expect "what rmi says" "Untagged: example.org:5000/lab/json/tool:1" "${lines[0]}"
}
