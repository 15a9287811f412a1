load ../../lib/engine

# bats test_tags=task:attach,pts:2,alone
@test "a client gets the streams that it wants" {
	alone stream_functions_test output_goes_to_who_wants_it
}

# bats test_tags=task:attach,pts:3,alone
@test "a client that is slow loses nothing" {
	alone stream_functions_test a_slow_reader_loses_nothing
}

# bats test_tags=task:attach,pts:2,alone
@test "input comes in its order, and ends once" {
	alone stream_functions_test input_comes_in_order_and_ends_once
}

# bats test_tags=task:attach,pts:2,alone
@test "the detach keys end the client and nothing else" {
	alone stream_functions_test detach_keys_end_the_client_alone
}

# bats test_tags=task:attach,pts:1,alone
@test "detach keys have names" {
	alone stream_functions_test keys_have_names
}

# bats test_tags=task:attach,pts:1,hidden
@test "a client that has gone is let go" {
	alone stream_functions_test a_client_that_has_gone
}

# bats test_tags=task:attach,pts:1,hidden
@test "the end comes after all that waits" {
	alone stream_functions_test the_end_comes_after_the_rest
}

# bats test_tags=task:attach,pts:3
@test "docker run -i is a conversation, and docker attach hears it" {
	daemon
	run inside sh -c 'export DOCKER_HOST=unix:///run/docker.sock; busybox seq 1 20000 >/tmp/in
		timeout 12 mini-docker run -i --name lab box cat </tmp/in >/tmp/out; echo $?
		cmp /tmp/in /tmp/out'
	expect "the exit status of run, and what differs" 0 "$output"
	run inside sh -c 'export DOCKER_HOST=unix:///run/docker.sock
		timeout 12 mini-docker run -d -i --name two box sh -c "read x; echo got \$x; echo e >&2; read y; exit 7" >/dev/null
		(sleep 0.5; echo one; sleep 0.5; echo two) | timeout 9 mini-docker attach two 2>/tmp/err; echo $?'
	expect "what attach prints, and its exit status" "got one 7" "$(xargs <<<"$output")"
	expect "its stderr" e "$(inside cat /tmp/err)"
	expect_answer 400 "Invalid detach keys (ctrl-1) provided" \
		POST '/containers/two/attach?stream=1&stdout=1&detachKeys=ctrl-1'
}
