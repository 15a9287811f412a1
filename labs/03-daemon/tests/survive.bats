load ../../lib/engine

# bats test_tags=task:survive,pts:2,alone
@test "the record of an end is one line, which is read again" {
	alone engine_functions_test what_was_written_is_read
}

# bats test_tags=task:survive,pts:1,alone
@test "what is no whole line is no record" {
	alone engine_functions_test what_is_no_whole_line_is_no_record
}

# What a record costs in system calls, up to the mark and after it.
record_calls() {
	inside strace -f -o /tmp/calls -e trace=write,rename,renameat,renameat2,fsync,fdatasync -y \
		engine_functions_test a_record_is_written_and_synced >/dev/null 2>&1 || true
	inside sed -n "$1p" /tmp/calls
}

# bats test_tags=task:survive,pts:2,hidden
@test "a record appears whole, and is synced when that is asked for" {
	alone engine_functions_test a_record_is_written_and_synced
	expect "what gives it its name" rename "$(record_calls '1,/SYNC/' | grep -om1 rename || true)"
	expect "how often it is synced before that is asked for" 0 \
		"$(record_calls '1,/SYNC/' | grep -cE '(fsync|fdatasync)\(' || true)"
	expect "what is synced then: the file, and the folder" "exit folder" \
		"$(record_calls '/SYNC/,/DONE/' | sed -nE 's|.*sync\([0-9]+<(.*)>\).*|\1|p' |
			sed -E 's|.*/exit$|exit|; s|^/.*|folder|' | xargs)"
	bundle /tmp/image
	inside strace -f -o /dev/null -e inject=renameat,renameat2,rename:error=EIO \
		engine_functions_test a_record_is_written_and_synced >/tmp/said 2>&1 || true
	expect_part "the message when it cannot be renamed" "Input/output error" "$(cat /tmp/said)"
}

# bats test_tags=task:survive,pts:3
@test "a container lives through kill -9 of the daemon" {
	local before
	daemon
	starts_detached lives box sh -c 'while :; do sleep 0.1; done'
	before=$(state lives '[.State.Pid, .State.StartedAt, .RestartCount]')
	kill_daemon
	run docker ps
	expect_part "what the client says meanwhile" "Cannot connect" "$output"
	start_daemon
	expect "its process, its start, its restarts" "$before" \
		"$(state lives '[.State.Pid, .State.StartedAt, .RestartCount]')"
	expect "its state" running "$(state lives .State.Status)"
	run docker exec lives sh -c 'echo inside'
	expect "what a second process prints" inside "$output"
	run docker rm --force lives
	expect "what rm --force says" lives "$output"
	run docker ps --all --quiet
	expect "the containers that are left" "" "$output"
}

# bats test_tags=task:survive,pts:3
@test "how it ended while there was no daemon is known" {
	local pid id ends
	daemon
	run docker run --name early box sh -c 'exit 9'
	expect "the exit status of one that ended before" 9 "$status"
	waits_to_end gone 0 --rm
	ends=("$pid" "$id")
	waits_to_end ends 23
	kill_daemon
	let_end "${ends[@]}"
	let_end "$pid" "$id"
	sleep 1
	start_daemon
	expect "state and code" '["exited",23]' "$(state ends '[.State.Status, .State.ExitCode]')"
	expect "when it ended, as its shim has recorded" \
		"$(inside cut -d ' ' -f 3 "/tmp/docker/containers/$id/exit")" \
		"$(state ends '.State.FinishedAt[:19] + "Z" | fromdate')"
	expect "state and code of the other" '["exited",9]' \
		"$(state early '[.State.Status, .State.ExitCode]')"
	run docker ps --all --format '{{.Names}}'
	expect "the containers: one with --rm is gone" "early ends" "$(sort <<<"$output" | xargs)"
	run docker events --since 1m --until 0s --filter event=die --format '{{.Actor.Attributes.name}}'
	expect "whose end the new daemon has told" "ends gone" "$(sort <<<"$output" | xargs)"
}

# bats test_tags=task:survive,pts:2
@test "where the shim was killed nobody knows the code" {
	daemon
	starts_detached lab box sleep 1000
	kill_daemon
	kill_now "$(inside pgrep -x mini-shim)"
	start_daemon
	expect "state and code" '["exited",255]' "$(state lab '[.State.Status, .State.ExitCode]')"
	expect "the programs that are left of it" "" "$(inside pgrep -fx 'sleep 1000' || true)"
}

# bats test_tags=task:survive,pts:2,hidden
@test "a folder of no run is no shim" {
	daemon
	local pid id
	run docker create --name made box sh -c :
	expect "the exit status of create" 0 "$status"
	run docker run --name over box sh -c :
	expect "the exit status of run" 0 "$status"
	waits_to_end again 0 --restart always
	kill_daemon
	kill_now "$(inside pgrep -x mini-shim)"
	inside sh -c 'rm -rf /run/docker/*'
	start_daemon
	expect "one that was never started" created "$(state made .State.Status)"
	expect "one that has ended" '["exited",0]' "$(state over '[.State.Status, .State.ExitCode]')"
	await again ".State | .Status == \"running\" and .Pid != $pid" true
}
