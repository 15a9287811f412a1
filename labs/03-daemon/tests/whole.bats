load ../../lib/engine

# bats test_tags=task:whole,pts:4,whole
@test "mini-docker run, exec, logs and rm on your daemon" {
	daemon
	run docker run --rm --hostname web-7 box sh -c 'hostname; echo $$; exit 42'
	expect "what it prints" "web-7 1" "$(xargs <<<"$output")"
	expect "the exit status" 42 "$status"
	run inside sh -c 'echo typed | DOCKER_HOST=unix:///run/docker.sock timeout 12 mini-docker run --rm -i box cat'
	expect "what cat gives back" typed "$output"
	starts_detached lab --label 'a=b c' box sh -c 'echo out; echo err >&2; sleep 1000'
	run docker exec lab sh -c 'exit 5'
	expect "the exit status of exec" 5 "$status"
	run docker logs lab
	expect "the log" "err out" "$(sort <<<"$output" | xargs)"
	run docker ps --filter 'label=a=b c' --format '{{.Names}}'
	expect "the containers with that label" lab "$output"
	run docker rm --force lab
	expect "what rm --force says" lab "$output"
	run docker events --since 1m --until 0s --filter container=lab --filter event=destroy \
		--format '{{.Action}}'
	expect "the last that is told of it" destroy "$output"
}

# bats test_tags=task:whole,pts:3,whole
@test "a conversation outlives the daemon" {
	daemon
	inside sh -c 'export DOCKER_HOST=unix:///run/docker.sock
		(sleep 4; echo after) | mini-docker run -i --name talk box sh -c "echo before; cat; exit 6" \
			>/tmp/heard 2>&1; echo "status $?" >>/tmp/heard' &
	awaits inside grep before /tmp/heard
	kill_daemon
	start_daemon
	awaits inside grep status /tmp/heard
	expect "what the client heard" "before after status 6" "$(inside cat /tmp/heard | xargs)"
	expect "what the new daemon knows" '["exited",6]' \
		"$(state talk '[.State.Status, .State.ExitCode]')"
}

# bats test_tags=task:whole,pts:3,whole
@test "many at once, killed, counted and gone" {
	local name
	daemon
	for name in one two three; do
		starts_detached "$name" --restart unless-stopped box sh -c 'sleep 1; exit 1'
	done
	kill_daemon
	sleep 1.2
	start_daemon
	for name in one two three; do
		await "$name" '.RestartCount > 0' true
	done
	run docker stop --time 0 one two three
	expect "the exit status of stop" 0 "$status"
	run docker ps --quiet
	expect "the containers that run" "" "$output"
	run docker events --since 1m --until 0s --filter event=start --filter container=two \
		--format '{{.Actor.Attributes.name}}'
	expect_part "the starts that are told" two "$output"
	run docker rm one two three
	expect "what rm says" "one two three" "$(xargs <<<"$output")"
	expect "the shims that are left" "" "$(inside pgrep -x mini-shim || true)"
}
