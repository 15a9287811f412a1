# What is wrong gets a clear answer with Docker's exit code, and nothing is left behind.
load ../helper/sandbox

setup_file() {
	sandbox_start
	sandbox_image
}

teardown_file() {
	sandbox_end
}

teardown() {
	[ -z "${PUBLIC-}" ] || rm -rf "$PUBLIC"
	sandbox_remove_containers
	sandbox_assert_nothing_left
}

without_real_docker() {
	[ -z "${PRIVATE_DAEMON-}" ] || skip "about mini-dockerd's own command line"
}

# Docker 20.10 called what a client did wrong an error of its own.
assert_bad_request() {
	[ "$status" = 400 ] || [ "$status$PRIVATE_DAEMON" = 500dockerd ] || fail "$1: $status $output"
}

# Copies of our programs where a user without rights can execute them.
public_programs() {
	PUBLIC=$(mktemp -d -t mini-docker-public.XXXXXX)
	chmod 755 "$PUBLIC"
	cp "$MINI_BIN/mini-docker" "$MINI_BIN/mini-dockerd" "$PUBLIC"
}

as_nobody() {
	setpriv --reuid=65534 --regid=65534 --clear-groups env -i PATH="$PUBLIC" DOCKER_HOST="$DOCKER_HOST" "$@"
}

# mini-dockerd with a root of its own, in the sandbox; it should not come up.
second_daemon() {
	local folder=$BATS_TEST_TMPDIR/second
	sandbox_enter timeout 10 mini-dockerd -H "unix://$folder.sock" --data-root "$folder/root" \
		--exec-root "$folder/run" --pidfile "$folder.pid" "$@"
}

@test "an image that is not there" {
	run docker run --rm no-such-image true
	assert_failure 125
	assert_output --partial "Unable to find image 'no-such-image:latest' locally"
	run docker create no-such-image
	assert_failure 1
	run docker run --rm 'some/UPPER' true
	assert_failure 125
	assert_output --regexp 'invalid reference format: repository name.* must be lowercase'
}

@test "a broken tar: load and import refuse it" {
	head -c 100000 /dev/urandom >"$BATS_TEST_TMPDIR/noise"
	run docker load -i "$BATS_TEST_TMPDIR/noise"
	assert_failure 1
	run docker import "$BATS_TEST_TMPDIR/noise" noise:1
	assert_failure 1
	run docker images -q noise
	assert_success
	assert_output ''
}

@test "a tar that ends too early" {
	"$SANDBOX_HELPER/busybox-rootfs" >"$BATS_TEST_TMPDIR/short.tar"
	truncate -s 700000 "$BATS_TEST_TMPDIR/short.tar"
	run docker import "$BATS_TEST_TMPDIR/short.tar" short:1
	assert_failure 1
	run docker images -q short
	assert_success
	assert_output ''
}

@test "an archive without a manifest, and one whose manifest lies" {
	mkdir "$BATS_TEST_TMPDIR/a"
	echo hello >"$BATS_TEST_TMPDIR/a/file"
	tar -C "$BATS_TEST_TMPDIR/a" -cf "$BATS_TEST_TMPDIR/a.tar" file
	run docker load -i "$BATS_TEST_TMPDIR/a.tar"
	assert_failure 1
	echo '[{"Config":"../../etc/passwd","RepoTags":["evil:1"],"Layers":["nothing"]}]' \
		>"$BATS_TEST_TMPDIR/a/manifest.json"
	tar -C "$BATS_TEST_TMPDIR/a" -cf "$BATS_TEST_TMPDIR/b.tar" manifest.json file
	run docker load -i "$BATS_TEST_TMPDIR/b.tar"
	assert_failure 1
	run docker images -q evil
	assert_success
	assert_output ''
}

@test "invalid JSON, JSON of the wrong kind, and none" {
	local body
	for body in '{"Image":' '[]' '"text"' 'null garbage' '{"Image":7}' '{"Cmd":{"a":1},"Image":"busybox"}'; do
		sandbox_api POST /v1.41/containers/create "$body"
		assert_bad_request "$body"
		assert_equal "$(jq -r '.message | type' <<<"$output")" string
	done
	sandbox_api POST /v1.41/containers/create ''
	assert_bad_request 'no body'
}

@test "JSON that is deep, and JSON that is long" {
	local deep
	deep=$(printf '[%.0s' {1..5000})
	sandbox_api POST /v1.41/containers/create "{\"Image\":$deep"
	assert_bad_request deep
	head -c 30000000 /dev/zero | tr '\0' 'x' >"$BATS_TEST_TMPDIR/long"
	run curl -s -o /dev/null -w '%{http_code}' --max-time 20 --unix-socket "$PRIVATE/docker.sock" -X POST \
		-H 'Content-Type: application/json' --data-binary "@$BATS_TEST_TMPDIR/long" http://d/v1.41/containers/create
	[[ $output == 4?? || $output$PRIVATE_DAEMON == 500dockerd ]]
	[ "$status" = 0 ] || [ "$status" = 55 ] # curl's "could not send it all"
	run -0 docker version
}

@test "what is no HTTP at all does not disturb the daemon" {
	local text
	for text in 'GARBAGE\r\n\r\n' 'GET / HTTP/9.9\r\n\r\n' 'GET /_ping HTTP/1.1\r\n\r\n' '\0\0\0\0' \
		'POST /v1.41/containers/create HTTP/1.1\r\nHost: d\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n' \
		'POST /v1.41/containers/create HTTP/1.1\r\nHost: d\r\nContent-Length: -1\r\n\r\n'; do
		# shellcheck disable=SC2059
		printf "$text" | timeout 5 socat -t 1 - "UNIX-CONNECT:$PRIVATE/docker.sock" >"$BATS_TEST_TMPDIR/answer" ||
			true
		if [ -s "$BATS_TEST_TMPDIR/answer" ]; then
			head -n 1 "$BATS_TEST_TMPDIR/answer" | grep -qE '^HTTP/1\.[01] (4[0-9][0-9]|505)'
		fi
	done
	run -0 docker version
}

@test "paths that climb out of names" {
	local path
	for path in /v1.41/containers/../../etc/passwd/json '/v1.41/containers/%2e%2e%2f%2e%2e/json' \
		'/v1.41/images/..%2f..%2fetc/json' '/v1.41/containers/%00/json'; do
		run curl -s -o /dev/null -w '%{http_code}' --path-as-is --unix-socket "$PRIVATE/docker.sock" "http://d$path"
		assert_success
		assert_output --regexp '^(30[0-9]|40[045])$'
	done
}

@test "an unknown flag, an unknown command, a missing argument" {
	run docker run --no-such-flag busybox
	assert_failure 125
	run mini-docker run --no-such-flag busybox
	assert_failure 125
	assert_output --partial 'unknown flag: --no-such-flag'
	run mini-docker no-such-command
	assert_failure 1
	assert_output --partial 'no-such-command'
	run mini-docker run
	assert_failure
	assert_output --regexp 'requires at least 1 argument'
}

# told MESSAGE COMMAND...: what mini-docker says of it, before the usage
told() {
	local message=$1
	shift
	run mini-docker "$@"
	[ "$status" -ne 0 ]
	assert_line --index 0 "$message"
}

@test "values in messages are quoted: a terminal obeys nothing of them" {
	local bad=$'a"\\\t\x1b[31m\xff\u00e9\u202e' shown='"a\"\\\t\x1b[31m\xff\u202e"'
	shown=${shown/'\u202e'/$'\u00e9\\u202e'}
	told "invalid argument $shown for \"-f, --filter\" flag: bad format of filter (expected name=value)" ps -f "$bad"
	told "invalid argument $shown for \"-t, --timeout\" flag: strconv.ParseInt: parsing $shown: invalid syntax" stop -t "$bad" x
	told "invalid argument $shown for \"--add-host\" flag: bad format for add-host: $shown" create --add-host "$bad" busybox
	told "failed to parse value as time or duration: $shown" events --since "$bad"
	told "context name $shown is invalid, names are validated against regexp \"^[a-zA-Z0-9][a-zA-Z0-9_.+-]+$\"" context use "$bad"
	told "invalid argument \"99999999999999999999\" for \"-n, --last\" flag: strconv.ParseInt: parsing \"99999999999999999999\": value out of range" \
		ps -n 99999999999999999999
	told "invalid argument \"=x\" for \"-l, --label\" flag: invalid label '=x': empty name" create --label =x busybox
	told "invalid argument \"=x\" for \"--label\" flag: invalid label '=x': empty name" volume create --label =x
}

@test "the client says what to do when there is no daemon" {
	run env DOCKER_HOST="unix://$BATS_TEST_TMPDIR/nobody.sock" mini-docker ps
	assert_failure 1
	assert_output --partial 'Cannot connect to the Docker daemon'
	run env DOCKER_HOST="unix://$BATS_TEST_TMPDIR/nobody.sock" mini-docker run busybox true
	assert_failure 125
}

@test "mounts that cannot be" {
	run docker run --rm -v relative:/x:nonsense busybox true
	assert_failure 125
	run docker run --rm -v /:relative busybox true
	assert_failure 125
	run docker run --rm --mount type=bind,source=/no/such/folder,target=/x busybox true
	assert_failure 125
	assert_output --partial '/no/such/folder'
}

@test "a folder to work in that is a file, a user that is not there" {
	run docker run --rm -w /etc/passwd busybox true
	[ "$status" != 0 ] # 20.10 and 28 disagree about 125, 126 or 127
	run docker run --rm -u nobody-like-this busybox true
	assert_failure 125
	assert_output --partial 'nobody-like-this'
}

@test "a second daemon on the same root is refused" {
	without_real_docker
	run sandbox_enter timeout 10 mini-dockerd -H "unix://$BATS_TEST_TMPDIR/second.sock" \
		--data-root "$PRIVATE/root" --exec-root "$BATS_TEST_TMPDIR/run" --pidfile "$BATS_TEST_TMPDIR/pid"
	assert_failure 1
	assert_output --partial "$PRIVATE/root"
	run -0 docker version
	run -0 docker run --rm busybox echo fine
	assert_output fine
}

@test "a second daemon on the same socket is refused" {
	without_real_docker
	run second_daemon -H "$DOCKER_HOST"
	assert_failure 1
	run -0 docker version
}

@test "without root rights the daemon says so" {
	without_real_docker
	public_programs
	run as_nobody mini-dockerd -H "unix:///run/nobody.sock" --data-root /run/nobody \
		--exec-root /run/nobody2 --pidfile /run/nobody3
	assert_failure 1
	assert_output --regexp '[Pp]ermission denied|root'
}

@test "a user who may not open the socket is told" {
	public_programs
	run as_nobody mini-docker ps
	assert_failure 1
	assert_output --partial 'ermission denied'
}

@test "flags of the daemon that are wrong" {
	without_real_docker
	run second_daemon --no-such-flag
	assert_failure 125
	run second_daemon -H nonsense://x
	assert_failure
	assert_output --partial 'nonsense'
	echo '{"no-such-key": 1}' >"$BATS_TEST_TMPDIR/daemon.json"
	run second_daemon --config-file "$BATS_TEST_TMPDIR/daemon.json"
	assert_failure 1
	assert_output --partial 'no-such-key'
	echo '{broken' >"$BATS_TEST_TMPDIR/daemon.json"
	run second_daemon --config-file "$BATS_TEST_TMPDIR/daemon.json"
	assert_failure 1
	assert_output --partial "$BATS_TEST_TMPDIR/daemon.json"
}
