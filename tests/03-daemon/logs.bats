# Log drivers: what each writes, what `docker logs` reads of it, and Docker's words for what is wrong.
load ../helper/sandbox

setup_file() {
	sandbox_start --log-opt max-size=50m --log-opt labels=team
	sandbox_image
}

teardown_file() {
	sandbox_end
}

teardown() {
	[ -z "${receiver-}" ] || kill "$receiver" 2>/dev/null || true
}

# The folder of a container's log, as the daemon sees it.
log_folder() {
	echo "$PRIVATE/root/containers/$(docker inspect --format '{{.Id}}' "$1")"
}

# receive HOW FILE COMMAND...: what comes in datagrams to HOW (an address of socat's) goes to FILE.
# The command succeeds once it listens.
receive() {
	private_exec socat -u "$1" "OPEN:$2,creat,append" 3>&- &
	receiver=$!
	sandbox_eventually 10 "${@:3}"
}

@test "json-file: the daemon's options and the container's, attributes, details" {
	docker run --name attrs --label team=blue --label 'odd=a b&' -e E=1 --log-opt labels=team,odd \
		--log-opt env-regex='^E$' --log-opt tag='{{.Name}}/{{.ImageName}}' busybox \
		sh -c 'echo out; echo err >&2'
	run -0 jq -c '[.log, .stream, .attrs]' "$(docker inspect --format '{{.LogPath}}' attrs)"
	assert_line '["out\n","stdout",{"E":"1","odd":"a b&","tag":"attrs/busybox","team":"blue"}]'
	assert_line '["err\n","stderr",{"E":"1","odd":"a b&","tag":"attrs/busybox","team":"blue"}]'
	run -0 --separate-stderr docker logs --details attrs
	assert_output 'E=1,odd=a+b%26,tag=attrs%2Fbusybox,team=blue out'
	run -0 docker inspect --format '{{json .HostConfig.LogConfig}}' attrs
	assert_output --partial '"max-size":"50m"'
	run -0 docker info --format '{{.LoggingDriver}} {{.Plugins.Log}}'
	assert_output --partial json-file
	assert_output --partial 'local syslog'
	docker rm attrs
}

@test "old files are compressed, and logs reads them all, from any line on" {
	docker run --name packed --log-opt max-size=10k --log-opt max-file=50 --log-opt compress=true \
		busybox sh -c 'seq 1 2000; sleep 0.5' >/dev/null
	find "$(log_folder packed)" -name '*.gz' | wc -l >"$BATS_TEST_TMPDIR/count"
	[ "$(cat "$BATS_TEST_TMPDIR/count")" -ge 5 ]
	seq 1 2000 | cmp - <(docker logs packed)
	seq 1 2000 | cmp - <(mini-docker logs packed)
	seq 501 2000 | cmp - <(docker logs --tail 1500 packed)
	seq 2000 2000 | cmp - <(docker logs --tail 1 packed)
	# gzip itself agrees, and what it does not keep is said by nobody.
	find "$(log_folder packed)" -name '*.gz' -exec gzip -t {} +
	docker rm packed
}

@test "a follower misses nothing while the log is rotated under it" {
	docker run -d --name quick --log-opt max-size=20k --log-opt max-file=200 --log-opt compress=true \
		busybox sh -c 'sleep 0.3; seq 1 20000'
	seq 1 20000 | cmp - <(timeout 40 docker logs -f quick)
	docker rm quick
}

@test "local: small, compressed, read from both ends" {
	docker run --name small --log-driver local --log-opt max-size=10k busybox \
		sh -c 'seq 1 1500; echo err >&2; printf end' >/dev/null 2>&1
	[ -e "$(log_folder small)/local-logs/container.log" ]
	(seq 1 1500; printf end) | cmp - <(docker logs small 2>/dev/null)
	run -0 docker logs --tail 2 small
	assert_output --partial err
	assert_output --partial end
	run -0 docker inspect --format '{{.LogPath}}|{{.HostConfig.LogConfig.Type}}' small
	assert_output '|local'
	docker rm small
}

@test "none cannot be read, and nothing is written" {
	docker run --name silent --log-driver none busybox echo hello
	run -1 docker logs silent
	assert_output --partial 'configured logging driver does not support reading'
	[ -z "$(find "$(log_folder silent)" -name '*log*')" ]
	docker rm silent
}

@test "syslog over a socket and UDP; logs reads the cache" {
	receive "UNIX-RECV:$PRIVATE/syslog" "$BATS_TEST_TMPDIR/got" test -S "$PRIVATE/syslog"
	docker run --name sent --log-driver syslog --log-opt "syslog-address=unixgram://$PRIVATE/syslog" \
		--log-opt tag='{{.Name}}' --log-opt syslog-facility=local3 busybox \
		sh -c 'echo out; echo err >&2' >/dev/null 2>&1
	sandbox_eventually 5 grep -q err "$BATS_TEST_TMPDIR/got"
	kill $receiver
	run -0 cat "$BATS_TEST_TMPDIR/got"
	assert_line --regexp '^<158>[A-Z][a-z]{2} .{11} sent\[[0-9]+\]: out$'
	assert_line --regexp '^<155>[A-Z][a-z]{2} .{11} sent\[[0-9]+\]: err$'
	run -0 --separate-stderr docker logs sent
	assert_output out
	[ -e "$(log_folder sent)/container-cached.log" ]

	sandbox_enter ip link set lo up
	receive UDP4-RECV:5514 "$BATS_TEST_TMPDIR/udp" sandbox_enter grep -q ':158A ' /proc/net/udp
	docker run --name uncached --log-driver syslog --log-opt syslog-address=udp://127.0.0.1:5514 \
		--log-opt syslog-format=rfc5424micro --log-opt cache-disabled=true busybox echo hi
	sandbox_eventually 5 grep -q hi "$BATS_TEST_TMPDIR/udp"
	kill $receiver
	local id
	id=$(docker inspect --format '{{.Id}}' uncached | cut -c 1-12)
	run -0 cat "$BATS_TEST_TMPDIR/udp"
	assert_output --regexp "^<30>1 [0-9-]+T[0-9:]+\.[0-9]{6}.* $id [0-9]+ $id - hi\$"
	run -1 docker logs uncached
	assert_output --partial 'does not support reading'
	docker rm sent uncached
}

@test "syslog over TLS: both sides have to show a certificate, and who comes back is called again" {
	local keys=$BATS_TEST_TMPDIR/keys got=$BATS_TEST_TMPDIR/tls listen
	mkdir "$keys"
	"$SANDBOX_HELPER/certificates" "$keys" 2>/dev/null
	listen=OPENSSL-LISTEN:6514,bind=127.0.0.1,reuseaddr,fork,cert=$keys/server.pem,key=$keys/server-key.pem
	listen+=,cafile=$keys/ca.pem,verify=1
	local far=(--log-driver syslog --log-opt syslog-address=tcp+tls://localhost:6514
		--log-opt syslog-facility=local3 --log-opt tag=tls)
	local ours=(--log-opt "syslog-tls-cert=$keys/cert.pem" --log-opt "syslog-tls-key=$keys/key.pem")
	run -125 docker run --rm "${far[@]}" "${ours[@]}" busybox true
	assert_output --regexp 'failed to initialize logging driver: dial tcp\+tls localhost:6514: .*[Cc]onnection refused'

	receive "$listen" "$got" sandbox_enter grep -q ':1972 ' /proc/net/tcp
	# The system's authorities do not know it; what is not there is told.
	run -125 docker run --rm "${far[@]}" "${ours[@]}" busybox true
	assert_output --regexp 'dial tcp\+tls localhost:6514: .*certificate'
	run -125 docker run --rm "${far[@]}" --log-opt syslog-tls-ca-cert=/nope busybox true
	assert_output --partial /nope
	docker run --rm "${far[@]}" "${ours[@]}" --log-opt syslog-tls-skip-verify=true busybox echo unverified
	sandbox_eventually 5 grep -q unverified "$got"

	docker run -d --name speaks "${far[@]}" "${ours[@]}" --log-opt "syslog-tls-ca-cert=$keys/ca.pem" busybox \
		sh -c 'n=0; while n=$((n + 1)); do echo "line $n"; usleep 200000; done'
	sandbox_eventually 5 grep -qE '^<158>[A-Z].* tls\[[0-9]+\]: line 1$' "$got"
	kill "$receiver" $(pgrep -P "$receiver")
	sandbox_eventually 5 private_is_gone "$receiver"
	sandbox_daemon_stop KILL
	receive "$listen" "$got.2" sandbox_enter grep -q ':1972 00000000:0000 0A' /proc/net/tcp
	sandbox_eventually 20 grep -q 'line' "$got.2"
	sandbox_daemon_start --log-opt max-size=50m --log-opt labels=team
	docker rm -f speaks
	kill "$receiver"
	sandbox_assert_nothing_left
}

@test "a syslog server that stalls holds the container, or with non-blocking does not" {
	sandbox_enter ip link set lo up
	# It accepts and never reads.
	private_exec python3 -c '
import socket, time
s = socket.create_server(("127.0.0.1", 5515)); c = [s.accept()[0], s.accept()[0]]; time.sleep(60)' 3>&- &
	receiver=$!
	sandbox_eventually 10 sandbox_enter grep -q ':158B ' /proc/net/tcp
	local far=(--log-driver syslog --log-opt syslog-address=tcp://127.0.0.1:5515)
	docker run -d --name waits "${far[@]}" busybox sh -c 'head -c 40000000 /dev/zero | tr "\0" "x" | fold -w 1000'
	docker run -d --name drops "${far[@]}" --log-opt mode=non-blocking --log-opt max-buffer-size=100k \
		busybox sh -c 'head -c 40000000 /dev/zero | tr "\0" "x" | fold -w 1000'
	sandbox_eventually 30 sh -c '[ "$(docker inspect --format "{{.State.Status}}" drops)" = exited ]'
	run -0 docker inspect --format '{{.State.Status}}' waits
	assert_output running
	kill $receiver
	docker rm -f waits drops
}

@test "journald: its socket, its fields" {
	run -125 docker run --rm --log-driver journald busybox true
	assert_output --partial 'failed to initialize logging driver: journald is not enabled on this host'
	sandbox_enter sh -c 'mount -t tmpfs none /run && mkdir -p /run/systemd/journal' || skip "/run is no mount point here"
	private_exec python3 -c '
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM); s.bind("/run/systemd/journal/socket")
while True: sys.stdout.buffer.write(s.recv(65536)); sys.stdout.flush()' >"$BATS_TEST_TMPDIR/journal" 3>&- &
	receiver=$!
	sandbox_eventually 10 sandbox_enter test -S /run/systemd/journal/socket
	docker run --name kept --label 'my-label=x' --log-opt labels=my-label --log-driver journald busybox \
		sh -c 'echo said' >/dev/null
	sandbox_eventually 5 grep -q MESSAGE=said "$BATS_TEST_TMPDIR/journal"
	kill $receiver
	run -0 cat "$BATS_TEST_TMPDIR/journal"
	local id
	id=$(docker inspect --format '{{.Id}}' kept)
	for line in PRIORITY=6 "CONTAINER_ID=${id:0:12}" "CONTAINER_ID_FULL=$id" CONTAINER_NAME=kept \
		"CONTAINER_TAG=${id:0:12}" IMAGE_NAME=busybox "SYSLOG_IDENTIFIER=${id:0:12}" MY_LABEL=x; do
		assert_line "$line"
	done
	run -0 docker logs kept
	assert_output said
	docker rm kept
	sandbox_enter umount -l /run
}

@test "what is wrong is said in Docker's words, at create or at start" {
	local option message
	while IFS='|' read -r option message; do
		# shellcheck disable=SC2086 # several words
		run -125 docker run --rm $option busybox true
		assert_output --partial "Error response from daemon: $message"
	done <<-'CASES'
		--log-opt nope=1|unknown log opt 'nope' for json-file log driver
		--log-driver local --log-opt labels=1|unknown log opt 'labels' for log driver local
		--log-opt max-size=abc|failed to initialize logging driver: invalid size: 'abc'
		--log-opt max-file=0|failed to initialize logging driver: max-file cannot be less than 1
		--log-opt compress=true|failed to initialize logging driver: compress cannot be true when
		--log-opt mode=weird|logger: logging mode not supported: weird
		--log-opt max-buffer-size=1m|logger: max-buffer-size option is only supported with 'mode=non-blocking'
		--log-driver syslog --log-opt syslog-address=foo://x|syslog-address should be in form proto://address, got foo://x
		--log-driver syslog --log-opt syslog-address=tcp://127.0.0.1:1|failed to initialize logging driver: dial tcp 127.0.0.1:1: connect: connection refused
	CASES
	sandbox_assert_nothing_left
}
