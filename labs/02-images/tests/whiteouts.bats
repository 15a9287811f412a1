load ../../lib/images

# shows NAME TREE: what an unpacked image comes to
shows() {
	run image unpack "$1" "/tmp/tree-$1"
	expect_status success "unpacking the image"
	expect "the tree of the image" "$2" "$(tree "/tmp/tree-$1")"
}

# bats test_tags=task:whiteouts,pts:2
@test "a whiteout takes away a file of the layer below" {
	load_image box:1 'folder etc' 'file etc/motd x' 'file etc/kept x' 'file gone x' -- \
		'folder etc' 'file etc/.wh.motd' 'file .wh.gone' 'file new x'
	shows box:1 $'d etc\nf etc/kept\nf new'
}

# bats test_tags=task:whiteouts,pts:1
@test "a whiteout takes away a folder with all that is in it" {
	load_image box:1 'folder etc' 'folder etc/deep' 'file etc/deep/file x' 'file kept x' -- \
		'file .wh.etc'
	shows box:1 'f kept'
}

# bats test_tags=task:whiteouts,pts:1
@test "an opaque folder shows only what its own layer has" {
	load_image box:1 'folder etc' 'file etc/old x' 'folder usr' 'file usr/old x' -- 'folder etc' \
		'file etc/new x' 'file etc/.wh..wh..opq' 'folder usr' 'file usr/new x'
	shows box:1 $'d etc\nd usr\nf etc/new\nf usr/new\nf usr/old'
}

# bats test_tags=task:whiteouts,pts:1,hidden
@test "an opaque root hides all that is below" {
	load_image box:1 'folder etc' 'file etc/old x' 'file old x' 'file .dot x' -- \
		'file .wh..wh..opq' 'file new x' 'folder etc'
	shows box:1 $'d etc\nf new'
}

# bats test_tags=task:whiteouts,pts:1
@test "what the layer itself has stays, in whichever order it comes" {
	load_image box:1 'folder etc' 'file etc/old x' 'folder usr' 'file usr/old x' 'file a old' -- \
		'folder etc' 'file etc/new x' 'file .wh.etc' 'file .wh.usr' 'folder usr' \
		'file usr/new x' 'file a new' 'file .wh.a'
	shows box:1 $'d etc\nd usr\nf a\nf etc/new\nf usr/new'
	alone tree_functions_test whiteouts_are_made
}

# bats test_tags=task:whiteouts,pts:1,hidden
@test "a whiteout is told by its name" {
	alone tree_functions_test whiteouts_are_found
	load_image box:1 'file a.wh.b x' 'file .whale x' 'file b x' -- 'file c x'
	shows box:1 $'f .whale\nf a.wh.b\nf b\nf c'
}

# bats test_tags=task:whiteouts,pts:1,hidden
@test "where the kernel allows no marks, the layer is plain" {
	refusing mknodat,fsetxattr tree_functions_test plain_whiteouts_are_made
	expect_status success "making plain whiteouts where mknod(2) and setxattr(2) give EPERM"
	refusing mknodat:EIO tree_functions_test whiteouts_are_made
	expect_status failure "making whiteouts where mknod(2) gives EIO"
	expect_part "the message, with the kernel's reason" "Input/output error" "$output"
	refusing fsetxattr:ENOSPC tree_functions_test plain_whiteouts_are_made
	expect_status failure "making opaque folders where setxattr(2) gives ENOSPC"
	run inside strace -f -o /dev/null -e inject=fsetxattr:retval=0 tree_functions_test \
		marks_of_the_kernel_are_used
	expect_status success "making opaque folders where setxattr(2) works"
}

# bats test_tags=task:whiteouts,pts:1
@test "what a container has removed is a whiteout in its layer" {
	local blob
	alone tree_functions_test whiteouts_are_packed
	load_image box:1 'folder etc' 'file etc/motd x' 'file gone x'
	inside mkdir -p /tmp/changes/upper/etc
	inside mknod /tmp/changes/upper/gone c 0 0
	inside mknod /tmp/changes/upper/etc/motd c 0 0
	run image commit --compression none box:1 /tmp/changes new:1
	expect_status success "the commit"
	blob=$(image inspect new:1 | jq -r '.[0].Layers[-1].Blob')
	run inside sh -c "tar -tf $store/blobs/$(tr : / <<<"$blob")"
	expect "the names in its layer" ".wh.gone etc/ etc/.wh.motd" \
		"$(sort <<<"$output" | xargs)"
}

# bats test_tags=task:whiteouts,pts:1,hidden
@test "a whole lower root is hidden name by name" {
	alone tree_functions_test all_of_a_lower_root_is_hidden
	closes_on_exec tree_functions_test all_of_a_lower_root_is_hidden
	refusing mknodat:EIO tree_functions_test all_of_a_lower_root_is_hidden
	expect_status failure "hiding where mknod(2) gives EIO"
	needs_call tree_functions_test all_of_a_lower_root_is_hidden openat '"."'
}
