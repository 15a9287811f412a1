# Attach over a WebSocket, as a browser has it (tests/helper/websocket.py).
load ../helper/daemon

ws() {
	python3 "$SANDBOX_HELPER/websocket.py" "${DOCKER_HOST#unix://}" "$@"
}

@test "both ways, with stdout and stderr as one stream, in binary frames since API 1.28" {
	docker run -di --name web busybox sh -c 'while read -r line; do echo "out $line"; echo "err $line" >&2; done'
	run -0 --separate-stderr ws '/v1.41/containers/web/attach/ws?stream=1' 'text:one\n' 'wait:err one' \
		'ping:here' 'split:two\n' 'wait:err two' close
	assert_equal "$(sort <<<"$output")" $'err one\nerr two\nout one\nout two'
	assert_equal "$stderr" 'kinds: 2 8 10'
	assert_equal "$(docker inspect -f '{{.State.Running}}' web)" true
	run -0 --separate-stderr ws '/v1.27/containers/web/attach/ws?stream=1&logs=1' 'wait:err two' \
		'text:three\n' 'wait:err three' close
	assert_line 'out one'
	assert_line 'out three'
	assert_equal "$stderr" 'kinds: 1 8'
}

@test "the end of the container closes it; a terminal has an echo; much is whole" {
	docker create -it --name term busybox sh -c 'read -r line; echo "got $line"'
	docker start term
	run -0 --separate-stderr ws '/v1.41/containers/term/attach/ws?stream=1' 'text:hello\r' end
	assert_output --partial 'got hello'
	assert_equal "$stderr" 'kinds: 2 8'
	docker run --name large busybox sh -c 'seq 1 20000; echo error >&2' >"$BATS_TEST_TMPDIR/large.out" 2>/dev/null
	ws '/v1.41/containers/large/attach/ws?logs=1' end 2>/dev/null | grep -v error | cmp - "$BATS_TEST_TMPDIR/large.out"
}

@test "who asks for what cannot be gets an answer that is HTTP" {
	run -1 ws '/v1.41/containers/nobody/attach/ws?stream=1' end
	assert_output --partial '404 Not Found'
	docker create --name idle busybox
	sandbox_api GET '/v1.41/containers/idle/attach/ws?stream=1'
	assert_equal "$status" 400
	[ -n "${PRIVATE_DAEMON-}" ] || assert_output --partial 'not websocket protocol'
}
