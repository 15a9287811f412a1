# The Engine API as it goes over the wire: what clients other than the CLI rely on.
load ../helper/daemon

without_real_docker() {
	[ -z "${PRIVATE_DAEMON-}" ] || skip 'Docker has it built in'
}

headers() {
	curl -s -D - -o /dev/null --unix-socket "$PRIVATE/docker.sock" "$@" | tr -d '\r'
}

@test "ping says which API, and HEAD is answered like GET" {
	run -0 headers http://d/_ping
	assert_line --regexp '^HTTP/1.1 200'
	assert_line --regexp '^Api-Version: 1\.[0-9]+$'
	assert_line --regexp '^Ostype: linux$'
	assert_line --regexp '^Docker-Experimental: (true|false)$'
	run -0 headers --head http://d/_ping
	assert_line --regexp '^HTTP/1.1 200'
	assert_line --regexp '^Api-Version: 1\.[0-9]+$'
}

@test "every version from 1.24 to the newest, and no newer" {
	local version newest
	sandbox_api GET /version
	newest=$(jq -r .ApiVersion <<<"$output")
	for version in 1.24 1.30 1.41 "$newest"; do
		sandbox_api GET "/v$version/containers/json"
		assert_equal "$status" 200
	done
	sandbox_api GET /v1.99/containers/json
	assert_equal "$status" 400
	assert_equal "$(jq -r .message <<<"$output")" \
		"client version 1.99 is too new. Maximum supported API version is $newest"
	sandbox_api GET /containers/json
	assert_equal "$status" 200
}

@test "errors are JSON with a message" {
	sandbox_api GET /v1.41/containers/nothing/json
	assert_equal "$status" 404
	assert_equal "$(jq -c . <<<"$output")" '{"message":"No such container: nothing"}'
	sandbox_api GET /v1.41/images/nothing/json
	assert_equal "$status" 404
	assert_equal "$(jq -r .message <<<"$output")" 'No such image: nothing:latest'
	sandbox_api GET /v1.41/no/such/page
	assert_equal "$status" 404
	assert_equal "$(jq -r '.message | type' <<<"$output")" string
}

@test "what is not built yet says so with 501" {
	without_real_docker
	local request
	for request in 'POST /v1.41/build' 'POST /v1.41/swarm/init' 'GET /v1.41/services' 'POST /v1.41/session'; do
		sandbox_api "${request% *}" "${request#* }" '{}'
		[ "$status" = 501 ] || [ "$status" = 503 ] || fail "$request: $status $output"
		assert_equal "$(jq -r '.message | type' <<<"$output")" string
	done
}

@test "a whole life by hand: create, start, wait, logs, remove" {
	local id
	sandbox_api POST '/v1.41/containers/create?name=byhand' \
		'{"Image":"busybox","Cmd":["sh","-c","echo hi; exit 3"],"Env":null,"HostConfig":null}'
	assert_equal "$status" 201
	id=$(jq -r .Id <<<"$output")
	sandbox_api POST "/v1.41/containers/$id/start"
	assert_equal "$status" 204
	sandbox_api POST "/v1.41/containers/$id/wait"
	assert_equal "$(jq -c .StatusCode <<<"$output")" 3
	# Without a terminal each piece has an 8-byte header: stream 1, length 3.
	run -0 sh -c "curl -s --unix-socket '$PRIVATE/docker.sock' 'http://d/v1.41/containers/$id/logs?stdout=1' | od -An -tx1"
	assert_output ' 01 00 00 00 00 00 00 03 68 69 0a'
	sandbox_api POST "/v1.41/containers/$id/stop"
	assert_equal "$status" 304
	sandbox_api DELETE "/v1.41/containers/$id"
	assert_equal "$status" 204
	sandbox_api DELETE "/v1.41/containers/$id"
	assert_equal "$status" 404
}

@test "start twice is 304, kill of a stopped one 409, a taken name 409, no command 400" {
	docker run -d --name runs busybox sleep 100
	sandbox_api POST /v1.41/containers/runs/start
	assert_equal "$status" 304
	docker kill runs
	docker wait runs
	sandbox_api POST /v1.41/containers/runs/kill
	assert_equal "$status" 409
	sandbox_api POST '/v1.41/containers/create?name=runs' '{"Image":"busybox"}'
	assert_equal "$status" 409
	sandbox_api POST '/v1.41/containers/create?name=nocommand' '{"Image":"busybox","Cmd":["no-such-command"]}'
	assert_equal "$status" 201
	sandbox_api POST /v1.41/containers/nocommand/start
	assert_equal "$status" 400
}

@test "filters come in both forms" {
	docker run -d --name found --label kind=a busybox sleep 100
	local filter
	for filter in '{"name":{"found":true}}' '{"name":["found"]}' '{"label":["kind=a"]}'; do
		sandbox_api GET "/v1.41/containers/json?filters=$(jq -rn --arg f "$filter" '$f | @uri')"
		assert_equal "$(jq length <<<"$output")" 1
	done
	sandbox_api GET "/v1.41/containers/json?filters=nonsense"
	assert_equal "$status" "$([ -z "${PRIVATE_DAEMON-}" ] && echo 400 || echo 500)"
}

@test "attach upgrades the connection, and only when asked" {
	docker create -i --name up busybox cat
	run -0 sh -c "printf 'POST /v1.41/containers/up/attach?stream=1&stdout=1 HTTP/1.1\r\nHost: d\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n' |
		timeout 2 socat -t 1 - 'UNIX-CONNECT:$PRIVATE/docker.sock' | tr -d '\r' | head -n 9; true"
	assert_line --index 0 --regexp '^HTTP/1.1 101 '
	assert_line 'Connection: Upgrade'
	assert_line 'Upgrade: tcp'
}

@test "two hundred requests on one connection, and fifty connections at once" {
	local i
	for i in {1..200}; do
		printf 'url = "http://d/v1.41/_ping"\noutput = /dev/null\n'
	done >"$BATS_TEST_TMPDIR/config"
	run -0 curl -s --fail --unix-socket "$PRIVATE/docker.sock" -K "$BATS_TEST_TMPDIR/config" -w '%{num_connects}\n'
	assert_equal "$(sort <<<"$output" | uniq -c | sort -rn | head -n 1 | awk '{print $1, $2}')" '199 0'
	local pids=()
	for i in {1..50}; do
		curl -s --fail --max-time 20 -o /dev/null --unix-socket "$PRIVATE/docker.sock" http://d/v1.41/info &
		pids+=($!)
	done
	for i in "${pids[@]}"; do
		wait "$i"
	done
}

@test "a client that leaves in the middle leaves nothing in the daemon" {
	local before i
	docker run -d --name long busybox sleep 1000
	before=$(find "/proc/$(sandbox_daemon_pid)/fd" | wc -l)
	for i in {1..10}; do
		timeout 0.3 curl -s --unix-socket "$PRIVATE/docker.sock" 'http://d/v1.41/events' >/dev/null || true
		timeout 0.3 curl -s --unix-socket "$PRIVATE/docker.sock" 'http://d/v1.41/containers/long/logs?follow=1&stdout=1' >/dev/null || true
		timeout 0.3 curl -s -X POST --unix-socket "$PRIVATE/docker.sock" 'http://d/v1.41/containers/long/wait' >/dev/null || true
	done
	descriptors_are_back() {
		(($(find "/proc/$(sandbox_daemon_pid)/fd" | wc -l) <= before + 4))
	}
	sandbox_eventually 5 descriptors_are_back
}
