# Plugins that the daemon installs and runs itself, with Docker's client and with ours. The plugin
# is the one that the book shows (steps/folders.c), in a root of its own.
load ../helper/sandbox
load ../04-registry/registry

HERE=127.0.0.1:5000/me/folders

setup_file() {
	sandbox_start
	sandbox_image
	registry_own 5000
	context "$BATS_FILE_TMPDIR/one" first
	cp -al "$BATS_FILE_TMPDIR/one" "$BATS_FILE_TMPDIR/two"
	describe "$BATS_FILE_TMPDIR/two" second
	sandbox_remember
}

teardown_file() {
	registry_end
	sandbox_end
}

teardown() {
	sandbox_remove_containers
	mini-docker volume ls -q | xargs -r mini-docker volume rm >/dev/null
	mini-docker plugin ls -q | xargs -r mini-docker plugin rm -f >/dev/null
}

# context FOLDER DESCRIPTION: config.json and rootfs of a plugin. Its volumes are on a file system
# that it mounts itself, on a folder of its PropagatedMount.
context() {
	local root=$1/rootfs program=${BUILD:-$MINI_BIN/..}/05-volumes-networks/steps/folders
	mkdir -p "$root"
	"$SANDBOX_HELPER/busybox-rootfs" | tar -x -C "$root"
	cp "$program" "$root/bin/folders"
	ldd "$program" | grep -o '/[^ ]*' | xargs -I{} cp --parents -L {} "$root"
	cat >"$root/bin/start" <<-'SH'
		#!/bin/sh
		echo "begins $* LEVEL=$LEVEL"
		trap 'exit 0' TERM
		mkdir -p /data/tmpfs
		grep -q ' /data/tmpfs ' /proc/mounts || mount -t tmpfs -o size=1m plugin-data /data/tmpfs
		folders /run/docker/plugins/folders.sock /data/tmpfs &
		wait
	SH
	chmod 0755 "$root/bin/start"
	describe "$1" "$2"
}

# describe FOLDER DESCRIPTION: its config.json
describe() {
	rm -f "$1/config.json"
	cat >"$1/config.json" <<-JSON
		{
		  "description": "$2",
		  "entrypoint": ["/bin/start"],
		  "args": {"name": "args", "settable": ["value"], "value": ["a", "b"]},
		  "env": [{"name": "LEVEL", "settable": ["value"], "value": "0"}],
		  "interface": {"types": ["docker.volumedriver/1.0"], "socket": "folders.sock"},
		  "linux": {"capabilities": ["CAP_SYS_ADMIN"]},
		  "propagatedMount": "/data"
		}
	JSON
}

# pids: of the processes of plugins
pids() {
	cat "$PRIVATE_TRACKER/$PRIVATE_GROUP"/containers/*/cgroup.procs 2>/dev/null
}

# is_enabled NAME TRUTH
is_enabled() {
	[ "$(mini-docker plugin inspect -f '{{.Enabled}}' "$1")" = "$2" ]
}

# all_ended, runs CONTAINER
all_ended() {
	[ -z "$(pids)" ]
}

# Not while it is being restarted, which Docker calls running, too.
runs() {
	[ "$(mini-docker inspect -f '{{.State.Status}}' "$1")" = running ]
}

# has_another PID: plugins run, but that process is not there any more
has_another() {
	[ -n "$(pids)" ] && ! pids | grep -qx "$1"
}

# logged NAME TEXT: its output so far has the text
logged() {
	cat "$PRIVATE"/root/plugins/"$(mini-docker plugin inspect -f '{{.Id}}' "$1")"/*-json.log | grep -qF "$2"
}

@test "a plugin is made of a folder, set, run, started again when it dies, and removed" {
	docker events --filter type=plugin --format '{{.Action}} {{.Actor.Attributes.name}}' \
		>"$BATS_TEST_TMPDIR/events" 3>&- &
	local events=$! before
	run -0 docker plugin create me/one "$BATS_FILE_TMPDIR/one"
	assert_output me/one
	run -0 mini-docker plugin create me/two:1 "$BATS_FILE_TMPDIR/two"
	assert_output me/two:1
	local client
	for client in docker mini-docker; do
		run -1 $client plugin create me/two:1 "$BATS_FILE_TMPDIR/two"
		assert_output --partial 'plugin me/two:1 already exists'
		run -1 $client plugin enable nothing
		assert_output --partial 'plugin "nothing" not found'
		run -1 $client plugin set me/one FIXED=1
		assert_output --partial 'setting "FIXED" not found in the plugin configuration'
	done
	assert_equal "$(mini-docker plugin ls)" "$(docker plugin ls)"
	assert_equal "$(mini-docker plugin ls --no-trunc -f enabled=false -f capability=volumedriver)" \
		"$(docker plugin ls --no-trunc -f enabled=false -f capability=volumedriver)"
	run -0 docker plugin ls -q -f capability=networkdriver
	assert_output ''
	assert_equal "$(mini-docker plugin inspect me/one me/two:1)" "$(docker plugin inspect me/one me/two:1)"
	run -0 mini-docker __complete plugin enable me/o
	assert_output $'me/one:latest\tfirst'

	run -0 docker plugin set me/one LEVEL=7 args='x y'
	run -0 docker plugin enable me/one
	assert_output me/one
	logged me/one 'begins x y LEVEL=7'
	run -0 docker ps -aq # no list of containers has it
	assert_output ''
	run -1 docker plugin enable me/one
	assert_output --partial 'plugin already enabled: plugin me/one:latest is enabled'
	run -1 mini-docker plugin set me/one LEVEL=8
	assert_output --partial 'cannot set on an active plugin, disable plugin before setting'
	run -1 mini-docker plugin rm me/one
	assert_output --partial 'plugin me/one:latest is enabled'

	before=$(pids | head -n 1)
	kill -KILL "$before"
	sandbox_eventually 10 has_another "$before"
	is_enabled me/one true
	run -0 docker plugin disable me/one
	run -1 docker plugin disable me/one
	assert_output --partial 'plugin is already disabled: plugin me/one:latest found but disabled'
	assert_equal "$(pids)" ''
	run -0 mini-docker plugin enable --timeout 20 me/one
	run -0 mini-docker plugin rm -f me/one me/two:1
	assert_output $'me/one\nme/two:1'
	assert_equal "$(docker plugin ls -q)" ''
	kill "$events"
	run -0 cat "$BATS_TEST_TMPDIR/events"
	assert_output - <<-'LINES'
		create me/one:latest
		create me/two:1
		enable me/one:latest
		disable me/one:latest
		enable me/one:latest
		remove me/one:latest
		remove me/two:1
	LINES
	run -0 ls "$PRIVATE/root/plugins"
	assert_output storage
	run -0 sh -c "ls '$PRIVATE'/run/plugins; find '$PRIVATE'/root/plugins/storage/blobs -type f"
	assert_output ''
	sandbox_assert_nothing_left
}

@test "what cannot be a plugin, and what does not run, is told and leaves nothing" {
	local bad=$BATS_TEST_TMPDIR/bad
	mkdir -p "$bad/rootfs"
	run -1 mini-docker plugin create bad "$bad"
	assert_output --partial "open $bad/config.json: no such file or directory"
	echo '{"entrypoint": 7}' >"$bad/config.json"
	run -1 mini-docker plugin create bad "$bad"
	assert_output --partial 'Entrypoint'
	echo '{"entrypoint": ["/nothing"], "interface": {"socket": "../x.sock"}}' >"$bad/config.json"
	run -1 docker plugin create bad "$bad"
	assert_output --partial "Interface.Socket '../x.sock' is not the name of a file"
	rm "$bad/config.json"
	mkfifo "$bad/config.json" # is not waited for
	sandbox_api POST '/plugins/create?name=bad' # and no body
	assert_equal "$status" 400
	run -0 curl -s --unix-socket "$PRIVATE/docker.sock" -X POST --data-binary @- \
		-H 'Content-Type: application/x-tar' 'http://d/plugins/create?name=bad' \
		< <(tar -C "$bad" -c config.json rootfs)
	assert_output --partial 'config not found'
	run -0 curl -s --unix-socket "$PRIVATE/docker.sock" -X POST --data-binary @- \
		'http://d/plugins/create?name=bad' < <(tar -C / -c -P --transform 's,.*,../out,' etc/hostname)
	assert_output --partial message

	rm "$bad/config.json"
	echo '{"entrypoint": ["/nothing"], "interface": {"types": ["docker.volumedriver/1.0"], "socket": "x.sock"}}' \
		>"$bad/config.json"
	docker plugin create bad "$bad"
	run -1 docker plugin enable bad
	assert_output --partial 'exec: "/nothing": stat /nothing: no such file or directory'
	docker plugin rm bad
	cp -a "$BATS_FILE_TMPDIR/one/rootfs" "$bad"
	sed -i 's|/nothing"|/bin/sh", "-c", "echo is here; sleep 1000"|' "$bad/config.json"
	docker plugin create bad "$bad"
	run -1 docker plugin enable --timeout 1 bad
	assert_output --partial 'plugin bad:latest does not listen on its socket'
	logged bad 'is here'
	is_enabled bad false
	sed -i 's|sleep 1000|exit 3|' "$bad/config.json"
	docker plugin create ends "$bad"
	run -1 mini-docker plugin enable ends # at once, not after the ten seconds that it could have
	assert_output --partial 'plugin ends:latest has ended'
	docker plugin rm bad ends
	assert_equal "$(pids)" ''
	sandbox_assert_nothing_left
}

@test "a registry takes it and gives it to others, who grant what it wants; another version follows" {
	docker plugin create $HERE:1 "$BATS_FILE_TMPDIR/one"
	run -0 docker plugin push $HERE:1
	assert_line "The push refers to repository [$HERE]"
	mini-docker plugin create $HERE:2 "$BATS_FILE_TMPDIR/two"
	run -0 mini-docker plugin push $HERE:2
	docker plugin rm $HERE:1 $HERE:2
	run jq -r '.config.mediaType, .layers[].mediaType' \
		<(sandbox_enter curl -s http://127.0.0.1:5000/v2/me/folders/manifests/1)
	assert_output $'application/vnd.docker.plugin.v1+json\napplication/vnd.docker.image.rootfs.diff.tar.gzip'

	# It is no image, and an image is no plugin.
	run -1 docker pull $HERE:1
	assert_output --partial 'Encountered remote "application/vnd.docker.plugin.v1+json"(plugin) when fetching'
	docker tag busybox 127.0.0.1:5000/me/box
	docker push -q 127.0.0.1:5000/me/box
	docker rmi 127.0.0.1:5000/me/box
	run -1 docker plugin install --grant-all-permissions 127.0.0.1:5000/me/box
	assert_output --partial 'did not find plugin config for specified reference 127.0.0.1:5000/me/box:latest'

	# Nothing is granted, then less than all, then all.
	run -1 mini-docker plugin install $HERE:1 <<<n
	assert_line " - capabilities: [CAP_SYS_ADMIN]"
	assert_output --partial 'permission denied while installing plugin'
	sandbox_api POST "/plugins/pull?remote=$HERE:1" '[]'
	assert_output --partial 'incorrect privileges'
	assert_equal "$(docker plugin ls -q)" ''
	run -0 mini-docker plugin install --alias here $HERE:1 LEVEL=4 <<<y
	assert_line "Installed plugin $HERE:1"
	is_enabled here true
	logged here 'LEVEL=4'
	run -1 docker plugin install --grant-all-permissions --alias here $HERE:1
	assert_output --partial 'plugin here:latest already exists'
	run -0 docker plugin install --disable --grant-all-permissions $HERE:1
	assert_line "Installed plugin $HERE:1"
	is_enabled $HERE:1 false
	docker plugin rm $HERE:1 # the other one keeps what both came from

	run -1 docker plugin upgrade --grant-all-permissions here $HERE:2
	assert_output --partial 'the plugin must be disabled before upgrading'
	sandbox_api POST "/plugins/here/upgrade?remote=$HERE:2" '[]'
	assert_equal "$status" 409
	docker plugin disable here
	run -1 mini-docker plugin upgrade here $HERE:2 <<<n
	assert_output --partial 'canceling upgrade request'
	run -0 mini-docker plugin upgrade --grant-all-permissions --skip-remote-check here $HERE:2
	assert_line "Upgraded plugin here to $HERE:2"
	run -0 docker plugin inspect -f '{{.Config.Description}} {{.PluginReference}} {{.Settings.Env}}' here
	assert_output "second $HERE:2 [LEVEL=4]"
	docker plugin enable here
	docker plugin rm -f here
	run -0 find "$PRIVATE/root/plugins/storage/blobs" -type f
	assert_output ''
	sandbox_assert_nothing_left
}

# What the plugin mounts is mounted again by the next one that runs: the files are gone then, but
# not while the daemon alone dies.
@test "its volumes are used, also when the daemon was killed; what is in use is not taken away" {
	docker plugin create me/one "$BATS_FILE_TMPDIR/one"
	docker plugin enable me/one
	run -0 docker info -f '{{.Plugins.Volume}}'
	assert_output '[local me/one:latest]'
	docker volume create -d me/one data
	run -0 docker run --rm -v data:/d busybox sh -c 'echo kept >/d/file; stat -f -c %T /d'
	assert_output tmpfs
	run -0 mini-docker run -d --name uses --restart always -v data:/d busybox \
		sh -c 'cat /d/file; sleep 1000'
	sandbox_ready uses kept
	local pids
	pids=$(pids)
	private_stop KILL
	private_start
	assert_equal "$(pids)" "$pids"
	run -0 docker exec uses cat /d/file
	assert_output kept
	run -0 docker run --rm -v data:/d busybox cat /d/file
	assert_output kept
	run -0 docker volume inspect -f '{{.Driver}}' data
	assert_output --partial me/one

	local client
	for client in docker mini-docker; do
		run -1 $client plugin disable me/one
		assert_output --partial 'plugin me/one:latest is in use'
		run -1 $client plugin rm me/one
		assert_output --partial 'plugin me/one:latest is in use'
	done
	docker rm -f uses
	# A link in the plugin's files leads to its own, never to the machine's.
	sandbox_enter ln -s /etc "$(echo "$PRIVATE"/root/plugins/*/propagated-mount)/tmpfs/link"
	docker volume create -d me/one link
	run -125 docker run --rm -v link:/d busybox ls /d
	assert_output --partial "plugin \"me/one:latest\" has no '/data/tmpfs/link'"
	sandbox_enter rm "$(echo "$PRIVATE"/root/plugins/*/propagated-mount)/tmpfs/link"
	docker volume rm -f link
	docker run --rm -v data:/d busybox rm /d/file
	docker volume rm data
	docker plugin disable me/one
	docker plugin rm me/one
	sandbox_assert_nothing_left
}

# A plugin is killed with its shim while there is no daemon; the next one runs it again, and a
# container that needs it waits for that.
@test "a plugin that went with its daemon runs again with the next one, before those who need it" {
	docker plugin create me/one "$BATS_FILE_TMPDIR/one"
	docker plugin enable me/one
	docker volume create -d me/one data
	docker run -d --name uses --restart always -v data:/d busybox sh -c 'echo up; sleep 1000'
	sandbox_ready uses up
	private_stop KILL
	pids | xargs -r kill -KILL || true # one may be gone with another
	sandbox_eventually 10 all_ended
	private_start
	is_enabled me/one true
	sandbox_eventually 20 runs uses
	run -0 docker exec uses sh -c 'echo again >/d/file; cat /d/file'
	assert_output again
	docker rm -f uses
	docker plugin rm -f me/one # in use by the volume: with force it goes
	run -0 docker volume rm -f data
	sandbox_assert_nothing_left
}
