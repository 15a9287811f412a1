# Loaded by tests of labs about images: load ../../lib/images
#
# All of lab.bash, and: archives made in the sandbox entry by entry (labs/lib/archives.py says how an
# entry is written), and mini-image on a store that lies in it.

set -o pipefail
# shellcheck source=labs/lib/lab.bash
. "${BASH_SOURCE[0]%/*}/lab.bash"

store=/tmp/store/image

archives() {
	/usr/bin/python3 -B "$labs/lib/archives.py" "$@" >"$BATS_TEST_TMPDIR/archive" || return
}

# tarball FILE ENTRY...
tarball() {
	archives tar "${@:2}"
	# shellcheck disable=SC2016 # the inner shell's
	inside sh -c 'cat >"$1"' sh "$1" <"$BATS_TEST_TMPDIR/archive"
}

# layout FOLDER NAME ENTRY... [-- ENTRY...]: an image of these layers, the lowest first
layout() {
	archives layout "${@:2}"
	unpack_layout "$1"
}

# index FOLDER NAME MEMBER...: an image for several machines
index() {
	archives index "${@:2}"
	unpack_layout "$1"
}

unpack_layout() {
	# shellcheck disable=SC2016 # the inner shell's
	inside sh -c 'mkdir -p "$1" && exec tar -C "$1" -xf -' sh "$1" <"$BATS_TEST_TMPDIR/archive"
}

image() {
	inside mini-image --root /tmp/store "$@"
}

# load_image NAME ENTRY... [-- ENTRY...]: such an image is in the store
load_image() {
	layout "/tmp/layout-$1" "$@"
	run image load --quiet --input "/tmp/layout-$1"
	expect_part "what mini-image load says of an image with ${#} entries" "Loaded image: $1" "$output"
}

# Lines "TYPE NAME [-> TARGET]" of all that is in a folder of the sandbox.
tree() {
	inside find "$1" -mindepth 1 -printf '%y %P %l\n' | sed 's/ $//; s/^\(l .*\) /\1 -> /' | sort
}

# The folder of the one layer that lies unpacked in the store.
layer_folder() {
	# shellcheck disable=SC2016 # the inner shell's
	inside sh -c 'echo "$1"/layers/*/diff' sh "$store"
}

# names FOLDER: how many names a folder of the sandbox has
names() {
	local listed
	listed=$(inside ls "$1")
	grep -c . <<<"$listed" || true
}

# Every descriptor that a command opens below another, or of a mount, is closed when another program
# is started. (Libraries have files of their own.)
closes_on_exec() {
	inside strace -f -o /tmp/calls -e trace=openat,openat2,open_tree,fsopen,fsmount "$@" \
		>/dev/null 2>&1 || true
	run inside grep -E '(openat2?|open_tree)\([0-9]|fsopen|fsmount' /tmp/calls
	expect "what is opened without the flag CLOEXEC" "" "$(grep -v CLOEXEC <<<"$output" | head -n 3 || true)"
}

# expect_status success|failure WHAT: how the command of the last `run` ended
expect_status() {
	expect "how $2 ends" "$1" "$([ "${status:?}" = 0 ] && echo success || echo failure)"
}

# calls CALL COMMAND...: how often a command makes this system call.
calls() {
	inside strace -f -o /tmp/calls -e "trace=$1" "${@:2}" >/dev/null 2>&1 || true
	inside grep -c "$1(" /tmp/calls || true
}

# refusing CALL[:ERRNO[:WHEN]] COMMAND...: the command runs while the kernel refuses this call: every
# one, or the WHENth of each process.
refusing() {
	local call errno when
	IFS=: read -r call errno when <<<"$1"
	run inside strace -f -o /dev/null -e "inject=$call:error=${errno:-EPERM}${when:+:when=$when}" \
		"${@:2}"
}

# needs_call PROGRAM FUNCTION CALL TEXT [COUNT]: this test passes, and fails when the kernel refuses
# the first such call with the text, and COUNT - 1 calls behind it. An older kernel may be asked in
# another way, and never makes the call.
needs_call() {
	local when
	alone "$1" "$2"
	when=$(call_number "$3" "$4" "$1" "$2")
	[[ $when =~ ^[0-9]{1,6}$ ]] || return 0 # in $((...)) a text would be evaluated
	refusing "$3:EPERM:$when..$((when + ${5:-1} - 1))" "$1" "$2"
	expect_status failure "$2 when $3(2) of $4 gives EPERM"
	expect_part "the message, with the kernel's reason" "Operation not permitted" "$output"
}
