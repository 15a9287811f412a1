load ../../lib/images

# bats test_tags=task:overlay,pts:2
@test "of two layers the upper one is seen" {
	load_image box:1 'file a low' 'file b low' -- 'file b middle' 'file c middle' -- 'file c top'
	inside mkdir /tmp/at
	run image mount box:1 /tmp/at
	expect_status success "mounting three layers"
	expect "the tree" $'f a\nf b\nf c' "$(tree /tmp/at)"
	run inside cat /tmp/at/a /tmp/at/b /tmp/at/c
	expect "what is in the files" "lowmiddletop" "$output"
	run inside touch /tmp/at/new
	expect_part "what touch says" "Read-only file system" "$output"
	run inside stat -f -c %T /tmp/at
	expect "the file system" overlayfs "$output"
}

# bats test_tags=task:overlay,pts:1
@test "changes are kept beside the layers" {
	load_image box:1 'file a low' 'file b low' -- 'file c top'
	inside mkdir /tmp/at
	run image mount --rw /tmp/changes box:1 /tmp/at
	expect_status success "mounting it to write"
	inside sh -c 'echo mine >/tmp/at/a; rm /tmp/at/b; touch /tmp/at/new'
	expect "the folder of changes" $'c b\nf a\nf new' "$(tree /tmp/changes/upper)"
	run inside sh -c "cat $store/layers/*/diff/a $store/layers/*/diff/b"
	expect "what is in the layer" "lowlow" "$output"
	inside umount /tmp/at
	run image mount --rw /tmp/changes box:1 /tmp/at
	expect_status success "mounting it again"
	expect "the tree, mounted again" $'f a\nf c\nf new' "$(tree /tmp/at)"
	alone tree_functions_test overlay_keeps_changes
}

# bats test_tags=task:overlay,pts:1
@test "a single layer needs no overlay" {
	load_image box:1 'file a x'
	inside mkdir /tmp/at
	run image mount box:1 /tmp/at
	expect_status success "mounting one layer"
	run inside touch /tmp/at/new
	expect_part "what touch says" "Read-only file system" "$output"
	run inside touch "$(layer_folder)/new"
	expect_status success "touch in the layer itself"
	alone tree_functions_test overlay_of_few_layers
}

# bats test_tags=task:overlay,pts:1,hidden
@test "a view of one layer that the kernel refuses is an error" {
	alone tree_functions_test overlay_of_few_layers
	needs_call tree_functions_test overlay_of_few_layers open_tree OPEN_TREE_CLONE
	needs_call tree_functions_test overlay_of_few_layers mount_setattr RDONLY
	closes_on_exec tree_functions_test overlay_of_few_layers
}

# bats test_tags=task:overlay,pts:1,alone
@test "a mount for a moment syncs nothing" {
	alone tree_functions_test overlay_can_be_volatile
	alone tree_functions_test old_overlay_can_be_volatile
}

# bats test_tags=task:overlay,pts:1,alone
@test "older kernels are told all at once" {
	alone tree_functions_test old_overlay_shows_layers
	alone tree_functions_test old_overlay_keeps_changes
}

# bats test_tags=task:overlay,pts:1,alone
@test "an overlay that the kernel refuses is an error" {
	alone tree_functions_test overlay_shows_layers
	needs_call tree_functions_test overlay_shows_layers fsmount ''
	needs_call tree_functions_test overlay_keeps_changes move_mount '"at"'
	# The first try of a folder is by its descriptor, the second by a path.
	needs_call tree_functions_test overlay_shows_layers fsconfig 'SET_FD, "lowerdir+"' 2
	needs_call tree_functions_test overlay_keeps_changes fsconfig '"upperdir"' 2
	needs_call tree_functions_test overlay_keeps_changes fsconfig '"workdir"' 2
}

# bats test_tags=task:overlay,pts:1,hidden
@test "an option that the kernel refuses is an error" {
	alone tree_functions_test overlay_can_be_volatile
	needs_call tree_functions_test overlay_can_be_volatile fsconfig '"userxattr"'
	needs_call tree_functions_test overlay_can_be_volatile fsconfig '"volatile"'
	needs_call tree_functions_test overlay_keeps_changes fsconfig '"index"'
}

# bats test_tags=task:overlay,pts:1,hidden
@test "a folder for changes that cannot be made is an error" {
	alone tree_functions_test overlay_keeps_changes
	needs_call tree_functions_test overlay_keeps_changes mkdirat upper
	needs_call tree_functions_test overlay_keeps_changes mkdirat work
	needs_call tree_functions_test overlay_of_few_layers mkdirat empty
	refusing unlinkat:EROFS tree_functions_test overlay_keeps_changes
	expect_status failure "a folder of an earlier mount that cannot be emptied"
	expect_part "the message, with the kernel's reason" "Read-only file system" "$output"
}
