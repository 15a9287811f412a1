# Programs that the daemon asks: volume plugins, good ones and bad ones, with Docker's client.
# shellcheck disable=SC2016 # the containers' shells expand
load ../helper/daemon

PLUGINS=/run/docker/plugins

setup_file() {
	sandbox_start
	sandbox_image
	# Where plugins are looked for has fixed names.
	private_cover /run /etc
	private_enter mkdir -p $PLUGINS /etc/docker/plugins
	mkdir "$PRIVATE/fake"
	sandbox_remember
}

setup() {
	rm -f "$PRIVATE/fake/mode" "$PRIVATE/fake/calls"
}

teardown() {
	rm -f "$PRIVATE/fake/mode"
	sandbox_remove_containers
	mini-docker volume ls -q | xargs -r mini-docker volume rm -f >/dev/null
	end_plugin
	private_enter find $PLUGINS /etc/docker/plugins -mindepth 1 -delete
}

# start_plugin COMMAND...: in the daemon's namespaces
start_plugin() {
	(
		private_close_descriptors
		private_join
		private_exec "$@"
	) </dev/null >>"$PRIVATE/plugin.log" 2>&1 &
	echo $! >"$PRIVATE/plugin.pid"
	disown $!
}

end_plugin() {
	[ -e "$PRIVATE/plugin.pid" ] || return 0
	kill -KILL "$(cat "$PRIVATE/plugin.pid")" || true
	private_wait_for 20 private_is_gone "$(cat "$PRIVATE/plugin.pid")"
	rm "$PRIVATE/plugin.pid"
}

# start_python WHERE [CA CERTIFICATE KEY]
start_python() {
	rm -f "$PRIVATE/fake/listens"
	start_plugin python3 -B "$SANDBOX_HELPER/plugin.py" "$1" "$PRIVATE/fake" "${@:2}"
	sandbox_eventually 20 test -e "$PRIVATE/fake/listens"
}

start_fake() {
	start_python $PLUGINS/fake.sock
}

calls() {
	grep -c "^VolumeDriver.$1 " "$PRIVATE/fake/calls"
}

was_called() {
	[ "$(calls "$1")" -ge "$2" ]
}

@test "the sample plugin of the book: one command builds it, and its volumes are volumes like others" {
	mkdir "$PRIVATE/folders"
	cc -o "$PRIVATE/folders.bin" chapters/05-volumes-networks/steps/folders.c -ljansson
	start_plugin "$PRIVATE/folders.bin" $PLUGINS/folders.sock "$PRIVATE/folders"
	sandbox_eventually 10 private_enter test -S $PLUGINS/folders.sock

	run -0 docker volume create -d folders --label a=b data
	assert_output data
	run -0 docker volume inspect data \
		--format '{{.Driver}} {{.Scope}} {{.Mountpoint}} {{.Status}} {{.Labels}}'
	assert_output "folders local $PRIVATE/folders/data map[kind:folder] map[a:b]"
	assert_equal "$(docker volume inspect data)" "$(mini-docker volume inspect data)"
	docker run --network none --name first -v data:/d busybox sh -c 'echo kept >/d/file'
	assert_equal "$(cat "$PRIVATE/folders/data/file")" kept
	assert_equal "$(docker inspect first --format '{{(index .Mounts 0).Driver}} {{(index .Mounts 0).Source}}')" \
		"folders $PRIVATE/folders/data"
	run -0 docker run --rm --network none --mount src=data,dst=/d,readonly busybox cat /d/file
	assert_output kept
	run -1 docker volume rm data
	assert_output --partial 'remove data: volume is in use - ['
	docker rm first

	# What is not empty stays, in the plugin's words.
	run -1 docker volume rm data
	assert_output --partial 'remove data: data: Directory not empty'
	rm "$PRIVATE/folders/data/file"
	docker volume rm data
	assert_not_exists "$PRIVATE/folders/data"

	# One that was there before us, in a list beside ours, and used without being made.
	mkdir "$PRIVATE/folders/older"
	docker volume create ours
	run -0 docker volume ls --format '{{.Driver}} {{.Name}} {{.Scope}}'
	assert_output $'folders older local\nlocal ours local'
	run -0 docker volume ls -q --filter driver=folders
	assert_output older
	docker run --rm --network none -v older:/d busybox touch /d/file
	assert_exists "$PRIVATE/folders/older/file"
	local name
	for name in older ours; do
		run -1 docker volume create -d "$([ $name = older ] && echo local || echo folders)" $name
		assert_output --partial "already has volume '$name': volume name must be unique"
	done
	rm "$PRIVATE/folders/older/file"

	# --volume-driver is for all that have no other, also without a name; --rm takes those with it.
	docker run --rm --network none --volume-driver folders -v named:/n -v /anonymous busybox true
	sandbox_eventually 10 eval '[ "$(docker volume ls -q -f driver=folders | xargs)" = "named older" ]'
	run -0 docker info --format '{{.Plugins.Volume}}'
	assert_output '[folders local]'
	run -0 mini-docker --explain volume rm named
	assert_output --regexp '\[5\.11\] daemon .*POST /VolumeDriver.Remove \{"Name":"named"\}'
	docker volume rm older
	end_plugin
	sandbox_assert_nothing_left
}

@test "each use has an id that the plugin is told when it is over, whatever happened to the daemon" {
	start_fake
	docker volume create -d fake --opt size=7 data
	run -0 docker volume inspect data --format '{{.Scope}} {{.Options}} {{.Status}}'
	assert_output 'global map[size:7] map[options:map[size:7]]'
	docker run -d --network none --name one -v data:/d busybox sleep 600
	# Making it took one of its own, to fill the volume from the image.
	sandbox_eventually 10 was_called Unmount 1
	assert_equal "$(calls Mount)" 2
	local id pid
	pid=$(docker inspect one --format '{{.State.Pid}}')
	id=$(awk '$1 == "VolumeDriver.Mount" { print $3 }' "$PRIVATE/fake/calls" | tail -1)

	# A daemon that is killed has not given it back; the container goes on.
	private_stop KILL
	private_start
	docker exec one touch /d/file
	assert_equal "$(calls Unmount)" 1
	# It ends while there is no daemon and no plugin.
	private_stop KILL
	end_plugin
	kill -KILL "$pid"
	private_start
	sandbox_eventually 10 eval '[ "$(docker inspect one --format "{{.State.Status}}")" = exited ]'
	start_fake
	sandbox_eventually 20 was_called Unmount 2
	assert_equal "$(awk '$1 == "VolumeDriver.Unmount" { print $3 }' "$PRIVATE/fake/calls" | tail -1)" "$id"
	assert_equal "$(calls Mount)" 2
	# It knows nothing of the volume any more, but answers: away for good it would be waited for.
	mini-docker rm -f one
	mini-docker volume rm -f data
}

@test "what a plugin answers wrongly is said in its words, and nothing stays behind" {
	start_fake
	mini-docker volume create -d fake there
	local how words client=docker
	while IFS='|' read -r how words; do
		echo "$how" >"$PRIVATE/fake/mode"
		run -1 $client volume create -d fake new
		assert_output --partial "$words"
		client=mini-docker # the next ones, since it is quicker
	done <<-'ROWS'
		err|create new: no way
		broken|create new: VolumeDriver.Create: it is broken
		words|create new: VolumeDriver.Create: in plain words
		junk|create new: VolumeDriver.Create: plugin "fake": what it answered is not valid JSON
		array|create new: VolumeDriver.Create: plugin "fake": what it answered is no JSON object
		nothing|create new: VolumeDriver.Create: plugin "fake": what it answered is not valid JSON
		much|create new: VolumeDriver.Create: plugin "fake": the HTTP body is larger than 4194304 bytes
		cut|create new: VolumeDriver.Create: plugin "fake": the HTTP peer closed in the middle
	ROWS
	run -0 docker volume ls -q
	assert_output there
	mini-docker create --network none --name user -v there:/d:nocopy busybox
	while IFS='|' read -r how words; do
		echo "$how" >"$PRIVATE/fake/mode"
		run -1 $client start user
		assert_output --partial "$words"
	done <<-'ROWS'
		err|error while mounting volume 'there': no way
		nothing|error while mounting volume 'there': VolumeDriver.Mount: plugin "fake"
		relative|its Mountpoint 'data' is no absolute path
		out|its Mountpoint '/srv/../../etc' is no absolute path
		nowhere|/nowhere/at/all
	ROWS
	echo slow >"$PRIVATE/fake/mode"
	mini-docker start user
	mini-docker rm -f user
	mini-docker volume rm there
	end_plugin
	sandbox_assert_nothing_left
}

@test "one that says nothing is given up, and a daemon that waits for it serves all others" {
	start_fake
	docker volume create -d fake data
	# Three of them cost no more than one: they are asked at once.
	private_enter ln -s fake.sock $PLUGINS/second.sock
	private_enter ln -s fake.sock $PLUGINS/third.sock
	docker volume ls
	echo deaf >"$PRIVATE/fake/mode"
	docker volume inspect data >"$PRIVATE/inspected" 2>&1 &
	local waits=$!
	docker run --rm --network none busybox true
	sandbox_api GET /volumes
	assert_output --partial '"Name":"data"'
	local name
	for name in fake second third; do
		assert_output --partial "list $name: VolumeDriver.List: plugin \\\"$name\\\": no answer within 10 seconds"
	done
	wait $waits && fail 'it was inspected'
	assert_regex "$(cat "$PRIVATE/inspected")" \
		'error while checking if volume "data" exists in driver "fake": VolumeDriver.Get: plugin "fake": no answer within 10 seconds'
}

@test "one that is not there is told at once, one that is started anew is waited for" {
	local client
	for client in docker mini-docker; do
		run -1 $client volume create -d none data
		assert_output --partial 'create data: error looking up volume plugin none: plugin "none" not found'
		run -1 $client volume create -d ../plugins/none data
		assert_output --partial 'plugin "../plugins/none" not found'
	done
	run -125 docker run --rm --network none --volume-driver none -v data:/d busybox true
	assert_output --partial 'plugin "none" not found'
	start_fake
	docker volume create -d fake data
	end_plugin
	# Its socket is there, and nobody behind it.
	docker volume create -d fake more >"$PRIVATE/created" 2>&1 &
	local waits=$!
	start_fake
	wait $waits
	assert_equal "$(cat "$PRIVATE/created")" more
	# The volume that it knows nothing of any more is made again.
	run -1 docker volume inspect data
	assert_output --partial 'get data: no such volume'
	docker volume create -d fake data
	docker volume inspect data
	# One that is away for good does not keep its volumes.
	end_plugin
	private_enter rm $PLUGINS/fake.sock
	private_stop
	private_start
	run -1 docker volume rm data
	assert_output --partial 'remove data: error looking up volume plugin fake: plugin "fake" not found'
	docker volume rm -f data more
}

@test "files say where a plugin is: spec and json, in clear and with TLS" {
	mkdir "$PRIVATE/keys"
	"$SANDBOX_HELPER/certificates" "$PRIVATE/keys"
	local keys=$PRIVATE/keys
	start_python 7001
	private_enter sh -c 'echo tcp://127.0.0.1:7001 >/etc/docker/plugins/clear.spec'
	docker run --rm --network none --volume-driver clear -v data:/d busybox touch /d/file
	assert_exists "$PRIVATE/fake/data/data/file"
	docker volume rm data
	end_plugin

	start_python 7002 "$keys/ca.pem" "$keys/server.pem" "$keys/server-key.pem"
	describe() { # NAME CA CERTIFICATE KEY
		private_enter sh -c 'cat >/etc/docker/plugins/$1.json' describe "$1" <<-JSON
			{"Name": "$1", "Addr": "https://localhost:7002/ignored", "TLSConfig":
			 {"CAFile": "$2", "CertFile": "$3", "KeyFile": "$4"}}
		JSON
	}
	describe secret "$keys/ca.pem" "$keys/cert.pem" "$keys/key.pem"
	docker run --rm --network none --volume-driver secret -v data:/d busybox touch /d/secret
	assert_exists "$PRIVATE/fake/data/data/secret"
	docker volume rm data
	describe stranger "$keys/stranger/ca.pem" "$keys/cert.pem" "$keys/key.pem"
	run -1 docker volume create -d stranger data
	assert_output --partial "the peer's certificate is refused"
	describe nobody "$keys/none.pem" "$keys/cert.pem" "$keys/key.pem"
	run -1 docker volume create -d nobody data
	assert_output --partial "could not read CA certificate \"$keys/none.pem\""
	# Nobody is left who is spoken to and says nothing.
	assert_equal "$(private_enter ss -Htn state established dport = :7002 | wc -l)" 0
	private_enter sh -c 'echo gopher://x >/etc/docker/plugins/odd.spec'
	run -1 docker volume create -d odd data
	assert_output --partial "the plugin's file '/etc/docker/plugins/odd.spec' is no use: invalid address 'gopher://x'"
}
