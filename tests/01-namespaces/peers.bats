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

# Where runtimes may differ: crun masks files with the machine's /dev/null, not the container's,
# and makes no /dev/core. Both hand on that two signals of the C library are ignored, as they are
# in what make starts; the program gets them from us as it gets all others.
alike() {
	sed -E '/ core -> /d; s/^(\/proc\/[a-z_]+) devtmpfs$/\1 tmpfs/
		s/^(SigIgn:.)0000000[01]80000000$/\10000000000000000/' "$1"
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
	run -0 diff <(alike theirs) <(alike ours)
}

@test "crun sees what mini-runc sees" {
	# crun refuses a machine that has both versions of cgroups, so it gets a view with one.
	if [ -d /sys/fs/cgroup/unified ]; then
		# shellcheck disable=SC2016
		compare unshare --mount --propagation private sh -c \
			'umount /sys/fs/cgroup/unified; exec crun "$@"' \
			crun --root "$PWD/crun" --cgroup-manager=disabled
	else
		compare crun --root "$PWD/crun" --cgroup-manager=disabled
	fi
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
	run -0 --separate-stderr container # a warning: what runc writes here is not consistent
	assert_line --index 0 'from runc'
	assert_line --index 1 --regexp 'CapEff:.0000000020000420'
}
