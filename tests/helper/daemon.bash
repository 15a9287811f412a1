# shellcheck shell=bash
# daemon.bash - the usual set-up of a bats file: one daemon with busybox for all its tests, and no
# container left from one test to the next
#
#	load ../helper/daemon
#
# What needs flags, another image or a daemon for each test says so itself, with what
# tests/helper/sandbox.bash has.

set -o pipefail
load ../helper/sandbox

setup_file() {
	sandbox_start
	sandbox_image
}

teardown_file() {
	sandbox_end
}

teardown() {
	sandbox_remove_containers
}
