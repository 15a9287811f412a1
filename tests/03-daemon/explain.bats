# --explain: what a reader could do by hand, as it happens.
load ../helper/sandbox

setup_file() {
	sandbox_start
	sandbox_image
}

teardown_file() {
	sandbox_end
}

@test "run --explain tells each step, by whom, and the section of the book" {
	mini-docker run --rm --explain busybox echo out >"$BATS_TEST_TMPDIR/out" 2>"$BATS_TEST_TMPDIR/trace"
	assert_equal "$(cat "$BATS_TEST_TMPDIR/out")" out
	run -0 cat "$BATS_TEST_TMPDIR/trace"
	assert_line --regexp '^\[3\.[0-9]+\] +client '
	assert_line --regexp '^\[2\.6\] +daemon +fsopen\("overlay"'
	assert_line --regexp '^\[1\.1\] +shim +clone3\('
	assert_line --regexp '^\[1\.2\] +container +sethostname\('
	assert_line --regexp '^\[1\.5\] +container +pivot_root\('
	assert_line --regexp '^\[1\.8\] +container +seccomp\('
	assert_line --regexp '^\[1\.11\] +container +execve\('
	# Every line is whole: section, who, call, time, why.
	run ! grep -vE '^\[[0-9]+\.[0-9]+\] +(client|daemon|shim|container) +[^ ].* [0-9]+ (us|ms|s)  [^ ]' \
		"$BATS_TEST_TMPDIR/trace"
}

@test "without it nothing is traced, and another client sees nothing of ours" {
	mini-docker run --rm busybox true >"$BATS_TEST_TMPDIR/out" 2>&1
	assert_equal "$(cat "$BATS_TEST_TMPDIR/out")" ''
	mini-docker run --rm busybox sleep 1 2>"$BATS_TEST_TMPDIR/quiet" &
	local quiet=$!
	mini-docker run --rm --explain busybox true 2>"$BATS_TEST_TMPDIR/trace"
	wait $quiet
	assert_equal "$(cat "$BATS_TEST_TMPDIR/quiet")" ''
	[ -s "$BATS_TEST_TMPDIR/trace" ]
}

@test "MINI_EXPLAIN=1 is the same" {
	MINI_EXPLAIN=1 mini-docker run --rm busybox true 2>"$BATS_TEST_TMPDIR/trace"
	run -0 grep -c '^\[1\.4\] *container' "$BATS_TEST_TMPDIR/trace"
}

@test "the trace ends where the container's own program begins" {
	mini-docker run --rm --explain busybox ls /proc/self/fd >"$BATS_TEST_TMPDIR/out" 2>"$BATS_TEST_TMPDIR/trace"
	# 0, 1, 2 and the one that ls opens.
	assert_equal "$(tr '\n' ' ' <"$BATS_TEST_TMPDIR/out")" '0 1 2 3 '
	[ -s "$BATS_TEST_TMPDIR/trace" ]
}
