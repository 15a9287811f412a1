load ../../lib/images

# unpacks ENTRY...: the archive becomes a layer.
unpacks() {
	tarball /tmp/layer.tar "$@"
	run image import /tmp/layer.tar box
	expect_status success "importing the archive"
}

# refuses WHAT PART ENTRY...: it does not, and nothing is left of it, inside or outside.
refuses() {
	tarball /tmp/layer.tar "${@:3}"
	run image import /tmp/layer.tar box
	expect_status failure "importing an archive with $1"
	expect_part "the message" "$2" "$output"
	expect "what is left of it" "" "$(tree "$store/layers")"
}

# bats test_tags=task:extract,pts:2
@test "files, folders, links and fifos are as the archive has them" {
	unpacks 'folder:750 etc' 'file:4755 etc/tool hello' 'link etc/up ../etc' 'fifo:600 pipe' \
		'hard etc/same etc/tool' 'file:640:7 theirs x'
	expect "the tree" $'d etc\nf etc/same\nf etc/tool\nf theirs\nl etc/up -> ../etc\np pipe' \
		"$(tree "$(layer_folder)")"
	run inside stat -c '%a %u %h' "$(layer_folder)"/etc{,/tool} "$(layer_folder)/theirs"
	expect "mode, owner and links" "750 0 2|4755 0 2|640 7 1" "${output//$'\n'/|}"
	run inside cat "$(layer_folder)/etc/same"
	expect "what is in the file" hello "$output"
}

# bats test_tags=task:extract,pts:2
@test "a name that leads out of the root is refused" {
	refuses "a name with .." ../tmp/evil 'file ../../../../../../../../tmp/evil x'
	refuses "a name with .. inside" a/../../../evil 'folder a' 'file a/../../../evil x'
	alone name_functions_test paths_are_cleaned
	run inside ls /tmp/evil
	expect_status failure "ls /tmp/evil"
}

# bats test_tags=task:extract,pts:1
@test "an absolute name stays inside" {
	unpacks 'folder /tmp' 'file /tmp/inside x' 'file a/../b x' 'folder ./c/' 'file .//c///d x'
	expect "the tree" $'d c\nd tmp\nf b\nf c/d\nf tmp/inside' "$(tree "$(layer_folder)")"
	run inside ls /tmp/inside
	expect_status failure "ls /tmp/inside"
}

# bats test_tags=task:extract,pts:2
@test "a link of the archive leads nowhere outside" {
	inside mkdir -p /tmp/outside
	unpacks 'folder tmp' 'folder tmp/outside' 'link out /tmp/outside' 'file out/file x' \
		'link up ../../../../../../../tmp' 'file up/outside/other x'
	expect "what is in /tmp/outside" "" "$(tree /tmp/outside)"
	expect "what is in the same folder of the root" $'f file\nf other' \
		"$(tree "$(layer_folder)/tmp/outside")"
}

# bats test_tags=task:extract,pts:1,hidden
@test "a file is never written through a link" {
	inside sh -c 'echo mine >/tmp/victim'
	unpacks 'link file /tmp/victim' 'file file evil' 'link folder /tmp' 'folder folder' \
		'file folder/victim evil' 'link fifo /tmp/victim' 'fifo fifo'
	run inside cat /tmp/victim
	expect "the file outside" mine "$output"
	expect "the tree" $'d folder\nf file\nf folder/victim\np fifo' "$(tree "$(layer_folder)")"
}

# bats test_tags=task:extract,pts:1
@test "a hard link leads to the same layer only" {
	inside sh -c 'echo secret >/tmp/victim'
	refuses "a hard link out" tmp/victim 'hard mine ../../../../../../../tmp/victim'
	refuses "a hard link to what is not there" mine 'folder tmp' 'hard mine /tmp/victim'
	refuses "a hard link through a link" mine 'folder tmp' 'link up /' 'hard mine up/tmp/victim'
	run inside stat -c %h /tmp/victim
	expect "the links of the file outside" 1 "$output"
}

# bats test_tags=task:extract,pts:1,hidden
@test "a hard link to a link is a link" {
	unpacks 'link a /etc/passwd' 'hard b a' 'file c x' 'hard c a' 'folder d' 'hard d a'
	expect "the tree" $'l a -> /etc/passwd\nl b -> /etc/passwd\nl c -> /etc/passwd\nl d -> /etc/passwd' \
		"$(tree "$(layer_folder)")"
	refusing linkat mini-image --root /tmp/other import /tmp/layer.tar box
	expect_status failure "an archive whose hard link is refused"
	expect_part "the message, with the kernel's reason" "Operation not permitted" "$output"
}

# bats test_tags=task:extract,pts:2
@test "the last entry of a name counts" {
	unpacks 'file a 1' 'file a two' 'folder b' 'file b/deep x' 'file b 1' 'file c 1' 'folder c' \
		'file c/deep x' 'folder d' 'file d/kept x' 'folder:700 d' 'link e a' 'fifo e' \
		'file f x' 'link f a' 'folder g' 'file g/x x' 'link g a'
	expect "the tree" $'d c\nd d\nf a\nf b\nf c/deep\nf d/kept\nl f -> a\nl g -> a\np e' \
		"$(tree "$(layer_folder)")"
	run inside cat "$(layer_folder)/a"
	expect "what is in the file" two "$output"
	run inside stat -c %a "$(layer_folder)/d"
	expect "the mode of the folder that came twice" 700 "$output"
}

# bats test_tags=task:extract,pts:1,hidden
@test "what was replaced is not written to any more" {
	tarball /tmp/all.tar 'folder a' 'file a/b x' 'hard c a/b' 'file a/b y' 'folder e' 'file e x'
	closes_on_exec mini-image --root /tmp/other import /tmp/all.tar box
	unpacks 'folder a' 'folder a/b' 'file a/b/one x' 'file a/b y' 'folder a/b' 'file a/b/two x' \
		'file a/b/three x' 'file a/b/three y' 'file a/b/four x'
	expect "the tree" $'d a\nd a/b\nf a/b/four\nf a/b/three\nf a/b/two' "$(tree "$(layer_folder)")"
}

# bats test_tags=task:extract,pts:1
@test "a device that may not be made is left out, and only that" {
	unpacks 'char dev-null 1:3' 'block disk 8:0' 'file after x'
	expect "the tree: mknod(2) of a device gives EPERM here" "f after" "$(tree "$(layer_folder)")"
	expect_part "the warning" "dev-null" "$(inside mini-image --root /tmp/other import \
		/tmp/layer.tar box 2>&1)"
	tarball /tmp/fifo.tar 'fifo pipe'
	refusing mknodat mini-image --root /tmp/other import /tmp/fifo.tar box
	expect_status failure "an archive whose fifo is refused"
}

# bats test_tags=task:extract,pts:1,hidden
@test "a file that cannot be made is an error" {
	tarball /tmp/layer.tar 'folder etc' 'file etc/tool x' 'link l x'
	refusing symlinkat:EPERM mini-image --root /tmp/other import /tmp/layer.tar box
	expect_status failure "an archive whose link is refused"
	expect_part "the message, with the kernel's reason" "Operation not permitted" "$output"
	tarball /tmp/twice.tar 'file a x' 'folder a'
	refusing unlinkat:EIO mini-image --root /tmp/other import /tmp/twice.tar box
	expect_status failure "an archive whose first file cannot be replaced"
	expect_part "the message, with the kernel's reason" "Input/output error" "$output"
	tarball /tmp/long.tar "file $(printf 'n%.0s' {1..256}) x"
	run image import /tmp/long.tar box
	expect_status failure "a name of 256 bytes"
	expect_part "the message, with the kernel's reason" "File name too long" "$output"
	tarball /tmp/long.tar "folder $(printf 'n%.0s' {1..256})"
	run image import /tmp/long.tar box
	expect_status failure "a folder with a name of 256 bytes"
}
