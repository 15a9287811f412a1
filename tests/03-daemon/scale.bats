# Many containers at once. How long it takes beside Docker's daemon, and what 5,000 stopped ones
# cost, is measured by `make bench`.
load ../helper/sandbox

setup_file() {
	sandbox_start
	sandbox_image
}

teardown_file() {
	sandbox_end
}

@test "200 containers from 16 clients side by side: no error, nothing left, little memory" {
	local before after
	before=$(awk '/^VmRSS/ { print $2 }' "/proc/$(sandbox_daemon_pid)/status")
	run -0 python3 -B "$PRIVATE_TREE/bench/scale.py" start 200 16
	assert_equal "$(jq -c '[.running, .errors]' <<<"$output")" '[200,[]]'
	sandbox_assert_nothing_left
	after=$(awk '/^VmRSS/ { print $2 }' "/proc/$(sandbox_daemon_pid)/status")
	((after - before < 16 * 1024)) || fail "$before kB became $after kB"
}

@test "some hundred stopped ones are no burden to a run" {
	run -0 python3 -B "$PRIVATE_TREE/bench/scale.py" stopped 400 7
	# Far from what a walk over all of them, or over their files, would cost each run.
	jq -e '.beside < 2 * .alone + 0.02' <<<"$output" || fail "$output"
	sandbox_assert_nothing_left
}
