load ../../lib/lab

# bats test_tags=task:docker,pts:3,whole
@test "mini-docker run runs a container on your code" {
	daemon
	run docker run --rm --hostname web-7 box sh -c 'hostname; echo $$; exit 42'
	expect "what it prints" "web-7 1" "$(xargs <<<"$output")"
	expect "the exit status" 42 "$status"
}

# bats test_tags=task:docker,pts:2,whole
@test "mini-docker exec, stop and rm" {
	daemon
	run docker run --detach --name lab --hostname web-8 box sleep 60
	expect "the exit status of run" 0 "$status"
	run docker exec lab hostname
	expect "what a second process sees, in the namespaces of the first" web-8 "$output"
	run docker rm --force lab
	expect "the exit status of rm" 0 "$status"
	run docker ps --all --quiet
	expect "the containers that are left" "" "$output"
}
