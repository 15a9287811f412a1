# A daemon that is reached from afar: TLS with certificates, plain TCP, sockets of systemd, ssh.
# shellcheck disable=SC2016,SC2154 # the containers' shells expand; bats sets $stderr

load ../helper/sandbox

setup_file() {
	export KEYS=$BATS_FILE_TMPDIR/keys
	mkdir "$KEYS"
	"$SANDBOX_HELPER/certificates" "$KEYS" 2>/dev/null
	sandbox_start -H tcp://127.0.0.1:2376 --tlsverify --tlscacert "$KEYS/ca.pem" \
		--tlscert "$KEYS/server.pem" --tlskey "$KEYS/server-key.pem"
	sandbox_image
}

teardown_file() {
	sandbox_end
}

teardown() {
	DOCKER_HOST=unix://$PRIVATE/docker.sock sandbox_remove_containers
}

without_real_docker() {
	[ -z "${PRIVATE_DAEMON-}" ] || skip 'Docker has it built in'
}

# over_tls COMMAND...: with the good certificate, in the daemon's network
over_tls() {
	DOCKER_HOST=tcp://127.0.0.1:2376 DOCKER_TLS_VERIFY=1 DOCKER_CERT_PATH=$KEYS \
		sandbox_enter timeout 30 "$@"
}

# both_clients FUNCTION: of a function that calls $client
both_clients() {
	local client
	for client in docker mini-docker; do
		"$@" || {
			echo "with $client"
			return 1
		}
	done
}

whole_session() {
	head -c 3000000 /dev/urandom >"$BATS_TEST_TMPDIR/bytes"
	over_tls "$client" run --rm -i busybox cat <"$BATS_TEST_TMPDIR/bytes" |
		cmp - "$BATS_TEST_TMPDIR/bytes"
	[ "$(over_tls "$client" run --rm -i busybox wc -c <<<12345)" = 6 ]
	run -7 over_tls "$client" run --rm busybox sh -c 'echo out; echo err >&2; exit 7'
	assert_line out
	assert_line err
	over_tls "$client" run -d --name talks busybox sh -c 'for i in 1 2 3; do echo $i; sleep 0.2; done'
	[ "$(over_tls "$client" logs -f talks)" = $'1\n2\n3' ]
	over_tls "$client" rm talks
}

@test "TLS: run, input, output, exit codes and logs -f, with both clients" {
	both_clients whole_session
}

terminal_session() {
	over_tls "$client" run -d --name lives busybox sleep 60
	run -5 env CLIENT="$client" HOLDER="$PRIVATE_HOLDER" KEYS="$KEYS" python3 -B "$SANDBOX_HELPER/terminal.py" -s 31x117 '
import os
spawn("nsenter", "--target", os.environ["HOLDER"], "--mount", "--net", "--", "env",
      "DOCKER_HOST=tcp://127.0.0.1:2376", "DOCKER_TLS_VERIFY=1",
      "DOCKER_CERT_PATH=" + os.environ["KEYS"],
      os.environ["CLIENT"], "exec", "-it", "lives", "sh")
expect("# ")
send("stty size\n")
expect("31 117")
send("exit 5\n")
'
	over_tls "$client" rm -f lives
}

@test "TLS: exec -it is a terminal of the right size, with both clients" {
	both_clients terminal_session
}

@test "TLS: an attached client that is killed is gone for the daemon, and the container lives" {
	local pid
	over_tls docker run -d --name lives busybox sh -c 'while echo x; do sleep 0.05; done'
	DOCKER_HOST=tcp://127.0.0.1:2376 DOCKER_TLS_VERIFY=1 DOCKER_CERT_PATH=$KEYS \
		nsenter --target "$PRIVATE_HOLDER" --net -- docker attach --no-stdin lives \
		>"$BATS_TEST_TMPDIR/out" 3>&- &
	pid=$!
	sandbox_eventually 10 test -s "$BATS_TEST_TMPDIR/out"
	kill -KILL "$pid"
	run -0 mini-docker inspect --format '{{.State.Running}}' lives
	assert_output true
	# Its relay is not left: nothing is connected to the port any more.
	sandbox_eventually 10 eval '[ -z "$(sandbox_enter ss -Htn state established sport = :2376)" ]'
}

# refused MESSAGE CLIENT OPTION...: nobody but who has a good certificate gets an answer
refused() {
	local message=$1
	shift
	run -1 env -u DOCKER_TLS_VERIFY DOCKER_CERT_PATH="$KEYS" DOCKER_HOST=tcp://127.0.0.1:2376 \
		nsenter --target "$PRIVATE_HOLDER" --mount --net -- timeout 20 "$@" ps
	assert_output --regexp "$message"
}

@test "TLS: who has no certificate, an expired one or a stranger's is refused, and told so" {
	local ours=(--tlscacert "$KEYS/ca.pem")
	refused 'remote error: tls: (expired certificate|bad certificate)' docker --tlsverify \
		"${ours[@]}" --tlscert "$KEYS/expired/cert.pem" --tlskey "$KEYS/expired/key.pem"
	refused 'remote error: tls: (certificate required|bad certificate)' docker --tlsverify \
		"${ours[@]}" --tlscert "$KEYS/stranger/cert.pem" --tlskey "$KEYS/stranger/key.pem"
	refused 'error during connect: .*certificate expired|bad certificate' mini-docker --tlsverify \
		"${ours[@]}" --tlscert "$KEYS/expired/cert.pem" --tlskey "$KEYS/expired/key.pem"
	refused 'error during connect: .*unknown ca|bad certificate' mini-docker --tlsverify \
		"${ours[@]}" --tlscert "$KEYS/stranger/cert.pem" --tlskey "$KEYS/stranger/key.pem"
	refused 'error during connect: .*certificate required|bad certificate' mini-docker --tlsverify \
		"${ours[@]}" --tlscert /dev/null --tlskey /dev/null ||
		refused 'could not use certificate "/dev/null"' mini-docker --tlsverify "${ours[@]}" \
			--tlscert /dev/null --tlskey /dev/null
	refused "the peer's certificate is refused: self-signed certificate" mini-docker --tlsverify \
		--tlscacert "$KEYS/stranger/ca.pem"
	refused 'unable to resolve docker endpoint: open /nonexistent: No such file' mini-docker \
		--tlsverify --tlscacert /nonexistent
	run -1 env DOCKER_TLS_VERIFY=1 DOCKER_CERT_PATH="$KEYS" mini-docker -H tcp://127.0.0.1:1 ps
	assert_output 'Cannot connect to the Docker daemon at tcp://127.0.0.1:1. Is the docker daemon running?'
}

@test "TLS: no certificate at all, and no TLS at all" {
	mkdir "$BATS_TEST_TMPDIR/none"
	cp "$KEYS/ca.pem" "$BATS_TEST_TMPDIR/none"
	run -1 env DOCKER_TLS_VERIFY=1 DOCKER_CERT_PATH="$BATS_TEST_TMPDIR/none" \
		DOCKER_HOST=tcp://127.0.0.1:2376 nsenter --target "$PRIVATE_HOLDER" --net -- mini-docker ps
	assert_output --regexp 'error during connect: .*(certificate required|bad certificate)'
	run -0 sandbox_enter curl -s --max-time 10 http://127.0.0.1:2376/_ping
	assert_output 'Client sent an HTTP request to an HTTPS server.'
	refused 'wants --tlsverify|Client sent an HTTP request' mini-docker
	refused 'Client sent an HTTP request to an HTTPS server' docker
	run ! sandbox_enter curl -s -k --max-time 10 https://127.0.0.1:2376/containers/json
	run -0 sandbox_enter curl -s --max-time 10 --cacert "$KEYS/ca.pem" --cert "$KEYS/cert.pem" \
		--key "$KEYS/key.pem" https://localhost:2376/_ping
	assert_output OK
}

@test "TLS: handshakes that never end stop nobody" {
	local pids=()
	for _ in 1 2 3 4 5 6 7 8; do
		sandbox_enter sh -c 'exec 3<>/dev/null; exec socat -u OPEN:/dev/zero,readbytes=1 TCP:127.0.0.1:2376,ignoreeof' 3>&- &
		pids+=($!)
	done
	run -0 over_tls docker version --format '{{.Server.Os}}'
	assert_output linux
	kill "${pids[@]}" 2>/dev/null || true
}

@test "an answer that comes before the body was read reaches who sends first: unix, TLS" {
	local early=$SANDBOX_HELPER/early-answer.py where
	for where in "unix:$PRIVATE/docker.sock" "tls:127.0.0.1:2376:$KEYS"; do
		sandbox_enter timeout 50 "$early" 200 404 POST /nothing "$where"
		sandbox_enter timeout 50 "$early" 20 400 PUT /v1.99/containers/x/archive "$where"
	done
}

@test "plain TCP is served on loopback alone" {
	without_real_docker
	run -1 sandbox_enter timeout 20 mini-dockerd -H tcp://0.0.0.0:2399 --data-root "$BATS_TEST_TMPDIR/d" \
		--exec-root "$BATS_TEST_TMPDIR/e" --cgroup-parent "/$PRIVATE_GROUP/containers"
	assert_output --partial 'failed to load listeners: tcp://0.0.0.0:2399: refused without TLS'
	assert_output --partial '--tlsverify'
	run -1 sandbox_enter timeout 20 mini-dockerd -H tcp://127.0.0.1:2399 --tlsverify --tlscacert \
		/nonexistent --tlscert "$KEYS/server.pem" --tlskey "$KEYS/server-key.pem" \
		--data-root "$BATS_TEST_TMPDIR/d" --exec-root "$BATS_TEST_TMPDIR/e"
	assert_output --partial 'could not read CA certificate "/nonexistent": No such file or directory'
}

# What systemd does for a socket unit and a service of type notify.
activate() {
	python3 -B - "$@" <<'PYTHON'
import os, socket, sys
folder, flags = sys.argv[1], sys.argv[2:]
plain = socket.socket(socket.AF_UNIX)
plain.bind(folder + "/activated.sock")
plain.listen()
tcp = socket.socket()
tcp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
tcp.bind(("127.0.0.1", 2398))
tcp.listen()
for number, s in enumerate((plain, tcp)):
    os.dup2(s.fileno(), 100 + number)
for number in range(2):
    os.dup2(100 + number, 3 + number)
os.environ.update(LISTEN_FDS="2", LISTEN_PID=str(os.getpid()), NOTIFY_SOCKET="@" + folder)
os.execvp("mini-dockerd", ["mini-dockerd"] + flags)
PYTHON
}

@test "fd://: sockets of systemd, and it hears when the daemon is ready and when it stops" {
	without_real_docker
	local folder=$BATS_TEST_TMPDIR pid heard=$BATS_TEST_TMPDIR/heard
	(
		private_join
		private_exec socat -u "ABSTRACT-RECV:$folder" "CREATE:$heard"
	) 3>&- &
	pid=$!
	sandbox_eventually 5 sandbox_enter grep -q "@$folder" /proc/net/unix
	# shellcheck disable=SC2119
	(
		private_close_descriptors
		private_join
		export -f activate
		private_exec bash -c 'activate "$@"' activate "$folder" -H fd:// --data-root "$folder/d" --exec-root "$folder/e" \
			--cgroup-parent "/$PRIVATE_GROUP/containers"
	) </dev/null >"$folder/log" 2>&1 &
	local daemon
	sandbox_eventually 10 grep -q READY=1 "$heard"
	daemon=$(cat "$folder/e/mini-dockerd.pid")
	run -0 curl -s --unix-socket "$folder/activated.sock" http://d/_ping
	assert_output OK
	run -0 sandbox_enter curl -s http://127.0.0.1:2398/_ping
	assert_output OK
	run ! grep -q STOPPING "$heard"
	kill -TERM "$daemon"
	sandbox_eventually 10 grep -q STOPPING=1 "$heard"
	kill "$pid" 2>/dev/null || true
	run -1 sandbox_enter timeout 20 mini-dockerd -H fd:// --data-root "$folder/d" --exec-root "$folder/e"
	assert_output --partial 'failed to load listeners: no sockets found via socket activation'
}

@test "TLS: python3-docker with certificates, also attached, and without them" {
	DOCKER_HOST=tcp://127.0.0.1:2376 sandbox_enter timeout 40 \
		env -u REQUESTS_CA_BUNDLE -u CURL_CA_BUNDLE /usr/bin/python3 -B - "$KEYS" <<-'PYTHON'
		import docker, socket, sys
		keys = sys.argv[1]
		def client(**with_):
		    return docker.DockerClient("https://127.0.0.1:2376", timeout=20, version="1.41", tls=docker.tls.TLSConfig(
		        ca_cert=keys + "/ca.pem", verify=True, **with_))
		good = client(client_cert=(keys + "/cert.pem", keys + "/key.pem"))
		box = {"image": "busybox", "network_mode": "none"}
		assert good.containers.run(**box, command=["echo", "hello"], remove=True) == b"hello\n"
		one = good.containers.run(**box, command=["sleep", "60"], detach=True)
		assert one.exec_run(["sh", "-c", "echo in; exit 3"]) == (3, b"in\n")
		cat = good.containers.create(**box, command="cat", stdin_open=True)
		pipe = cat.attach_socket(params={"stdin": 1, "stdout": 1, "stream": 1})
		cat.start()
		(pipe._sock if hasattr(pipe, "_sock") else pipe).sendall(b"through\n")
		assert next(cat.logs(stream=True, follow=True)) == b"through\n"
		cat.stop(timeout=0)
		assert cat.logs() == b"through\n", cat.logs()
		one.remove(force=True)
		cat.remove(force=True)
		try:
		    client().ping()
		except Exception as e: # requests' own, or the SDK's
		    assert "alert" in str(e).lower(), e
		else:
		    raise AssertionError("it was let in without a certificate")
	PYTHON
}

# An ssh that writes down what it was asked for, and does on this machine what it would do there.
# It takes in something before it fails: docker tells of its own "broken pipe" else, when it is slow.
fake_ssh() {
	mkdir -p "$BATS_TEST_TMPDIR/bin"
	cat >"$BATS_TEST_TMPDIR/bin/ssh" <<'SCRIPT'
#!/bin/bash
echo "$*" >>"$SSH_ASKED"
while [ "$1" != -- ]; do shift; done
host=$2
shift 2
[ "$host" = here ] || { read -rN 1; echo "ssh: Could not resolve hostname $host" >&2; exit 255; }
unset DOCKER_HOST
exec sh -c "$*"
SCRIPT
	chmod +x "$BATS_TEST_TMPDIR/bin/ssh"
	ln -sf "$MINI_BIN/mini-docker" "$BATS_TEST_TMPDIR/bin/docker"
	export SSH_ASKED=$BATS_TEST_TMPDIR/asked PATH=$BATS_TEST_TMPDIR/bin:$PATH
}

@test "ssh://: a whole session through dial-stdio, with both clients" {
	local real_docker=
	real_docker=$(command -v docker)
	fake_ssh
	head -c 3000000 /dev/urandom >"$BATS_TEST_TMPDIR/bytes"
	for client in "$real_docker" mini-docker; do
		export DOCKER_HOST=ssh://me@here:2222$PRIVATE/docker.sock
		run -7 "$client" run --rm busybox sh -c 'echo out; exit 7'
		assert_output out
		run -0 "$client" run --rm -i busybox wc -c <<<12345
		assert_output 6
		# It answers while it is fed.
		timeout 25 "$client" run --rm -i busybox cat <"$BATS_TEST_TMPDIR/bytes" | cmp - "$BATS_TEST_TMPDIR/bytes"
		run -1 "$client" -H ssh://nowhere ps
		assert_output --partial 'error during connect'
		assert_output --partial 'has exited with exit status 255'
		assert_output --partial 'stderr=ssh: Could not resolve hostname nowhere'
	done
	export DOCKER_HOST=unix://$PRIVATE/docker.sock
	run -0 sort -u "$SSH_ASKED"
	assert_line "-o ConnectTimeout=30 -T -l me -p 2222 -- here docker --host unix://$PRIVATE/docker.sock system dial-stdio"
	assert_line "-o ConnectTimeout=30 -T -l me -p 2222 -- here mini-docker --host unix://$PRIVATE/docker.sock system dial-stdio"
	for bad in ssh:// ssh://-oProxyCommand=x 'ssh://h/$(x)' 'ssh://h/;x' ssh://a:b@h; do
		run -1 mini-docker -H "$bad" ps
		assert_output --partial 'ssh host connection is not valid'
	done
}

# refuse_context MESSAGE TAR-ARGUMENT...
refuse_context() {
	local message=$1
	shift
	tar -C "$BATS_TEST_TMPDIR/bad" -cf "$BATS_TEST_TMPDIR/bad.tar" "$@"
	run -1 mini-docker context import bad "$BATS_TEST_TMPDIR/bad.tar"
	assert_output --partial "$message"
	run -1 mini-docker context inspect bad
}

@test "context: two daemons by name, for docker and for mini-docker alike" {
	local client
	export DOCKER_CONFIG=$BATS_TEST_TMPDIR/config
	unset DOCKER_HOST
	run -0 mini-docker context create far --description 'over there' \
		--docker "host=tcp://127.0.0.1:2376,ca=$KEYS/ca.pem,cert=$KEYS/cert.pem,key=$KEYS/key.pem"
	run -0 docker context create near --docker "host=unix://$PRIVATE/docker.sock"
	for client in docker mini-docker; do
		run -0 sandbox_enter "$client" --context far version --format '{{.Server.Os}} {{.Client.Context}}'
		assert_output 'linux far'
		DOCKER_CONTEXT=near run -0 "$client" version --format '{{.Server.Os}} {{.Client.Context}}'
		assert_output 'linux near'
		run -0 "$client" context use far
		assert_line 'Current context is now "far"'
		run -0 "$client" context show
		assert_output far
		run -0 sandbox_enter "$client" ps -q
		run -1 "$client" context rm far
		assert_output 'context "far" is in use, set -f flag to force remove'
		run -0 "$client" context use default
		run -1 "$client" --context none ps
		assert_output --partial 'context "none": context not found'
		run -1 "$client" --context far -H unix:///x ps
		assert_output --partial 'conflicting options: cannot specify both --host and --context'
	done
	for what in 'context ls' 'context ls -q' 'context ls --format json' 'context inspect far near' \
		'context inspect --format {{.Endpoints.docker.Host}} near'; do
		docker $what >"$BATS_TEST_TMPDIR/docker"
		mini-docker $what | sed 's/run\/mini-docker.sock/run\/docker.sock/' >"$BATS_TEST_TMPDIR/mini"
		case $what in
		'context ls') sed -i 's/ \+/ /g' "$BATS_TEST_TMPDIR"/{docker,mini} ;;
		esac
		run -0 diff "$BATS_TEST_TMPDIR/docker" "$BATS_TEST_TMPDIR/mini"
	done
	run -0 stat -c %a "$DOCKER_CONFIG"/contexts/tls/*/docker/key.pem
	assert_output 600
	run -0 mini-docker context update far --description new
	run -0 jq -r '.[0] | .Metadata.Description + " " + .Endpoints.docker.Host' <(docker context inspect far)
	assert_output 'new tcp://127.0.0.1:2376'
	# What one client exports the other one imports, with its keys.
	mini-docker context export far "$BATS_TEST_TMPDIR/far"
	docker context import far-1 "$BATS_TEST_TMPDIR/far"
	docker context export far-1 - | mini-docker context import far-2 -
	for what in far-1 far-2; do
		run -0 sandbox_enter mini-docker --context "$what" version --format '{{.Server.Os}}'
		assert_output linux
		run -0 mini-docker context inspect --format '{{.Metadata.Description}} {{.TLSMaterial.docker}}' "$what"
		assert_output 'new [ca.pem cert.pem key.pem]'
	done
	run -1 mini-docker context export far "$BATS_TEST_TMPDIR/far"
	assert_output --partial 'File exists'
	run -1 mini-docker context import far-1 "$BATS_TEST_TMPDIR/far"
	assert_output 'context "far-1" already exists'
	# Nothing is kept of what is no context, or of more than one.
	mkdir -p "$BATS_TEST_TMPDIR/bad/tls/docker"
	echo '{"Name":"x","Endpoints":{"docker":{"Host":"unix:///x"}}}' >"$BATS_TEST_TMPDIR/bad/meta.json"
	ln -s /etc/passwd "$BATS_TEST_TMPDIR/bad/tls/docker/ca.pem"
	: >"$BATS_TEST_TMPDIR/bad/other"
	refuse_context 'unexpected context file: other' meta.json other
	refuse_context 'is no file' meta.json tls/docker/ca.pem
	refuse_context 'no metadata found' --exclude=ca.pem tls/docker
	run -0 mini-docker context rm far near far-1 far-2
	run -0 docker context ls -q
	assert_output default
	run -1 mini-docker context create bad/name
	assert_output --partial 'context name "bad/name" is invalid'
	run -1 mini-docker context create x1 --docker foo=bar
	assert_output 'unable to create docker endpoint config: unrecognized config key: foo'
}
