load ../../lib/lab

everything='.hostname = "whole" | .root.readonly = true | .process.noNewPrivileges = true |
	.process.capabilities = {"bounding": ["CAP_KILL"], "permitted": ["CAP_KILL"],
		"effective": ["CAP_KILL"]} |
	.linux.namespaces += [{"type": "user"}] |
	.linux.uidMappings = [{"containerID": 0, "hostID": 1000, "size": 10}] |
	.linux.gidMappings = [{"containerID": 0, "hostID": 1000, "size": 10}] |
	.linux.maskedPaths = ["/proc/sys"] | .linux.resources.pids.limit = 20 |
	.linux.seccomp = {"defaultAction": "SCMP_ACT_ALLOW", "architectures": ["SCMP_ARCH_X86_64"],
		"syscalls": [{"names": ["mkdir"], "action": "SCMP_ACT_ERRNO"}]}'

# bats test_tags=task:whole,pts:3,whole
@test "a container with everything runs on your code alone" {
	shell "$everything" 'busybox hostname; echo $$; grep -E "CapEff|Seccomp:" /proc/self/status'
	expect "what it prints" "whole 1 CapEff: 0000000000000020 Seccomp: 2" "$(xargs <<<"$output")"
}

# bats test_tags=task:whole,pts:2,whole
@test "create, start, kill and delete" {
	bundle /tmp/bundle "$everything | .process.args = [\"/bin/busybox\", \"sleep\", \"60\"]"
	inside sh -c 'mini-runc create --bundle /tmp/bundle lab >/tmp/log 2>&1' || true
	run inside mini-runc state lab
	expect "the state after create" created "$(jq -r .status <<<"$output")"
	inside mini-runc start lab
	run inside mini-runc state lab
	expect "the state after start" running "$(jq -r .status <<<"$output")"
	inside mini-runc kill lab KILL
	for _ in {1..50}; do
		run inside mini-runc state lab
		[ "$(jq -r .status <<<"$output")" != stopped ] || break
		sleep 0.1
	done
	expect "the state after kill" stopped "$(jq -r .status <<<"$output")"
	run inside mini-runc delete lab
	expect "the exit status of delete" 0 "$status"
}
