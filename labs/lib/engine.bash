# Loaded by tests of labs about the daemon: load ../../lib/engine
#
# All of lab.bash, and: requests without a client, and daemons that are killed. `daemon` starts one.

set -o pipefail
# shellcheck source=labs/lib/lab.bash
. "${BASH_SOURCE[0]%/*}/lab.bash"

# api METHOD PATH [ARGUMENT...]: sets output to the body of the answer, and code to its status.
api() {
	run inside curl -s -m 12 --unix-socket /run/docker.sock -X "$1" -w '\n%{http_code}' \
		"http://localhost$2" "${@:3}"
	code=${output##*$'\n'}
	output=${output%"$code"}
	output=${output%$'\n'}
}

# expect_answer STATUS PART METHOD PATH [ARGUMENT...]: the answer has that status, and that part.
expect_answer() {
	api "${@:3}"
	expect "the status of $3 $4" "$1" "$code"
	expect_part "the answer to $3 $4" "$2" "$output"
}

# One line of `inspect`: state NAME FILTER
state() {
	docker inspect "$1" | jq -rc ".[0] | $2"
}

# await NAME FILTER VALUE: until the filter gives the value, ten seconds at most.
await() {
	local got=
	for _ in {1..50}; do
		got=$(state "$1" "$2" 2>&1) || true
		[ "$got" != "$3" ] || return 0
		sleep 0.2
	done
	expect "$2 of $1" "$3" "$got"
}

# awaits COMMAND...: until it succeeds, five seconds at most.
awaits() {
	for _ in {1..50}; do
		! "$@" >/dev/null 2>&1 || return 0
		sleep 0.1
	done
	echo "it does not come to this: $*"
	return 1
}

# starts_detached NAME ARGUMENT...: docker run --detach
starts_detached() {
	run docker run --detach --name "$@"
	expect "the exit status of docker run --detach --name $1" 0 "${status:?}"
}

# waits_to_end NAME CODE [OPTION...]: a container that ends with this code when let_end says so; its
# process and its id are in pid and id.
waits_to_end() {
	starts_detached "$1" "${@:3}" box sh -c "while [ ! -e /go ]; do sleep 0.1; done; rm /go; exit $2"
	# shellcheck disable=SC2034 # the test's
	pid=$(state "$1" .State.Pid) id=$(state "$1" .Id)
}

# let_end PID ID: also where there is no daemon. It has ended, and its shim has recorded that.
let_end() {
	local shim
	shim=$(inside pgrep -f "^mini-shim $2")
	inside touch "/proc/$1/root/go"
	has_ended "$shim"
}

# No daemon is there after this; the containers' shims are.
kill_daemon() {
	kill_now "$(inside cat /tmp/daemon.pid)"
}

# kill_now PID: by SIGKILL; it is gone then, or waits only for its parent to hear of it.
kill_now() {
	inside kill -KILL "$1"
	has_ended "$1"
}

has_ended() {
	awaits inside sh -c "! test -e /proc/$1/fd/0"
}
