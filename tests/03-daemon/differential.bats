# The same requests to Docker's own daemon and to ours, and what they answer side by side:
# differential/*.scene are the requests, differential/differences what is known to differ, and why.
load ../helper/sandbox

# Two daemons, one after the other.
export BATS_TEST_TIMEOUT=200

differential() {
	echo "$BATS_TEST_DIRNAME/differential"
}

# plugin FOLDER: makes me/plugin, whose program is not there, for plugins.scene
plugin() {
	mkdir -p "$1/rootfs"
	cat >"$1/config.json" <<-'JSON'
		{
		  "description": "a plugin", "documentation": "none", "entrypoint": ["/nothing"], "workdir": "/",
		  "interface": {"types": ["docker.volumedriver/1.0"], "socket": "p.sock"},
		  "args": {"name": "args", "settable": ["value"], "value": ["a"]},
		  "env": [
		    {"name": "DEBUG", "settable": ["value"], "value": "0"},
		    {"name": "FIXED", "value": "1"}
		  ],
		  "linux": {"devices": [{"name": "dev", "settable": ["path"], "path": "/dev/null"}]},
		  "mounts": [
		    {"name": "m", "settable": ["source"], "source": "/tmp", "destination": "/m", "type": "bind",
		     "options": ["rbind"]}
		  ]
		}
	JSON
	docker plugin create me/plugin "$1"
}

# $1: a file for what the daemon answers
play() {
	local scene
	sandbox_start
	sandbox_image
	for scene in "$(differential)"/*.scene; do
		[[ $scene != */plugins.scene ]] || plugin "$BATS_TEST_TMPDIR/plugin" >/dev/null
		"$(differential)/play" "$PRIVATE/docker.sock" "$scene" >>"$1"
		sandbox_remove_containers
	done
	sandbox_end
}

@test "what Docker's daemon answers, ours answers, but for what is known" {
	play "$BATS_TEST_TMPDIR/ours"
	PRIVATE_DAEMON=dockerd play "$BATS_TEST_TMPDIR/docker"
	[ "$(grep -c '^status' "$BATS_TEST_TMPDIR/ours")" -gt 130 ]
	run -0 "$(differential)/compare" "$BATS_TEST_TMPDIR/docker" "$BATS_TEST_TMPDIR/ours" \
		"$(differential)/differences"
	assert_output ''
}
