# shellcheck shell=bash
# private.bash - a daemon that nobody else notices: to be sourced (make demo, make shell, tests)
#
#	private_open [SIZE]      a folder, namespaces and cgroups of its own; SIZE (tmpfs's words,
#	                         "32m") puts the daemon's root on a file system that is that big
#	private_start [FLAG...]  mini-dockerd in them, and waits until it answers
#	private_stop [SIGNAL]    ends the daemon (TERM) and waits; containers go on
#	private_enter COMMAND... runs a command in the daemon's namespaces (the same process id)
#	private_exec COMMAND...  the same in place of this shell
#	private_cover FOLDER...  what is written below these folders stays in the namespaces: for
#	                         programs that have files under fixed names there
#	private_keep NAME        remembers what is open under a name, so that another may be opened
#	private_use NAME         goes back to it
#	private_close            ends everything that was started in them and removes the rest
#	private_leftovers        prints what is still there after private_close
#
# What is private: mount, network, IPC and UTS namespaces, the data root, the exec root, the socket
# and, below the top of every cgroup hierarchy, one group. The PID namespace is the machine's, so a
# process id means the same for the daemon and for who looks at it; every process that the daemon
# starts is found by its cgroup. A watchdog closes it all when the shell that opened it is gone,
# however that ended. Nothing here ends a process that was not started here.
#
# Variables, set by private_open and exported for the shells below:
#	PRIVATE         the folder: docker.sock, pidfile, daemon.log, root/, run/
#	PRIVATE_HOLDER  process that holds the namespaces
#	PRIVATE_GROUP   name of the cgroup; containers are in $PRIVATE_GROUP/containers
#	DOCKER_HOST     for docker and mini-docker
# Taken: MINI_BIN, the folder with the programs; PRIVATE_DAEMON=dockerd runs Docker's own daemon
# in its place (scripts/peers gets it), which is how the tests themselves are tested.

PRIVATE_TREE=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
MINI_BIN=$(realpath -m "${MINI_BIN:-${BUILD:-$PRIVATE_TREE/build}/bin}") # setsid and others change folder
export MINI_BIN

private_complain() {
	printf 'private daemon: %s\n' "$@" >&2
}

# The mount points of the cgroup hierarchies; the one that can kill a whole group is the first.
private_hierarchies() {
	awk '{ for (i = 7; $i != "-"; i++); if ($(i + 1) == "cgroup2") print $5 }' /proc/self/mountinfo
	awk '{ for (i = 7; $i != "-"; i++); if ($(i + 1) == "cgroup") print $5 }' /proc/self/mountinfo
}

# What is started in the background must not hold the descriptors of who reads our output.
private_close_descriptors() {
	local fd
	for fd in /proc/"$BASHPID"/fd/*; do
		fd=${fd##*/}
		if ((fd > 2 && fd != 255)); then
			eval "exec $fd>&-"
		fi
	done
}

private_is_alive() {
	local state
	[ -n "${1-}" ] && state=$(awk '/^State:/ { print $2 }' "/proc/$1/status" 2>/dev/null) &&
		[ -n "$state" ] && [ "$state" != Z ]
}

# $1: seconds, then a command that is tried until it succeeds
private_wait_for() {
	local end=$((${EPOCHREALTIME/./} + $1 * 1000000))
	shift
	until "$@"; do
		((${EPOCHREALTIME/./} < end)) || return 1
		sleep 0.02
	done
}

private_open() {
	if [ "$(id -u)" != 0 ]; then
		private_complain "namespaces and cgroups need root: run it with sudo"
		return 1
	fi
	if [ -z "${PRIVATE_DAEMON-}" ] && [ ! -x "$MINI_BIN/mini-dockerd" ]; then
		private_complain "$MINI_BIN/mini-dockerd is not there: run make first"
		return 1
	fi
	local size=${1-}
	PRIVATE=$(mktemp -d -t mini-docker.XXXXXX) || return 1
	PRIVATE_GROUP=mini-docker-private-${PRIVATE##*.}
	DOCKER_HOST=unix://$PRIVATE/docker.sock
	export PRIVATE PRIVATE_GROUP DOCKER_HOST
	unset DOCKER_CONTEXT DOCKER_TLS_VERIFY DOCKER_CERT_PATH
	mkdir "$PRIVATE/root" "$PRIVATE/run"

	PRIVATE_TRACKER=$(private_hierarchies | sed -n 1p)
	export PRIVATE_TRACKER
	if [ -n "$PRIVATE_TRACKER" ]; then
		# No process in the group itself: version 2 wants them in the leaves.
		mkdir -p "$PRIVATE_TRACKER/$PRIVATE_GROUP/daemon"
	fi
	# An overlay's upper layer cannot lie on an overlay, as the files of most CI machines do.
	if [ -z "$size" ] && [ "$(stat -f -c %T "$PRIVATE")" = overlayfs ]; then
		size=2g
	fi
	(
		private_close_descriptors
		private_join
		# shellcheck disable=SC2016 # $1 and $2 are the inner shell's
		exec unshare --mount --net --ipc --uts --propagation private -- bash -c '
			ip link set lo up
			hostname mini-docker
			[ -z "$2" ] || mount -t tmpfs -o "size=$2" private-root "$1/root"
			touch "$1/ready"
			exec sleep infinity' holder "$PRIVATE" "$size"
	) </dev/null >"$PRIVATE/holder.log" 2>&1 &
	PRIVATE_HOLDER=$!
	export PRIVATE_HOLDER
	disown "$PRIVATE_HOLDER"
	(
		private_close_descriptors
		# A session of its own: what ends the caller and all its group must not end this.
		# shellcheck disable=SC2016 # the inner shell's arguments
		exec setsid bash -c '. "$1"; private_watch "$2"' watchdog "${BASH_SOURCE[0]}" $$
	) </dev/null >/dev/null 2>&1 &
	disown $!
	if ! private_wait_for 10 test -e "$PRIVATE/ready"; then
		private_complain "its namespaces cannot be made: $(cat "$PRIVATE/holder.log")"
		private_close
		return 1
	fi
}

# Puts this process where private_close finds it.
private_join() {
	[ -z "$PRIVATE_TRACKER" ] ||
		echo "$BASHPID" >"$PRIVATE_TRACKER/$PRIVATE_GROUP/daemon/cgroup.procs"
}

# $1: the process whose end is the end of everything here
private_watch() {
	while [ -d "$PRIVATE" ]; do
		if ! private_is_alive "$1"; then
			private_close
			return
		fi
		sleep 1
	done
}

private_exec() {
	exec nsenter --target "$PRIVATE_HOLDER" --mount --net --ipc --uts -- "$@"
}

private_enter() {
	(private_exec "$@")
}

private_cover() {
	# shellcheck disable=SC2016 # the inner shell's variables
	private_enter bash -euc '
		mkdir -p "$1"
		mountpoint -q "$1" || mount -t tmpfs private-cover "$1"
		for folder in "${@:2}"; do
			top=$1/${folder//\//-}
			[ ! -e "$top" ] || continue
			mkdir -p "$top/upper" "$top/work"
			mount -t overlay -o "lowerdir=$folder,upperdir=$top/upper,workdir=$top/work" \
				private-cover "$folder"
		done' cover "$PRIVATE/cover" "$@"
}

private_daemon() {
	cat "$PRIVATE/pidfile" 2>/dev/null
}

private_answers() {
	[ "$(curl -s --max-time 2 --unix-socket "$PRIVATE/docker.sock" http://d/_ping)" = OK ]
}

private_answers_or_is_gone() {
	private_answers || ! private_is_alive "$PRIVATE_STARTED"
}

private_start() {
	local program=$MINI_BIN/mini-dockerd
	if [ "${PRIVATE_DAEMON-}" = dockerd ]; then
		program=dockerd
		private_cover /etc /run # its key, its plugins and the sockets of containerd's shims
		set -- --bridge=none --iptables=false --live-restore "$@"
	fi
	(
		private_close_descriptors
		private_join
		private_exec setsid "$program" -H "$DOCKER_HOST" --data-root "$PRIVATE/root" \
			--exec-root "$PRIVATE/run" --pidfile "$PRIVATE/pidfile" \
			--cgroup-parent "/$PRIVATE_GROUP/containers" "$@"
	) </dev/null >>"$PRIVATE/daemon.log" 2>&1 &
	PRIVATE_STARTED=$!
	disown "$PRIVATE_STARTED"
	if ! private_wait_for 20 private_answers_or_is_gone || ! private_answers; then
		private_complain "mini-dockerd does not answer; its log:" \
			"$(tail -n 20 "$PRIVATE/daemon.log")"
		return 1
	fi
}

private_stop() {
	local pid
	pid=$(private_daemon)
	private_is_alive "$pid" || return 0
	kill "-${1:-TERM}" "$pid"
	if ! private_wait_for 15 private_is_gone "$pid"; then
		private_complain "mini-dockerd (process $pid) does not end on SIG${1:-TERM}"
		return 1
	fi
}

private_is_gone() {
	! private_is_alive "$1"
}

# The processes in the group and in those below it.
private_processes() {
	[ -n "$PRIVATE_TRACKER" ] && [ -d "$PRIVATE_TRACKER/$PRIVATE_GROUP" ] || return 0
	find "$PRIVATE_TRACKER/$PRIVATE_GROUP" -name cgroup.procs -exec cat {} + 2>/dev/null || true
}

private_kill_all() {
	local pid pids group=$PRIVATE_TRACKER/$PRIVATE_GROUP
	if [ -w "$group/cgroup.kill" ]; then
		echo 1 >"$group/cgroup.kill"
	fi
	pids=$(private_processes)
	for pid in $pids; do
		kill -KILL "$pid" 2>/dev/null || true
	done
	[ -z "$(private_processes)" ]
}

private_remove_groups() {
	local hierarchy left=0
	while read -r hierarchy; do
		[ -d "$hierarchy/$PRIVATE_GROUP" ] || continue
		find "$hierarchy/$PRIVATE_GROUP" -depth -type d -exec rmdir {} + 2>/dev/null || left=1
	done < <(private_hierarchies)
	return $left
}

private_close() {
	[ -n "${PRIVATE-}" ] && [ -d "$PRIVATE" ] || return 0
	if [ -n "$PRIVATE_TRACKER" ]; then
		private_wait_for 10 private_kill_all || private_complain "processes are left"
	else
		kill -KILL "$(private_daemon)" 2>/dev/null || true
	fi
	# The holder may be older than its group: its end is the end of the mounts.
	kill -KILL "$PRIVATE_HOLDER" 2>/dev/null || true
	private_wait_for 10 private_is_gone "$PRIVATE_HOLDER" || private_complain "the holder is left"
	private_wait_for 10 private_remove_groups || private_complain "cgroups are left"
	# Never through a mount: what somebody bound there is not ours to remove.
	rm -rf --one-file-system "$PRIVATE"
}

private_variables=(PRIVATE PRIVATE_HOLDER PRIVATE_GROUP PRIVATE_TRACKER PRIVATE_DAEMON DOCKER_HOST)

private_keep() {
	local variable
	for variable in "${private_variables[@]}"; do
		printf -v "$1_$variable" %s "${!variable-}"
	done
}

private_use() {
	local variable kept
	for variable in "${private_variables[@]}"; do
		kept=$1_$variable
		printf -v "$variable" %s "${!kept-}"
	done
}

private_leftovers() {
	local hierarchy
	private_processes
	while read -r hierarchy; do
		find "$hierarchy" -maxdepth 1 -name "$PRIVATE_GROUP"
	done < <(private_hierarchies)
	grep -F "$PRIVATE" /proc/self/mounts || true
	[ ! -e "$PRIVATE" ] || echo "$PRIVATE"
}
