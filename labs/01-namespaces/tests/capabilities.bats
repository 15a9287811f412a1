load ../../lib/lab

all='["CAP_CHOWN", "CAP_KILL"]'

# sets NAME...: the edit that gives these sets CAP_CHOWN and CAP_KILL, 0x21
sets() {
	local name
	printf '.process.user.uid = 0'
	for name; do
		printf ' | .process.capabilities.%s = %s' "$name" "$all"
	done
}

# bats test_tags=task:capabilities,pts:1,alone
@test "the functions alone leave what is given" {
	alone functions_test capabilities_become_those_given
}

# bats test_tags=task:capabilities,pts:1
@test "a process that is given no capabilities has none" {
	container . grep Cap /proc/self/status
	expect "its sets, after capset(2) and prctl(2)" "0000000000000000" \
		"$(awk '{ print $2 }' <<<"$output" | sort -u)"
}

# bats test_tags=task:capabilities,pts:1
@test "it has those that it is given" {
	container "$(sets bounding effective permitted)" grep -E 'Cap(Prm|Eff|Bnd)' /proc/self/status
	expect "its sets: CHOWN is bit 0, KILL is bit 5" "0000000000000021" \
		"$(awk '{ print $2 }' <<<"$output" | sort -u)"
}

# bats test_tags=task:capabilities,pts:1
@test "what is bounded away is no more to be had" {
	container '.process.capabilities = {"bounding": ["CAP_CHOWN"],
		"permitted": ["CAP_CHOWN", "CAP_KILL"], "effective": ["CAP_CHOWN", "CAP_KILL"]}' \
		grep CapPrm /proc/self/status
	expect "root's permitted set after execve(2)" $'CapPrm:\t0000000000000001' "$output"
}

# bats test_tags=task:capabilities,pts:1
@test "an ordinary user has what is ambient" {
	container "$(sets bounding effective permitted inheritable ambient) | .process.user.uid = 7" \
		grep -E 'Cap(Inh|Prm|Eff|Amb)' /proc/self/status
	expect "the sets of user 7 after execve(2)" "0000000000000021" \
		"$(awk '{ print $2 }' <<<"$output" | sort -u)"
}

# bats test_tags=task:capabilities,pts:1,hidden
@test "an ordinary user has nothing that is not ambient" {
	container "$(sets bounding effective permitted inheritable) | .process.user.uid = 7" \
		grep -E 'Cap(Prm|Eff|Amb)' /proc/self/status
	expect "the sets of user 7 after execve(2)" "0000000000000000" \
		"$(awk '{ print $2 }' <<<"$output" | sort -u)"
}

# bats test_tags=task:capabilities,pts:1,hidden
@test "the highest of the kernel's capabilities is dropped too" {
	container '.process.capabilities.bounding = ["CAP_CHOWN"]' grep CapBnd /proc/self/status
	expect "the bounding set, after prctl(2) with PR_CAPBSET_DROP" $'CapBnd:\t0000000000000001' \
		"$output"
}

# bats test_tags=task:capabilities,pts:1
@test "a container that would keep its capabilities does not start" {
	starts "$(sets bounding effective permitted)"
	refused capset
	refused capget
}

# bats test_tags=task:capabilities,pts:1
@test "what we do not have ourselves is not given, and the rest is" {
	bundle /tmp/bundle ".process.capabilities = ([\"bounding\", \"effective\", \"permitted\",
		\"inheritable\"] | map({key: ., value: [\"CAP_CHOWN\", \"CAP_SYS_TIME\"]}) | from_entries) |
		.process.args = [\"/bin/busybox\", \"grep\", \"CapPrm\", \"/proc/self/status\"]"
	run inside setpriv --bounding-set=-sys_time mini-runc run --bundle /tmp/bundle lab
	expect_part "its permitted set, of CHOWN and SYS_TIME, where we lack SYS_TIME" \
		$'CapPrm:\t0000000000000001' "$output"
}

# bats test_tags=task:capabilities,pts:1,hidden
@test "a container whose bounding set stays full does not start" {
	starts "$(sets bounding effective permitted)"
	refused prctl PR_CAPBSET_DROP
	refused prctl PR_SET_KEEPCAPS
	starts "$(sets bounding effective permitted inheritable ambient) | .process.user.uid = 7"
	refused prctl PR_CAP_AMBIENT_RAISE
}
