load ../../lib/engine

# bats test_tags=task:events,pts:2,alone
@test "each listener hears all events in their order" {
	alone engine_functions_test each_listener_hears_all_in_order
}

# bats test_tags=task:events,pts:1,alone
@test "history begins at a time" {
	alone engine_functions_test history_begins_at_a_time
}

# bats test_tags=task:events,pts:1,alone
@test "history is a ring" {
	alone engine_functions_test history_is_a_ring
}

# bats test_tags=task:events,pts:1,hidden
@test "who lags behind is cut off, and told" {
	alone engine_functions_test who_lags_behind_is_cut_off
	alone engine_functions_test the_end_of_the_log_is_told
}

# bats test_tags=task:events,pts:1,alone
@test "who waits is woken" {
	alone engine_functions_test who_waits_is_woken
}

# bats test_tags=task:events,pts:1,alone
@test "filters choose containers" {
	alone engine_functions_test filters_of_containers
}

# bats test_tags=task:events,pts:1,hidden
@test "filters choose images" {
	alone engine_functions_test filters_of_images
}

# bats test_tags=task:events,pts:2
@test "docker events tells what happened, and goes on" {
	local following
	daemon
	inside sh -c 'DOCKER_HOST=unix:///run/docker.sock timeout 20 mini-docker events --filter type=container \
		--format "{{.Action}} {{.Actor.Attributes.name}}" >/tmp/told 2>&1 &'
	sleep 0.5
	run docker run --name lab box sh -c 'exit 3'
	expect "the exit status of run" 3 "$status"
	run docker run --rm --name other box sh -c :
	expect "the exit status of run" 0 "$status"
	run docker events --since 1m --until 0s --filter container=lab --format '{{.Action}}'
	expect "what happened to lab" "create attach start die" "$(xargs <<<"$output")"
	run docker events --since 1m --until 0s --filter event=die \
		--format '{{.Actor.Attributes.name}} {{.Actor.Attributes.exitCode}}'
	expect "who has ended, and how" "lab 3 other 0" "$(xargs <<<"$output")"
	following=$(inside cat /tmp/told)
	expect "what a listener heard meanwhile" \
		"create lab attach lab start lab die lab create other attach other start other die other destroy other" \
		"$(xargs <<<"$following")"
}
