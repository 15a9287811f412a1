# shellcheck shell=bash
# images.bash - what the tests of images share: mini-image on a store of its own
#
#	load images
#	setup() { images_setup; }          $STORE is the root, `image` is mini-image on it
#	image_busybox                      the busybox image, as busybox:latest
#	in_namespace SCRIPT                bash in a mount namespace that goes when it ends
#	fails COMMAND...                   for such a script: true when the command fails
#	needs PROGRAM...                   skips where one is not installed

set -o pipefail
IMAGES_HELPER=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)/../helper
MINI_BIN=${MINI_BIN:-$IMAGES_HELPER/../../build/bin}
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

image() {
	mini-image --root "$STORE" "$@"
}

# In a script of `bash -e`, a line that begins with `!` never ends it.
fails() {
	if "$@"; then
		echo "this should have failed: $*"
		return 1
	fi
}

images_setup() {
	[ "$(id -u)" = 0 ] || skip 'layers keep owners and devices: this needs root'
	STORE=$BATS_TEST_TMPDIR/store
	export STORE
	export -f image fails
	cd "$BATS_TEST_TMPDIR" || return
}

# One tar for all tests of a file: the same busybox gives the same bytes.
busybox_tar() {
	local tar=$BATS_FILE_TMPDIR/busybox.tar
	[ -e "$tar" ] || { "$IMAGES_HELPER/busybox-rootfs" >"$tar.new" && mv "$tar.new" "$tar"; }
	echo "$tar"
}

image_busybox() {
	image import --change 'CMD ["sh"]' "$(busybox_tar)" busybox
}

in_namespace() {
	unshare --mount --propagation private bash -euo pipefail -c "$1"
}

needs() {
	local program
	for program; do
		command -v "$program" >/dev/null || skip "$program is not installed"
	done
}

# The tree at a folder as lines: type, mode, owner, size, time, links, name, target.
tree_list() {
	(cd "$1" && find . -printf '%y %m %U:%G %TY-%Tm-%Td %TT %p %l\n' | sort -k 7)
}
