load ../../lib/images

# bats test_tags=task:part,pts:1,alone
@test "a part of a tree is mounted" {
	alone volume_functions_test a_part_is_mounted
}

# bats test_tags=task:part,pts:1,hidden
@test "what is mounted below comes along" {
	alone volume_functions_test what_is_mounted_below_comes_along
}

# bats test_tags=task:part,pts:1,alone
@test "what leads out is refused" {
	alone volume_functions_test what_leads_out_is_refused
}

# bats test_tags=task:part,pts:1,alone
@test "what is not there is told" {
	alone volume_functions_test what_is_not_there_is_told
	needs_call volume_functions_test a_part_is_mounted open_tree '""'
}

# bats test_tags=task:part,pts:1,alone
@test "a walk that was disturbed begins again" {
	local when
	alone volume_functions_test a_part_is_mounted
	when=$(call_number openat2 '"a/b"' volume_functions_test a_part_is_mounted)
	expect "whether the path is given to openat2" yes \
		"$([[ $when =~ ^[0-9]{1,6}$ ]] && echo yes || echo no)"
	for errno in EAGAIN EINTR; do
		refusing "openat2:$errno:$when" volume_functions_test a_part_is_mounted
		expect_status success "it when the kernel once says $errno"
	done
}

# bats test_tags=task:part,pts:1,hidden
@test "the path is walked once" {
	alone volume_functions_test a_part_is_mounted
	inside strace -f -o /tmp/calls volume_functions_test a_part_is_mounted >/dev/null 2>&1 || true
	expect "how many calls are given the path" 1 "$(inside grep -cF '"a/../a/b"' /tmp/calls || true)"
}
