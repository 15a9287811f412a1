# shellcheck shell=bash
# runc.bash - what the tests of mini-runc share: a bundle of its own for each test
#
#	load runc
#	setup() { runc_setup; }            $B is a bundle with busybox, the current folder its parent
#	teardown() { runc_teardown; }      ends containers; fails when a cgroup, mount or state is left
#	config JQ...                       changes config.json: config '.process.args = ["true"]'
#	command_is WORD...                 process.args
#	script_is TEXT                     process.args = sh -c TEXT
#	container                          runs it in the foreground
#	in_background, assert_ends_with N  runs it as $BACKGROUND; waits for that and its exit code
#	runc ...                           mini-runc with a root of this test
#
# Containers share the host's kernel log and clock only: every test has namespaces of its own.

set -o pipefail
RUNC_HELPER=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)/../helper
MINI_BIN=${MINI_BIN:-$RUNC_HELPER/../../build/bin}
PATH=$MINI_BIN:$PATH
unset MINI_EXPLAIN
bats_require_minimum_version 1.5.0
for library in bats-support bats-assert bats-file; do
	for folder in /usr/lib/bats /usr/share/bats ${BATS_LIB_PATH//:/ }; do
		if [ -e "$folder/$library/load.bash" ]; then
			load "$folder/$library/load.bash"
			break
		fi
	done
done

runc() {
	mini-runc --root "$STATES" "$@"
}

# The container in the foreground.
container() {
	runc run --bundle "$B" "$ID" "$@"
}
export -f runc container

runc_setup() {
	[ "$(id -u)" = 0 ] || skip 'namespaces and cgroups need root'
	cd "$BATS_TEST_TMPDIR" || return
	B=$BATS_TEST_TMPDIR/bundle
	STATES=$BATS_TEST_TMPDIR/states
	ID=t$$-$BATS_TEST_NUMBER
	export B STATES ID
	mkdir -p "$B/rootfs"
	tar -x -C "$B/rootfs" -f "$(runc_busybox)"
	runc spec --bundle "$B"
	config '.process.terminal = false'
}

runc_busybox() {
	local tar=$BATS_FILE_TMPDIR/busybox.tar
	[ -e "$tar" ] || "$RUNC_HELPER/busybox-rootfs" >"$tar"
	echo "$tar"
}

runc_teardown() {
	[ -n "${STATES-}" ] || return 0
	local id
	for id in $(runc list -q); do
		runc delete --force "$id"
	done
	# Containers derive their group's name from an id that has this test's number or folder.
	run -1 bash -c "ls -d /sys/fs/cgroup/*mini-runc-$ID* /sys/fs/cgroup/*/*mini-runc-$ID* 2>/dev/null |
		grep ."
	run -1 grep -F "$BATS_TEST_TMPDIR" /proc/self/mountinfo
	if [ -d "$STATES" ]; then
		run -0 ls -A --ignore='~filters' "$STATES"
		assert_output ''
	fi
}

config() {
	jq "$@" <"$B/config.json" >"$B/config.new"
	mv "$B/config.new" "$B/config.json"
}

command_is() {
	local words
	words=$(printf '%s\0' "$@" . | jq -Rsc 'split("\u0000") | .[:rindex(".")]')
	# shellcheck disable=SC2016 # $words is jq's
	config --argjson words "$words" '.process.args = $words'
}

script_is() {
	command_is sh -c "$1"
}

# The container with mini-runc as a child of this shell, $BACKGROUND.
in_background() {
	mini-runc --root "$STATES" run --bundle "$B" "$ID" &
	BACKGROUND=$!
}

assert_ends_with() {
	local code=0
	wait "$BACKGROUND" || code=$?
	assert_equal "$code" "$1"
}

# For half a minute: many tests may run at once.
eventually() {
	local end=$((SECONDS + 30))
	while [ $SECONDS -lt $end ]; do
		"$@" && return
		sleep 0.02
	done
	echo "never: $*"
	return 1
}

status_is() {
	[ "$(runc state "$ID" 2>/dev/null | jq -r .status)" = "$1" ]
}
