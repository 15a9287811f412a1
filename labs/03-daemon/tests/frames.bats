load ../../lib/engine

# bats test_tags=task:frames,pts:3,alone
@test "frames are the same however they are cut" {
	alone stream_functions_test frames_are_the_same_however_they_are_cut
}

# bats test_tags=task:frames,pts:1,alone
@test "a head has its length with the highest byte first" {
	alone stream_functions_test heads_of_frames
}

# bats test_tags=task:frames,pts:1,alone
@test "a frame of no stream is refused" {
	alone stream_functions_test what_is_no_stream_is_refused
}

# bats test_tags=task:frames,pts:1,hidden
@test "a frame of 16 MB is one frame" {
	alone stream_functions_test a_frame_may_be_long
}

# bats test_tags=task:frames,pts:1,alone
@test "an error within a stream is a frame of stderr" {
	alone stream_functions_test an_error_in_a_stream
}

# bats test_tags=task:frames,pts:3
@test "docker logs and docker run tell stdout from stderr" {
	daemon
	run inside sh -c 'DOCKER_HOST=unix:///run/docker.sock timeout 12 mini-docker run --name lab box \
		sh -c "echo out; echo err >&2; busybox seq 1 30000; echo last >&2" >/tmp/out 2>/tmp/err'
	expect "the exit status" 0 "$status"
	expect "stderr of run" "err last" "$(inside cat /tmp/err | xargs)"
	expect "the lines of its stdout" 30001 "$(inside wc -l </dev/null /tmp/out | cut -d ' ' -f 1)"
	expect "the last line of its stdout" 30000 "$(inside tail -n 1 /tmp/out)"
	run inside sh -c 'DOCKER_HOST=unix:///run/docker.sock timeout 12 mini-docker logs lab \
		>/tmp/log.out 2>/tmp/log.err && cmp /tmp/out /tmp/log.out && cmp /tmp/err /tmp/log.err'
	expect "what differs between run and logs" "" "$output"
	expect "the exit status of logs" 0 "$status"
	run inside sh -c "curl -s -m 9 --unix-socket /run/docker.sock \
		'http://localhost/containers/lab/logs?stderr=1' | od -An -tx1"
	expect "the first frame of stderr, as bytes" "02 00 00 00 00 00 00 04 65 72 72 0a" \
		"$(head -n 1 <<<"$output" | cut -d ' ' -f 2-13)"
}
