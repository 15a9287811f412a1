# The same bundle with another OCI runtime gives the same view.
load runc
set -o pipefail

setup() {
	runc_setup
}

teardown() {
	runc_teardown
}

# What it prints does not depend on the machine's load, nor on the runtime's name.
view() {
	cat <<'VIEW'
hostname; id; pwd; umask; ulimit -n
grep -E 'Cap|NoNew|Seccomp:|SigBlk|SigIgn' /proc/self/status
cut -d' ' -f2,3 /proc/mounts | grep -v cgroup | sort
ls -l /dev | sed 's/ [A-Z][a-z][a-z] .*[0-9][0-9]:[0-9][0-9] / /' | tail -n +2
wc -c </proc/keys; ls /sys/firmware | wc -l
env | sort | grep -v SHLVL; ls /proc/self/fd
VIEW
}

compare() {
	command -v "$1" >/dev/null || skip "$1 is not installed"
	script_is "$(view)"
	# Not in every version: the profile as an annotation, cgroup namespaces, masks of ours.
	config 'del(.annotations, .linux.resources) |
		.linux.namespaces -= [{type: "cgroup"}] |
		.mounts |= map(select(.type != "cgroup"))'
	runc run "$B" >ours
	"$@" run --bundle "$B" "$ID" >theirs
	run -0 diff theirs ours
}

@test "crun sees what mini-runc sees" {
	# crun refuses machines that have both versions of cgroups, also where it shall use none.
	[ ! -d /sys/fs/cgroup/unified ] || skip 'crun does not run with hybrid cgroups'
	compare crun --root "$PWD/crun" --cgroup-manager=disabled
}

@test "runc sees what mini-runc sees" {
	local runc
	runc=$(type -P runc) || skip 'runc is not installed'
	compare "$runc" --root "$PWD/runc"
}

@test "a config.json that runc wrote runs here" {
	local runc
	runc=$(type -P runc) || skip 'runc is not installed'
	rm "$B/config.json"
	"$runc" spec --bundle "$B"
	config '.process.terminal = false'
	script_is 'echo from runc; grep CapEff /proc/self/status'
	run -0 container
	assert_line --index 0 'from runc'
	assert_line --index 1 --regexp 'CapEff:.0000000020000420'
}
