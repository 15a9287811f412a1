# shellcheck shell=bash
# sandbox.bash - a private daemon for a bats file
#
#	load ../helper/sandbox
#	setup_file() { sandbox_start; sandbox_image; }
#	teardown_file() { sandbox_end; }
#
# Then `docker`, `mini-docker` and the other programs work as they are (PATH and DOCKER_HOST are
# set), against a daemon that has its own mount, network, IPC and UTS namespaces, root, socket and
# cgroups: scripts/private.bash, which also cleans up when bats is interrupted or killed.
#
#	sandbox_start [-s SIZE] [FLAG...]   a sandbox with a running daemon, FLAGs are the daemon's;
#	                                    -s: its root is a tmpfs of that size
#	sandbox_open [SIZE]                 the same without a daemon: SIZE as private_open takes it
#	sandbox_image                       busybox:latest, made from the distribution's busybox
#	sandbox_end                         away with it; fails when something is left
#	sandbox_daemon_stop [SIGNAL]        sandbox_daemon_start [FLAG...]   sandbox_daemon_pid
#	sandbox_enter COMMAND...            in the daemon's namespaces
#	sandbox_remember                    what is there now is what sandbox_assert_nothing_left wants
#	sandbox_assert_nothing_left         no mount, cgroup, shim, or container folder came on top
#	sandbox_remove_containers           every container that is there
#	sandbox_api METHOD PATH [JSON]      a raw request: $status is the HTTP status, $output the body
#	sandbox_eventually SECONDS COMMAND  until it succeeds; SECONDS are those of an idle machine, on a
#	                                    busy one it waits for up to four times as long
#	sandbox_ready CONTAINER [WORD]      until its log has the word, or anything
#	pty [-s ROWSxCOLUMNS] SCRIPT        runs a Python script's lines with `spawn`, see terminal.py
#
# Also loaded: bats-support, bats-assert, bats-file. Pipes fail when any part fails.

# PRIVATE_DAEMON=dockerd bats FILE... runs a file against Docker's own daemon: where a test fails
# there too, the test is wrong, not mini-docker.

set -o pipefail
bats_require_minimum_version 1.5.0
# A client that waits for ever must fail its test, not stop the run.
export BATS_TEST_TIMEOUT=${BATS_TEST_TIMEOUT:-60}
SANDBOX_HELPER=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
BATS_LIB_PATH=${BATS_LIB_PATH:-/usr/lib/bats:/usr/share/bats}
# shellcheck source=scripts/private.bash
source "$SANDBOX_HELPER/../../scripts/private.bash"

sandbox_load_libraries() {
	local library folder
	for library in bats-support bats-assert bats-file; do
		for folder in ${BATS_LIB_PATH//:/ }; do
			if [ -e "$folder/$library/load.bash" ]; then
				load "$folder/$library/load.bash"
				continue 2
			fi
		done
		echo "sandbox: $library is not in $BATS_LIB_PATH: sudo make setup" >&2
		return 1
	done
}
sandbox_load_libraries

sandbox_path() {
	export PATH=$MINI_BIN:$PATH
	PATH=$PATH:$("$SANDBOX_HELPER/../../scripts/peers" --path)
}
case :$PATH: in
*:"$MINI_BIN":*) ;;
*) sandbox_path ;;
esac
# What a person has set for the real Docker must not change what a test sees.
unset MINI_EXPLAIN DOCKER_DEFAULT_PLATFORM DOCKER_API_VERSION
export DOCKER_CONFIG=${BATS_RUN_TMPDIR:-/nonexistent}/docker-config DOCKER_CLI_HINTS=false

sandbox_open() {
	SANDBOX_HOST_BEFORE=$(sandbox_host)
	export SANDBOX_HOST_BEFORE
	private_open "${1-}"
}

sandbox_start() {
	local size=
	if [ "${1-}" = -s ]; then
		size=$2
		shift 2
	fi
	sandbox_open "$size"
	private_start "$@"
	sandbox_remember
}

# For making images and cleaning up, which no time limit of bats covers.
sandbox_client() {
	if [ -n "${PRIVATE_DAEMON-}" ]; then
		timeout 60 docker "$@"
	else
		timeout 60 mini-docker "$@"
	fi
}

sandbox_image() {
	"$SANDBOX_HELPER/busybox-rootfs" | sandbox_client import --change 'CMD ["sh"]' - busybox:latest
	sandbox_remember
}

# What a test file could have done to the machine itself.
sandbox_host() {
	awk '{ print $5, $9 }' /proc/self/mountinfo | grep -v 'mini-docker\.' | sort
	ip -o link 2>/dev/null | cut -d : -f 2 | sort
}

sandbox_end() {
	[ -n "${PRIVATE-}" ] || return 0
	if [ -n "${SANDBOX_KEEP_LOG-}" ]; then
		cp "$PRIVATE/daemon.log" "$SANDBOX_KEEP_LOG"
	fi
	# A sanitizer's report in the daemon or a shim is a failure of the file.
	local reports
	reports=$(grep -saE -A 20 'ERROR: .*Sanitizer|runtime error:' "$PRIVATE/daemon.log" || true)
	private_close
	local left
	left=$(private_leftovers)
	if [ -n "$left$reports" ]; then
		printf 'left behind, or reported by a sanitizer:\n%s\n%s\n' "$left" "$reports"
		return 1
	fi
	diff <(echo "$SANDBOX_HOST_BEFORE") <(sandbox_host)
}

sandbox_daemon_pid() {
	private_daemon
}

sandbox_daemon_stop() {
	private_stop "$@"
}

sandbox_daemon_start() {
	private_start "$@"
}

sandbox_enter() {
	private_enter "$@"
}

# All that containers add to the machine, as text to compare.
sandbox_state() {
	local hierarchy pid
	awk '{ print "mount", $5, $9 }' "/proc/$PRIVATE_HOLDER/mountinfo"
	pid=$(private_daemon)
	if [ -n "$pid" ] && [ -d "/proc/$pid" ]; then
		awk '{ print "mount of the daemon", $5, $9 }' "/proc/$pid/mountinfo"
	fi
	while read -r hierarchy; do
		find "$hierarchy/$PRIVATE_GROUP/containers" -mindepth 1 -type d 2>/dev/null |
			sed 's/^/cgroup /' || true
	done < <(private_hierarchies)
	for pid in $(private_processes); do
		case $(cat "/proc/$pid/comm" 2>/dev/null) in
		'' | mini-dockerd | dockerd | containerd | sleep) ;;
		*) echo "process $pid $(tr '\0' ' ' <"/proc/$pid/cmdline")" ;;
		esac
	done
	private_enter ip -o link | cut -d : -f 2 | sed 's/^/interface/'
	private_enter find "$PRIVATE/root/containers" "$PRIVATE/run/containers" \
		-mindepth 1 -maxdepth 1 2>/dev/null | sed 's/^/folder /' || true
}

sandbox_remember() {
	SANDBOX_REMEMBERED=$(sandbox_state | sort)
	export SANDBOX_REMEMBERED
}

sandbox_is_as_remembered() {
	[ "$(sandbox_state | sort)" = "$SANDBOX_REMEMBERED" ]
}

# The daemon answers first and cleans up after, so it gets a moment.
sandbox_assert_nothing_left() {
	sandbox_eventually 5 sandbox_is_as_remembered && return
	echo 'left behind (>) or gone (<):'
	diff <(echo "$SANDBOX_REMEMBERED") <(sandbox_state | sort)
}

sandbox_remove_containers() {
	local ids
	ids=$(sandbox_client ps -aq)
	# shellcheck disable=SC2086
	[ -z "$ids" ] || sandbox_client rm -f $ids >/dev/null
}

# shellcheck disable=SC2034
sandbox_api() {
	local answer arguments=(-s -S --max-time 20 --unix-socket "$PRIVATE/docker.sock" -X "$1")
	[ "$1" != HEAD ] || arguments+=(--head)
	[ $# -lt 3 ] || arguments+=(-H 'Content-Type: application/json' --data-binary "$3")
	answer=$(curl "${arguments[@]}" -w '\n%{http_code}' "http://d$2") || return
	status=${answer##*$'\n'}
	output=${answer%$'\n'*}
}

sandbox_eventually() {
	local seconds=$1
	shift
	private_wait_for $((seconds * 4)) "$@"
}

sandbox_has_said() {
	sandbox_client logs "$1" 2>&1 | grep -q "$2"
}

sandbox_ready() {
	sandbox_eventually 10 sandbox_has_said "$1" "${2-.}"
}

pty() {
	python3 -B "$SANDBOX_HELPER/terminal.py" "$@"
}
