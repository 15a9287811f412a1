# Loaded by every test of a lab: load ../../lib/lab
#
# Three worlds: the machine; the sandbox in which the grader runs bats; and, for each test, one more
# sandbox inside that, in which alone the submission runs. `inside COMMAND` runs a command in the
# last one. A submission has none of bats' descriptors and variables and cannot see its processes,
# so it cannot write a result. What a test leaves running or mounted is gone after it.

labs=$(cd "${BASH_SOURCE[0]%/*}/.." && pwd)

close_descriptors() {
	local fd
	for fd in "/proc/$BASHPID/fd/"*; do
		fd=${fd##*/}
		[ "$fd" -le 2 ] || eval "exec $fd>&-"
	done
}

setup() {
	local ready said
	exec {ready}< <(
		close_descriptors
		exec "$labs/sandbox" -b "$labs/../build" -- \
			sh -c 'echo ready; exec sleep infinity' </dev/null 2>&1
	)
	sandbox=$!
	read -r -t 20 -u "$ready" said || true
	[ "$said" = ready ] || {
		echo "the sandbox did not start: $said"
		return 1
	}
	exec {ready}<&-
	sandbox_init=$(pgrep -P "$sandbox")
}

teardown() {
	[ -z "${sandbox:-}" ] || kill -KILL "$sandbox" 2>/dev/null || true
}

# In the sandbox of the test, as root, with the submission's programs first in PATH.
inside() {
	(
		close_descriptors
		exec env -i PATH=/mini-docker/build/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root \
			LANG=C.UTF-8 TERM=dumb \
			setsid --wait nsenter --target "$sandbox_init" --all --root --wd -- "$@"
	)
}

# expect WHAT WANTED GOT
expect() {
	[ "$2" != "$3" ] || return 0
	printf '%s\nexpected: %s\n     got: %s\n' "$1" "$2" "$3"
	return 1
}

# bundle FOLDER [CONFIG-EDIT [WORD...]]: an OCI bundle with busybox in it, made in the sandbox. The
# edit is a jq filter over a config.json with nothing but the namespaces pid, mount, ipc and uts;
# the words are its $ARGS.positional.
bundle() {
	local busybox folder=$1 edit=${2:-.}
	shift $(($# < 2 ? $# : 2))
	busybox=$(command -v busybox) || {
		echo "this test needs a static busybox: install the package busybox-static"
		return 1
	}
	inside mkdir -p "$folder/rootfs/bin" "$folder/rootfs/proc"
	inside cp "$busybox" "$folder/rootfs/bin/busybox"
	inside ln -sf busybox "$folder/rootfs/bin/sh"
	jq "$edit" "$labs/lib/config.json" --args "$@" | inside tee "$folder/config.json" >/dev/null
}
