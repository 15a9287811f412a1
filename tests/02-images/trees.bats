# Trees become layers and layers trees: diff, commit, export, unpack, with overlayfs and without.
load images

setup() {
	images_setup
	image_changed
}

@test "diff tells what was added, changed and deleted, as docker diff does" {
	in_namespace 'image mount --rw changes base mnt; eval "$CHANGE"; umount mnt'
	run -0 --separate-stderr image diff base changes
	local line
	for line in 'C /etc' 'A /etc/new' 'C /etc/one' 'C /etc/two' 'D /gone' 'C /opaque' 'A /opaque/z' \
		'D /opaque/a' 'D /opaque/b' 'C /was-a-folder' 'C /was-a-file' 'A /was-a-file/in' \
		'A /deep' 'A /deep/er' 'A /deep/hard' 'A /deep/link' 'A /deep/fifo' 'A /deep/null' 'A /suid'; do
		assert_line "$line"
	done
	refute_line --partial '/usr'
	refute_line 'D /was-a-folder/c'
}

@test "diff and commit of a copy are the same as of an overlay" {
	in_namespace '
		image mount --rw changes base mnt; eval "$CHANGE"; umount mnt
		image mount --copy --rw copied base mnt 2>copy.log; eval "$CHANGE"; umount mnt
		image diff base changes | sort >overlay.diff
		image diff base copied | sort >copy.diff'
	run -0 diff overlay.diff copy.diff
	assert_file_exist copied/copy/etc/new
	run -0 grep 'copied into one tree' copy.log
}

@test "commit: what is mounted after it is what was there before" {
	in_namespace '
		image mount --rw changes base mnt; eval "$CHANGE"; rm mnt/socket; tree_all mnt | grep -v " \\. $" >before
		umount mnt
		image commit -m hello -a me -c "CMD [\"x\"]" base changes next:1 >/dev/null
		image mount next:1 mnt; tree_all mnt | grep -v " \\. $" >after'
	run -0 diff before after
	run -0 image inspect next:1
	assert_equal "$(jq -c '.[0].ImageConfig | [.config.Env, .config.Cmd, .author,
		.history[-1].comment, (.rootfs.diff_ids | length)]' <<<"$output")" \
		'[["A=1"],["x"],"me","hello",2]'
	assert_equal "$(jq -r '.[0].Layers[1].MediaType' <<<"$output")" \
		application/vnd.oci.image.layer.v1.tar+gzip
	run -0 image history --no-trunc next:1
	assert_line --index 1 --partial hello
	assert_equal "${#lines[@]}" 3
}

@test "commit: the same changes give the same image, whatever it is packed with" {
	export SOURCE_DATE_EPOCH=1000000000
	in_namespace 'image mount --rw changes base mnt; eval "$CHANGE"; umount mnt'
	local kind first
	for kind in none gzip zstd; do
		run -0 --separate-stderr image commit --compression "$kind" base changes "$kind"
		first=${first:-$output}
		assert_equal "$output" "$first" # the config does not tell how layers are packed
		local manifest
		manifest=$(image inspect "$kind" | jq -r '.[0].Manifest')
		image commit --compression "$kind" base changes again >/dev/null 2>&1
		assert_equal "$(image inspect again | jq -r '.[0].Manifest')" "$manifest"
	done
	run -0 image inspect zstd
	assert_output --partial tar+zstd
	run ! image commit --compression lzma base changes x
	assert_output --partial "unknown compression 'lzma'"
}

@test "commit of nothing: no layer, one more line of history" {
	in_namespace 'image mount --rw changes base mnt; umount mnt'
	image commit -m nothing base changes same
	run -0 image inspect same
	assert_equal "$(jq -c '.[0] | [(.Layers | length), .ImageConfig.history[-1].empty_layer]' <<<"$output")" \
		'[1,true]'
}

@test "what a container names like a whiteout is not one" {
	in_namespace '
		image mount --rw changes base mnt
		touch mnt/etc/.wh.one mnt/opaque/.wh..wh..opq; umount mnt'
	run -0 image commit base changes next
	assert_output --partial "'etc/.wh.one' has the name of a whiteout"
	in_namespace 'image mount next mnt; [ -e mnt/etc/one ]; [ -e mnt/opaque/a ]'
}

@test "unpack and export give the tree that mount shows" {
	in_namespace '
		image mount --rw changes base mnt; eval "$CHANGE"; umount mnt
		image commit base changes next >/dev/null
		image mount next mnt; tree_all mnt >mounted'
	image unpack next flat
	run -0 diff mounted <(tree_all flat)
	mkdir from-tar
	image export next | tar -C from-tar --xattrs --xattrs-include='*' --numeric-owner -xp
	run -0 diff mounted <(tree_all from-tar)
	assert [ "$(stat -c %b flat/holes)" -lt 1000 ]
	# Not in a form that only some can read: others do not make the same tar again.
	run ! grep -q GNU.sparse <(image export next)
	image export --compression zstd -o a.tar.zst next
	image export -o b.tar next
	run -0 cmp <(zstd -dc a.tar.zst) b.tar
	run ! image unpack next flat
	assert_output --partial "the folder 'flat' is not empty"
	run -0 ls "$STORE/image/layers"
	refute_output --partial new-
}

@test "export and import: the same tree again" {
	image export base | image import - again >/dev/null
	in_namespace '
		image mount base mnt; tree_all mnt >one; umount mnt
		image mount again mnt; tree_all mnt >two'
	run -0 diff one two
}

@test "on an overlay, where no overlay can be written, the image is copied, and it is said" {
	in_namespace '
		mkdir -p disk/{upper,work} below over
		mount -t tmpfs tmpfs disk && mkdir disk/upper disk/work
		mount -t overlay -o lowerdir=below,upperdir=disk/upper,workdir=disk/work overlay over
		mini-image --root over/store import base.tar base
		mini-image --root over/store mount --rw over/changes base mnt 2>log
		grep "no overlay here, so the image is copied" log
		grep "copied into one tree" log
		[ "$(cat mnt/etc/one)" = one ]
		echo new >mnt/etc/new && rm mnt/etc/two
		umount mnt
		mini-image --root over/store diff base over/changes >diff
		mini-image --root over/store commit base over/changes next
		mini-image --root over/store unpack next flat'
	run -0 cat diff
	assert_output "$(printf 'C /etc\nD /etc/two\nA /etc/new')"
	assert_file_exist flat/etc/new
	assert_file_not_exist flat/etc/two
}
