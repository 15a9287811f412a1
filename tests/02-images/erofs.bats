# Layers as images: each is one file that is a file system (--storage-driver erofs).
# shellcheck disable=SC2016 # the inner shells expand
load images

setup() {
	images_setup
	# The kernel mounts no image that lies on a tmpfs or an overlay.
	mini-image --root "$STORE" --storage-driver erofs ls >/dev/null 2>why || skip "$(cat why)"
	# shellcheck disable=SC2317 # called by the tests
	image() { mini-image --root "$STORE" --storage-driver erofs "$@"; }
	export -f image
}

# What lies in the folders of layers, once each.
forms() {
	find "$STORE"/image/layers/*/ -mindepth 1 -maxdepth 1 -printf '%f\n' | sort -u | paste -sd ' '
}

@test "both forms of a layer are the same tree" {
	image_changed changed
	assert_equal "$(forms)" 'diff.erofs layer.json'
	image save -o saved.tar changed
	mini-image --root folders load -q -i saved.tar >/dev/null
	mkdir one other
	export -f tree_all
	in_namespace 'image mount changed one; mini-image --root folders mount changed other
		tree_all one >one.list; tree_all other >other.list'
	run -0 diff other.list one.list
	assert [ -s one.list ]
	run -0 image fsck --trees
}

@test "fsck.erofs and dump.erofs find nothing to complain of" {
	needs fsck.erofs dump.erofs
	local layer count=0
	image_changed changed
	for layer in "$STORE"/image/layers/*/diff.erofs; do
		run -0 fsck.erofs --extract="out$count" "$layer"
		run -0 dump.erofs "$layer"
		assert_line --regexp 'Filesystem root nid: +1'
		count=$((count + 1))
	done
	[ "$count" -ge 2 ]
}

@test "folders that were there before stay, and lie below images" {
	mini-image --root "$STORE" import "$(busybox_tar)" busybox >/dev/null
	mkdir mnt rw
	in_namespace 'image mount --rw rw busybox mnt; echo new >mnt/new; rm mnt/etc/passwd'
	image commit busybox rw changed >/dev/null
	assert_equal "$(forms)" 'diff diff.erofs layer.json'
	in_namespace 'image mount changed mnt; grep -q new mnt/new; fails test -e mnt/etc/passwd
		mnt/bin/busybox true'
	# Whichever driver is asked for, both are read.
	run -0 mini-image --root "$STORE" fsck --trees
	mkdir again
	in_namespace 'mini-image --root "$STORE" mount --rw again changed mnt; echo more >mnt/more'
	run -0 image diff changed again
	assert_output 'A /more'
	image rm changed
	image gc
	assert_equal "$(forms)" 'diff layer.json'
}

@test "diff, commit, export and unpack go through an image" {
	image_busybox >/dev/null
	mkdir mnt rw
	in_namespace 'image mount --rw rw busybox mnt; echo x >>mnt/etc/passwd; rm -r mnt/tmp'
	run -0 image diff busybox rw
	assert_output $'C /etc\nC /etc/passwd\nD /tmp'
	image commit busybox rw second >/dev/null
	image export second >out.tar
	run -0 tar -xOf out.tar etc/passwd
	assert_line x
	image unpack second flat
	assert_not_exists flat/tmp
	run -0 tail -n 1 flat/etc/passwd
	assert_output x
}

@test "a damaged image is found, and made anew from its blob" {
	local file
	image_busybox >/dev/null
	file=$(echo "$STORE"/image/layers/*/diff.erofs)
	printf 'XXXX' | dd of="$file" bs=1 seek=1024 conv=notrunc status=none
	run ! image fsck
	assert_output --partial 'cannot read the image of the layer'
	image fsck --repair
	mkdir mnt
	in_namespace 'image mount busybox mnt; mnt/bin/busybox true'
	file=$(echo "$STORE"/image/layers/*/diff.erofs)
	# Somewhere in the data of a file: only a look at all of it tells.
	printf 'XXXX' | dd of="$file" bs=1 seek=100000 conv=notrunc status=none
	run -0 image fsck
	run ! image fsck --trees
	assert_output --partial 'its tree is not what its blob'
	image fsck --trees --repair
	in_namespace 'image mount busybox mnt; mnt/bin/busybox true'
	run -0 image fsck --trees
}

@test "killed half way, nothing of it is left" {
	image_busybox >/dev/null
	image save -o saved.tar busybox
	needs strace
	for when in 1 3 4; do # the first two are of the trial whether it works
		run ! strace -f -o /dev/null -e trace=pwrite64 -e inject="pwrite64:signal=KILL:when=$when" \
			mini-image --root killed --storage-driver erofs load -i saved.tar
		run -0 find killed/image/layers -name diff.erofs
		assert_output --partial new-
		run -0 mini-image --root killed ls
		run -0 find killed/image/layers -mindepth 1
		assert_output ''
	done
	run -0 mini-image --root killed --storage-driver erofs load -i saved.tar
	run -0 mini-image --root killed fsck --trees
}

@test "a disk that is full: the pull fails, and nothing of it is left" {
	needs strace
	image_busybox >/dev/null
	image save -o saved.tar busybox
	run ! strace -f -o /dev/null -e trace=pwrite64 -e inject=pwrite64:error=ENOSPC:when=3 \
		mini-image --root full --storage-driver erofs load -i saved.tar
	assert_output --partial 'cannot write the'
	assert_output --partial 'No space left on device'
	run -0 find full/image/layers -mindepth 1
	assert_output ''
}

@test "where it cannot be had it says why, and what to do" {
	mkdir memory
	run ! in_namespace 'mount -t tmpfs none memory; mini-image --root memory --storage-driver erofs ls'
	assert_output --partial 'the storage driver erofs does not work here'
	assert_output --partial 'ext4, xfs or btrfs'
	run ! image --storage-driver btrfs ls
	assert_output --partial "there is no storage driver 'btrfs'"
}
