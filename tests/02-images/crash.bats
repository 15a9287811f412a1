# Programs that are killed half way, disks that are full, calls that fail: torture has the rounds,
# `make torture` runs some hundred of each kind.
load images
export BATS_TEST_TIMEOUT=300

setup() {
	images_setup
	needs strace
}

@test "whatever happens to a command, the store is whole afterwards, and the command works" {
	run -0 "$BATS_TEST_DIRNAME/torture" -v -n 2
	assert_line '10 passed, 0 failed'
}

@test "a name whose giving was cut off leaves no file behind" {
	image_busybox >/dev/null
	run ! strace -f -o /dev/null -e trace=renameat -e inject=renameat:signal=KILL:when=1 \
		mini-image --root "$STORE" tag busybox other
	run -0 find "$STORE/image" -maxdepth 1 -name 'index.json.tmp-*'
	assert_output --partial index.json.tmp-
	run -0 image ls
	refute_output --partial other
	run -0 find "$STORE/image" -maxdepth 1 -name 'index.json.tmp-*'
	assert_output ''
}
