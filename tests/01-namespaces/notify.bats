# Who started the runtime as a service hears when the program in the container is ready (sd_notify).
load runc
set -o pipefail

setup() {
	runc_setup
}

teardown() {
	runc_teardown
	if [ -n "${LISTENER-}" ]; then
		kill "$LISTENER" 2>/dev/null || true
		wait "$LISTENER" 2>/dev/null || true
	fi
}

# What systemd would hear, a line each, in the file `heard`; "fd" is a descriptor that came with it.
listen() {
	python3 - "$1" >heard 2>&1 3>&- <<'PYTHON' &
import socket, sys
name = sys.argv[1]
if name.startswith("@"):
    name = "\0" + name[1:]
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(name)
print("listening", flush=True)
while True:
    text, fds, _, _ = socket.recv_fds(s, 4096, 4)
    print(text.decode().replace("\n", " ") + (" fd" if fds else ""), flush=True)
    for fd in fds:
        import os
        os.close(fd)
PYTHON
	LISTENER=$!
	eventually grep -q listening heard
}

# The program says it; busybox has no way to send to such a socket, the host does it for it.
says() {
	local pid
	pid=$(runc state "$ID" | jq .pid)
	eventually test -S "/proc/$pid/root/run/notify/notify.sock"
	python3 -c 'import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.connect(sys.argv[1])
for text in sys.argv[2:]:
    s.send(text.encode())' "/proc/$pid/root/run/notify/notify.sock" "$@"
}

@test "run --detach ends when the program is ready, and names the main process" {
	command_is sh -c 'echo "$NOTIFY_SOCKET"; exec sleep 300'
	listen "$PWD/host.sock"
	NOTIFY_SOCKET=$PWD/host.sock runc run --detach --bundle "$B" "$ID" >out 2>&1 3>&- &
	local run=$!
	eventually status_is running
	says 'STATUS=not yet' 'READY=0' $'MAINPID=1\nWATCHDOG=1'
	sleep 0.2
	kill -0 $run
	says $'STATUS=now\nREADY=1'
	wait $run
	assert_equal "$(cat out)" /run/notify/notify.sock
	run -0 cat heard
	assert_output "listening
MAINPID=$(runc state "$ID" | jq .pid) READY=1
BARRIER=1 fd"
	# What is executed later is not who is waited for.
	run -1 runc exec "$ID" sh -c 'echo "[$NOTIFY_SOCKET]"; touch /run/notify/x'
	assert_line --index 0 '[]'
	assert_line --index 1 --partial 'Read-only file system'
}

@test "create, start: start waits, others may work on the container meanwhile" {
	command_is sleep 300
	config '.process.env += ["NOTIFY_SOCKET=/of/the/image"]'
	listen "@$ID"
	NOTIFY_SOCKET=@$ID runc create --bundle "$B" "$ID" >out 2>&1 3>&-
	NOTIFY_SOCKET=@$ID runc start "$ID" 3>&- &
	local start=$!
	eventually status_is running
	run -0 runc exec "$ID" sh -c 'tr "\0" "\n" </proc/1/environ | grep NOTIFY'
	assert_output NOTIFY_SOCKET=/run/notify/notify.sock
	timeout 5 mini-runc --root "$STATES" update --pids-limit 50 "$ID"
	says READY=1
	wait $start
	grep -q '^MAINPID=[0-9]* READY=1$' heard
}

@test "start ends with a program that is never ready" {
	command_is true
	listen "$PWD/host.sock"
	export NOTIFY_SOCKET=$PWD/host.sock
	runc create --bundle "$B" "$ID" 3>&-
	timeout 10 mini-runc --root "$STATES" start "$ID"
	runc delete "$ID"
	assert_equal "$(cat heard)" listening
}

@test "in the foreground the runtime stays the main process" {
	command_is sleep 300
	listen "$PWD/host.sock"
	export NOTIFY_SOCKET=$PWD/host.sock
	in_background
	unset NOTIFY_SOCKET
	eventually status_is running
	says READY=1
	eventually grep -q READY heard
	assert_equal "$(tail -n 1 heard)" READY=1
	runc kill "$ID" KILL
	assert_ends_with 137
}

@test "nobody who hears is a warning; a value that is no socket is ignored" {
	command_is sleep 300
	NOTIFY_SOCKET=$PWD/none.sock runc run --detach --bundle "$B" "$ID" >out 2>&1 3>&- &
	local run=$!
	eventually status_is running
	says READY=1
	wait $run
	grep -q "warning: the container is ready, and nobody heard: cannot reach NOTIFY_SOCKET" out
	runc delete --force "$ID"
	command_is sh -c 'echo "[$NOTIFY_SOCKET]"; ls -A /run/notify'
	run -0 env NOTIFY_SOCKET=relative mini-runc --root "$STATES" run --bundle "$B" "$ID"
	assert_output '[]'
}
