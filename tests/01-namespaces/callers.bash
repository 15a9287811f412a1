# shellcheck shell=bash
# callers.bash - the programs that drive runc, driving mini-runc, in namespaces of their own
#
#	load callers
#	setup_file() { callers_open; callers_command podman podman --root ...; callers_ready; }
#	teardown_file() { sandbox_end; }
#
#	callers_needs PROGRAM...     skips where scripts/peers has not got them
#	callers_open                 a sandbox without a daemon, and in it $RUNTIME, which is mini-runc
#	                             that notes how it is called in $CALLS; $TAR is busybox's tar
#	callers_command NAME WORD... from now on NAME is a command: these words and its arguments, run
#	                             in the sandbox
#	callers_ready                what is there now is what callers_assert_nothing_left wants
#	callers_assert_nothing_left  no process, mount, cgroup or state came on top
#	callers_clear                forgets the calls noted so far
#	assert_called REGEX...       the calls noted, without ids and folders: each is one of these,
#	                             and each of these was made
#	group_file CONTROLLER FILE FILE2 PID   of the process's cgroup; its names in version 1 and 2
#
# RUNC=/usr/sbin/runc bats FILE drives that in place of mini-runc: where a test fails there too, the
# test is wrong. What each caller calls is in its file's last test, which needs those before it.
load ../helper/sandbox

callers_needs() {
	local program
	for program; do
		command -v "$program" >/dev/null ||
			skip "$program is not here: scripts/peers gets it"
	done
}

callers_open() {
	[ "$(id -u)" = 0 ] || skip 'namespaces and cgroups need root'
	sandbox_open
	private_cover /etc /run /var/lib
	RUNTIME=$PRIVATE/bin/mini-runc CALLS=$PRIVATE/calls TAR=$PRIVATE/busybox.tar
	PARENT=/$PRIVATE_GROUP/containers
	export RUNTIME CALLS TAR PARENT PATH=$PRIVATE/bin:$PATH
	mkdir "$PRIVATE/bin" "$PRIVATE/tmp"
	cat >"$RUNTIME" <<-SCRIPT
		#!/bin/sh
		echo "\$*" >>'$CALLS'
		exec '${RUNC:-$MINI_BIN/mini-runc}' "\$@"
	SCRIPT
	chmod +x "$RUNTIME"
	callers_clear
	"$SANDBOX_HELPER/busybox-rootfs" >"$TAR"
}

callers_command() {
	local name=$1 libraries
	shift
	libraries=$("$PRIVATE_TREE/scripts/peers" --libraries)
	cat >"$PRIVATE/bin/$name" <<-SCRIPT
		#!/bin/bash
		source '$PRIVATE_TREE/scripts/private.bash'
		export LD_LIBRARY_PATH=$libraries TMPDIR=$PRIVATE/tmp
		unset DOCKER_CONFIG
		private_join
		private_exec ${*@Q} "\$@"
	SCRIPT
	chmod +x "$PRIVATE/bin/$name"
}

# The states of containers, wherever the caller has its --root. The filters that are kept beside them
# stay: they are of no container, and never more than a fixed number.
callers_states() {
	private_enter find /run "$PRIVATE/run" "$PRIVATE/tmp" -mindepth 1 \
		\( -path '*runc/*/*' -o -path '*/mini-runc/*' -o -path "$PRIVATE/tmp/*" \) \
		! -path '*/~filters*' 2>/dev/null |
		sed 's/^/file /' || true
}

callers_ready() {
	sandbox_remember
	CALLERS_REMEMBERED=$(callers_states)
	export CALLERS_REMEMBERED
}

callers_states_are_as_remembered() {
	[ "$(callers_states)" = "$CALLERS_REMEMBERED" ]
}

callers_assert_nothing_left() {
	sandbox_assert_nothing_left
	sandbox_eventually 5 callers_states_are_as_remembered ||
		diff <(echo "$CALLERS_REMEMBERED") <(callers_states)
}

callers_clear() {
	: >"$CALLS"
}

callers_noted() {
	sed -E "s@[^ =]*${PRIVATE}[^ ]*@FILE@g; s@/(var/)?tmp/[^ ]*@FILE@g; s/\b[0-9a-f]{64}\b/ID/g" \
		"$CALLS" | sort -u
}

assert_called() {
	local call pattern noted known=no
	noted=$(callers_noted)
	while read -r call; do
		for pattern; do
			[[ ! $call =~ ^$pattern$ ]] || known=yes
		done
		[ $known = yes ] || fail "called in a way that no test knows: $call"
		known=no
	done <<<"$noted"
	for pattern; do
		grep -qE "^$pattern$" <<<"$noted" ||
			fail "nothing was called that is like: $pattern"$'\n'"but: $noted"
	done
}

group_file() {
	local line path
	line=$(grep -E "^[0-9]+:([a-z,]*,)?$1(,[a-z,]*)?:" "/proc/$4/cgroup") ||
		line=$(grep '^0::' "/proc/$4/cgroup")
	for path in "/sys/fs/cgroup/$1${line#*:*:}/$2" "/sys/fs/cgroup${line#*:*:}/$3"; do
		[ ! -e "$path" ] || break
	done
	cat "$path"
}
