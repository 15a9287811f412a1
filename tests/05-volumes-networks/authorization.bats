# Authorization plugins: who is asked, what he is told, and what happens when he says no or nothing.
load ../helper/sandbox

PLUGINS=/run/docker/plugins

setup_file() {
	sandbox_open
	private_cover /run
	private_enter mkdir -p $PLUGINS
	export FOLDER=$PRIVATE/authorizer
	mkdir "$FOLDER"
	start_authorizer one
	private_start --authorization-plugin one
	sandbox_image
}

teardown_file() {
	sandbox_end
}

setup() {
	rules ''
	: >"$FOLDER/asked"
}

teardown() {
	rules ''
	sandbox_remove_containers
}

# In the daemon's namespaces, where private_close finds it. Its process id is in $FOLDER/NAME.pid.
start_authorizer() {
	(
		private_close_descriptors
		private_join
		private_exec python3 -B "$SANDBOX_HELPER/authorizer.py" "$PLUGINS/$1.sock" "$FOLDER"
	) </dev/null >>"$PRIVATE/authorizer.log" 2>&1 &
	echo $! >"$FOLDER/$1.pid"
	disown $!
	sandbox_eventually 20 private_enter curl -s -o "$FOLDER/hello" --unix-socket "$PLUGINS/$1.sock" \
		-d '' http://p/Plugin.Activate
}

end_authorizer() {
	kill -KILL "$(cat "$FOLDER/$1.pid")"
	private_wait_for 20 private_is_gone "$(cat "$FOLDER/$1.pid")"
}

rules() {
	printf '%s\n' "$@" >"$FOLDER/rules"
}

# assert_refused STATUS MESSAGE METHOD PATH [JSON]
assert_refused() {
	sandbox_api "${@:3}"
	assert_equal "$status" "$1"
	assert_equal "$(jq -r .message <<<"$output")" "$2"
}

# asked PHASE PATTERN FILTER: of the last such question
asked() {
	jq -sr --arg phase "$1" --arg pattern "$2" \
		"map(select(.phase == \$phase and (.RequestUri | test(\$pattern)))) | last | $3" "$FOLDER/asked"
}

@test "each request and its answer are shown, with bodies; passwords are not" {
	run -0 docker run --name seen --label secret=x busybox echo hi
	assert_output hi
	assert_equal "$(asked req 'containers/create' '.RequestBody | fromjson | .Labels.secret')" x
	assert_equal "$(asked req 'containers/create' '.RequestMethod + .RequestHeaders["Content-Type"]')" \
		POSTapplication/json
	assert_equal "$(asked res 'containers/create' .ResponseStatusCode)" 201
	assert_equal "$(asked res 'containers/create' '.ResponseBody | fromjson | .Id')" \
		"$(docker inspect -f '{{.Id}}' seen)"
	assert_equal "$(asked req '/attach' '.RequestUri | test("stream=1&?")')" true
	assert_equal "$(asked res '/attach' .ResponseStatusCode)" 101
	assert_equal "$(asked res '/start' .ResponseStatusCode)" 204
	sandbox_api GET /v1.50/containers/nosuch/json
	assert_equal "$(asked res '/nosuch/' .ResponseStatusCode)" 404
	assert_equal "$(asked req '/nosuch/' .User)" null

	curl -s -o "$FOLDER/out" --unix-socket "$PRIVATE/docker.sock" -H 'X-Registry-Auth: c2VjcmV0' \
		-H 'content-type: application/json' -d '{"username":"u","password":"p"}' http://d/auth
	assert_equal "$(asked req '^/auth$' '.RequestHeaders["X-Registry-Auth"], .RequestBody')" $'null\nnull'
	run -0 docker info -f '{{.Plugins.Authorization}}'
	assert_output '[one]'
}

@test "denied: nothing happens, and the client is told who said so and why" {
	rules 'req POST.*/create deny no containers today'
	assert_refused 403 'authorization denied by plugin one: no containers today' \
		POST /v1.50/containers/create '{"Image": "busybox"}'
	run -125 docker run busybox true
	assert_output --partial 'authorization denied by plugin one: no containers today'
	run -0 docker ps -aq
	assert_output ''
	rules 'res GET.*/containers/json deny secret'
	assert_refused 403 'authorization denied by plugin one: secret' GET /v1.50/containers/json
	# What was hijacked or streams is refused before its first byte.
	docker run -d --name lives busybox sleep 1000
	rules 'req POST.*/exec/.*/start deny no' 'res GET.*/logs deny no logs' 'res GET./events deny no events'
	run ! docker exec lives true
	assert_output 'unable to upgrade to tcp, received 403' # all that this client tells
	run ! mini-docker exec lives true
	assert_output --partial 'authorization denied by plugin one: no'
	run ! docker logs lives
	assert_output --partial 'authorization denied by plugin one: no logs'
	assert_refused 403 'authorization denied by plugin one: no events' GET '/events?until=1'
	# An error that is an error anyway stays that.
	rules 'res . deny no'
	assert_refused 404 'No such container: nosuch' GET /v1.50/containers/nosuch/json
}

@test "streams, archives and taken connections go through" {
	docker run -d --name lives busybox sleep 1000
	run -0 docker exec -i lives tr a-z A-Z <<<'through the exec'
	assert_output 'THROUGH THE EXEC'
	echo copied >"$BATS_TEST_TMPDIR/file"
	docker cp "$BATS_TEST_TMPDIR/file" lives:/file
	run -0 docker exec lives cat /file
	assert_output copied
	assert_equal "$(asked req '/archive' .RequestBody)" null
	docker save busybox | tar -t >/dev/null
	run -0 docker logs lives
	# A body of chunks, and one that has to be asked for.
	run -0 curl -s --unix-socket "$PRIVATE/docker.sock" -H 'Transfer-Encoding: chunked' \
		-H 'Expect: 100-continue' -H 'Content-Type: application/json' \
		-d '{"Image": "busybox", "Cmd": ["chunked"]}' http://d/v1.50/containers/create
	assert_equal "$(asked req '/create' '.RequestBody | fromjson | .Cmd[0]')" chunked
	assert_equal "$(docker inspect -f '{{.Path}}' "$(jq -r .Id <<<"$output")")" chunked
	# What is too long to be shown is not let through.
	{
		head -c 1100000 /dev/zero | tr '\0' ' '
		echo '{"Image": "busybox", "HostConfig": {"Privileged": true}}'
	} >"$BATS_TEST_TMPDIR/long"
	run -0 curl -s --unix-socket "$PRIVATE/docker.sock" -H 'Content-Type: application/json' \
		--data-binary "@$BATS_TEST_TMPDIR/long" http://d/v1.50/containers/create
	assert_output --partial 'larger than the 1048576 bytes that authorization plugins are shown'
}

@test "a plugin that is wrong, out of order or dead says no" {
	rules 'req . err broken'
	assert_refused 500 'plugin one failed with error: broken' GET /v1.50/containers/json
	rules 'req . status 500'
	sandbox_api GET /v1.50/containers/json
	assert_equal "$status" 500
	assert_output --partial 'plugin one failed with error: AuthZPlugin.AuthZReq: the authorizer is out of order'
	rules 'req . text nonsense'
	sandbox_api GET /v1.50/containers/json
	assert_equal "$status" 500
	assert_output --partial 'plugin one failed with error: '
	rules 'req . text {}'
	assert_refused 403 'authorization denied by plugin one: ' GET /v1.50/containers/json
	rules 'res . err broken'
	assert_refused 500 'plugin one failed with error: broken' GET /v1.50/containers/json

	# Dead: the daemon is patient for a while, and does not answer in the plugin's place.
	rules ''
	end_authorizer one
	run curl -s --max-time 3 --unix-socket "$PRIVATE/docker.sock" http://d/v1.50/containers/json
	refute_output --partial '['
	start_authorizer one
	sandbox_api GET /v1.50/containers/json
	assert_equal "$status" 200
}

@test "a plugin that says nothing is given up, and a daemon that waits for it serves all others" {
	rules 'req containers.json hang' 'res images.json hang'
	local words='plugin one failed with error: AuthZPlugin.%s: plugin "one": no answer within 10 seconds'
	# shellcheck disable=SC2059 # the format is ours
	assert_refused 500 "$(printf "$words" AuthZReq)" GET /v1.50/containers/json &
	local request=$!
	# shellcheck disable=SC2059
	assert_refused 500 "$(printf "$words" AuthZRes)" GET /v1.50/images/json &
	local answer=$!
	sandbox_api GET /v1.50/version
	assert_equal "$status" 200
	kill -0 $request $answer
	wait $request
	wait $answer
	rules ''
	sandbox_api GET /v1.50/containers/json
	assert_equal "$status" 200
}

@test "who has a certificate is named, with it" {
	local keys=$BATS_TEST_TMPDIR/keys
	mkdir "$keys"
	"$SANDBOX_HELPER/certificates" "$keys"
	private_stop
	private_start --authorization-plugin one -H tcp://127.0.0.1:2399 --tlsverify \
		--tlscacert "$keys/ca.pem" --tlscert "$keys/server.pem" --tlskey "$keys/server-key.pem"
	run -0 private_enter curl -sS --cacert "$keys/ca.pem" --cert "$keys/cert.pem" --key "$keys/key.pem" \
		https://127.0.0.1:2399/v1.40/version
	assert_equal "$(asked req version '.User + " " + .UserAuthNMethod')" 'client TLS'
	# Its own first, then what it sends along: curl does that with what --cacert names.
	assert_equal "$(asked req version '.RequestPeerCertificates[0] | @base64d')" "$(cat "$keys/cert.pem")"
	assert_equal "$(asked req version '.RequestPeerCertificates[1] | @base64d')" "$(cat "$keys/ca.pem")"
	assert_equal "$(asked req version '.RequestPeerCertificates | length')" 2
	assert_equal "$(asked res version '.User')" client
	# By the socket nobody is known.
	: >"$FOLDER/asked"
	sandbox_api GET /v1.40/version
	assert_equal "$(asked req version '[.User, .UserAuthNMethod, .RequestPeerCertificates] | tojson')" '[null,null,null]'
	private_stop
	private_start --authorization-plugin one
}

lists() {
	[ "$(mini-docker info --format '{{json .Plugins.Authorization}}' 2>&1)" = "$1" ]
}

@test "the configuration file: a chain in order, SIGHUP, and a plugin that is not there" {
	private_stop
	start_authorizer two
	echo '{"authorization-plugins": ["one", "two"]}' >"$PRIVATE/daemon.json"
	private_start --config-file "$PRIVATE/daemon.json"
	: >"$FOLDER/asked"
	sandbox_api GET /v1.50/version
	assert_equal "$(jq -sc 'map(select(.RequestUri | test("version")).phase)' "$FOLDER/asked")" \
		'["req","req","res","res"]'
	echo '{"authorization-plugins": []}' >"$PRIVATE/daemon.json"
	kill -HUP "$(private_daemon)"
	sandbox_eventually 20 lists null
	: >"$FOLDER/asked"
	docker ps
	assert_equal "$(cat "$FOLDER/asked")" ''
	# A name that nobody has: every request is refused, until the file says something else.
	echo '{"authorization-plugins": ["nobody"]}' >"$PRIVATE/daemon.json"
	kill -HUP "$(private_daemon)"
	refused() {
		sandbox_api GET /v1.50/version
		[ "$status" = 500 ] && [[ $output == *'plugin nobody failed with error: plugin \"nobody\" not found'* ]]
	}
	sandbox_eventually 20 refused
	echo '{"authorization-plugins": ["one"]}' >"$PRIVATE/daemon.json"
	kill -HUP "$(private_daemon)"
	sandbox_eventually 20 lists '["one"]'
	run ! private_enter mini-dockerd --authorization-plugin one --config-file "$PRIVATE/daemon.json" --validate
	assert_output --partial 'authorization-plugins'
}
