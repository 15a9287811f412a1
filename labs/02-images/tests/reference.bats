load ../../lib/images

# bats test_tags=task:reference,pts:2,alone
@test "what is typed short is a name of the hub" {
	alone name_functions_test short_names_are_of_the_hub
	run image inspect user/tool
	expect_part "the message" "No such image: user/tool:latest" "$output"
}

# bats test_tags=task:reference,pts:2,alone
@test "the first part is a host only if it looks like one" {
	alone name_functions_test hosts_are_told_from_folders
	run image inspect library/x
	expect_part "the message" "No such image: x:latest" "$output"
	run image inspect localhost/library/x
	expect_part "the message" "No such image: localhost/library/x:latest" "$output"
}

# bats test_tags=task:reference,pts:1,hidden
@test "a digest stays beside a tag" {
	alone name_functions_test digests_are_kept
}

# bats test_tags=task:reference,pts:2,alone
@test "what is no path is refused" {
	alone name_functions_test paths_have_a_grammar
	run image inspect a//b
	expect_part "the message" "invalid reference format" "$output"
	run image inspect user/Tool
	expect_part "the message" "repository name (user/Tool) must be lowercase" "$output"
}

# bats test_tags=task:reference,pts:1,alone
@test "a tag and a digest have their grammar too" {
	alone name_functions_test what_is_cut_off_is_checked
	run image inspect a:.t
	expect_part "the message" "invalid reference format" "$output"
}

# bats test_tags=task:reference,pts:1,hidden
@test "a name is no id, and has at most 255 characters" {
	alone name_functions_test names_have_limits
}

# bats test_tags=task:reference,pts:1
@test "an image is found by each form of its name" {
	local name
	tarball /tmp/a.tar 'file a x'
	run image import /tmp/a.tar docker.io/library/tool:1
	expect_status success "import"
	for name in tool:1 library/tool:1 docker.io/tool:1 index.docker.io/library/tool:1; do
		run image inspect "$name"
		expect_part "the image $name" '"tool:1"' "$output"
	done
	run image ls
	expect_part "what ls shows" tool "$output"
}
