load ../../lib/lab

# refusing ERRNO CALL...: the edit for a filter under which these calls give the errno
refusing() {
	jq -nr '$ARGS.positional | ".linux.seccomp = " + ({defaultAction: "SCMP_ACT_ALLOW",
		architectures: ["SCMP_ARCH_X86_64"], syscalls: [{names: .[1:], action: "SCMP_ACT_ERRNO",
		errnoRet: (.[0] | tonumber)}]} | tojson)' --args "$@"
}

# The grader's sandbox has a filter of its own.
filters() {
	inside sed -n 's/^Seccomp_filters:\t//p' /proc/self/status
}

# bats test_tags=task:seccomp,pts:1,alone
@test "the functions alone load a filter" {
	alone functions_test filter_refuses_a_call
}

# bats test_tags=task:seccomp,pts:2
@test "a call that the filter refuses is refused" {
	container "$(refusing 1 mkdir mkdirat)" mkdir /new
	expect_part "what mkdir says, under the filter that seccomp(2) loaded" \
		"Operation not permitted" "$output"
}

# bats test_tags=task:seccomp,pts:1,hidden
@test "the errno is the filter's" {
	container "$(refusing 28 mkdir mkdirat)" mkdir /new
	expect_part "what mkdir says" "No space left on device" "$output"
}

# bats test_tags=task:seccomp,pts:1
@test "other calls work" {
	container "$(refusing 1 mkdir mkdirat)" touch /new
	expect "the exit status of touch" 0 "$status"
	container "$(refusing 1 mkdir mkdirat)" grep Seccomp_filters: /proc/self/status
	expect "how many filters it has: one more than there are outside" \
		"$(calculate "$(filters)" + 1)" "${output#*$'\t'}"
}

# bats test_tags=task:seccomp,pts:2
@test "no new privileges, if config.json says so" {
	container '.process.noNewPrivileges = true' grep NoNewPrivs /proc/self/status
	expect "the process's flag, after prctl(2) with PR_SET_NO_NEW_PRIVS" $'NoNewPrivs:\t1' \
		"$output"
	container '.process.noNewPrivileges = false' grep NoNewPrivs /proc/self/status
	expect "the flag where it is not asked for" $'NoNewPrivs:\t0' "$output"
}

# bats test_tags=task:seccomp,pts:1,hidden
@test "a filter and no new privileges together" {
	container "$(refusing 1 mkdir mkdirat) | .process.noNewPrivileges = true" mkdir /new
	expect_part "what mkdir says" "Operation not permitted" "$output"
}

# bats test_tags=task:seccomp,pts:1
@test "a container whose filter is refused does not start" {
	starts "$(refusing 1 mkdir mkdirat)"
	refused seccomp
	alone functions_test filter_of_no_length_is_invalid
}

# bats test_tags=task:seccomp,pts:1,hidden
@test "a container that could gain privileges does not start" {
	starts '.process.noNewPrivileges = true'
	refused prctl PR_SET_NO_NEW_PRIVS
}
