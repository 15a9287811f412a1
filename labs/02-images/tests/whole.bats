load ../../lib/images

# bats test_tags=task:whole,pts:3,whole
@test "an image is loaded, changed, committed and given on" {
	index /tmp/index user/tool:1 linux/s390x linux/amd64/v1 linux/amd64
	run image load --quiet --input /tmp/index --platform linux/amd64
	expect_part "what load says" "Loaded image: user/tool:1" "$output"
	inside mkdir /tmp/at
	run image mount --platform linux/amd64 --rw /tmp/changes user/tool:1 /tmp/at
	expect_status success "mount"
	inside sh -c 'rm /tmp/at/platform; mkdir /tmp/at/etc; echo new >/tmp/at/etc/file'
	run image diff --platform linux/amd64 user/tool:1 /tmp/changes
	expect "the changes" $'A /etc\nA /etc/file\nD /platform' "$output"
	run image commit --platform linux/amd64 user/tool:1 /tmp/changes user/tool:2
	expect_status success "commit"
	run inside sh -c 'mini-image --root /tmp/store save user/tool:2 | mini-image --root /tmp/second load'
	expect_part "what load says" "Loaded image: user/tool:2" "$output"
	run inside mini-image --root /tmp/second unpack docker.io/user/tool:2 /tmp/tree
	expect_status success "unpack"
	expect "the tree" $'d etc\nf etc/file' "$(tree /tmp/tree)"
}

# bats test_tags=task:whole,pts:2,whole
@test "when all images are gone nothing is left" {
	load_image one:1 'folder etc' 'file etc/a x' -- 'folder etc' 'file etc/.wh.a' 'file b x'
	load_image two:1 'folder etc' 'file etc/a x'
	run image tag one:1 three:3
	expect_status success "tag"
	run image fsck
	expect_part "what fsck says" "6 blobs, 2 layers: 0 problems" "$output"
	inside mkdir /tmp/at
	run image mount --rw /tmp/changes three:3 /tmp/at
	expect_status success "mount"
	inside touch /tmp/at/etc/new
	run image diff three:3 /tmp/changes
	expect "the changes" $'C /etc\nA /etc/new' "$output"
	expect "the tree of both layers" $'d etc\nf b\nf etc/new' "$(tree /tmp/at)"
	inside umount /tmp/at
	index /tmp/index other:1 linux/s390x linux/amd64
	run image load --quiet --input /tmp/index --platform linux/amd64
	expect_part "what load says" "Loaded image: other:1" "$output"
	run image rm one:1 two:1 three:3 other:1
	expect_status success "rm"
	expect "what is left" "" "$(tree "$store" | grep -E '(blobs/sha256|layers|ingest)/' || true)"
}
