load ../../lib/engine

# bats test_tags=task:restart,pts:2,alone
@test "a policy is one of four" {
	alone engine_functions_test policies_are_checked
}

# bats test_tags=task:restart,pts:2,alone
@test "who runs again" {
	alone engine_functions_test who_runs_again
}

# bats test_tags=task:restart,pts:1,alone
@test "the wait doubles" {
	alone engine_functions_test the_wait_doubles
}

# bats test_tags=task:restart,pts:1,hidden
@test "the wait has an end, and begins anew" {
	alone engine_functions_test the_wait_has_an_end
}

# bats test_tags=task:restart,pts:3
@test "on-failure runs again so many times, and not after success" {
	daemon
	run docker run --restart sometimes box sh -c :
	expect_part "the message for no policy" "unknown policy 'sometimes'" "$output"
	starts_detached fails --restart on-failure:2 box sh -c 'echo run; exit 3'
	starts_detached ends --restart on-failure box sh -c :
	await fails '[.RestartCount, .State.Status]' '[2,"exited"]'
	expect "its code" 3 "$(state fails .State.ExitCode)"
	run docker logs fails
	expect "what its three runs have printed" "run run run" "$(xargs <<<"$output")"
	expect "the other" '[0,"exited",0]' "$(state ends '[.RestartCount, .State.Status, .State.ExitCode]')"
	run docker start fails
	expect "the exit status of start" 0 "$status"
	await fails '[.RestartCount, .State.Status]' '[2,"exited"]'
	run docker logs fails
	expect "what six runs have printed, since start begins anew" "run run run run run run" \
		"$(xargs <<<"$output")"
}

# bats test_tags=task:restart,pts:2
@test "who stops a container ends its restarts" {
	daemon
	starts_detached busy --restart always box sleep 1000
	run docker kill busy
	expect "the exit status of kill" 0 "$status"
	await busy .State.Status exited
	starts_detached waits --restart always box sh -c 'exit 4'
	await waits '.RestartCount > 2' true
	# Now and then it runs for a moment.
	for _ in {1..20}; do
		await waits .State.Status restarting
		run docker exec waits sh -c :
		[[ $output != *"is restarting"* ]] || break
		sleep 0.2
	done
	expect_part "what exec says meanwhile" "is restarting" "$output"
	run docker stop waits
	expect "the exit status of stop" 0 "$status"
	expect "state and code" '["exited",4]' "$(state waits '[.State.Status, .State.ExitCode]')"
	sleep 4
	expect "its state when the wait would be over" exited "$(state waits .State.Status)"
	expect "that of the other" exited "$(state busy .State.Status)"
}

# bats test_tags=task:restart,pts:3
@test "what was stopped by hand is told apart when the daemon starts" {
	local name pid id
	daemon
	for name in always unless-stopped; do
		starts_detached "$name" --restart "$name" box sleep 1000
	done
	run docker stop --time 0 always unless-stopped
	expect "the exit status of stop" 0 "$status"
	waits_to_end fails 1 --restart unless-stopped
	kill_daemon
	let_end "$pid" "$id"
	start_daemon
	await always .State.Status running
	await fails .State.Status running
	expect "whether it runs as another process" true "$(state fails ".State.Pid != $pid")"
	expect "the one that was stopped, unless-stopped" exited "$(state unless-stopped .State.Status)"
	run docker start unless-stopped
	expect "the exit status of start" 0 "$status"
	kill_daemon
	start_daemon
	expect "the same, after it was started" running "$(state unless-stopped .State.Status)"
}

# bats test_tags=task:restart,pts:1,hidden
@test "who waits for an end hears of a stop between two runs" {
	daemon
	starts_detached lab --restart always box sh -c 'exit 4'
	await lab '.RestartCount > 4 and .State.Status == "restarting"' true
	inside sh -c 'curl -s -m 9 -X POST --unix-socket /run/docker.sock \
		"http://localhost/containers/lab/wait?condition=next-exit" >/tmp/waited 2>&1 &'
	sleep 0.3
	run docker stop lab
	expect "the exit status of stop" 0 "$status"
	awaits inside grep -q . /tmp/waited
	expect "what who waits is told" '{"StatusCode":4}' "$(inside cat /tmp/waited)"
}
