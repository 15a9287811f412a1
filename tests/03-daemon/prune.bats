# What takes room, where it comes from, and what can go: history, system df, prune.
load ../helper/daemon

# same_output ARGUMENT...: the real client and ours say the same
same_output() {
	local real ours
	real=$(docker "$@" 2>&1 | sed 's/ \+/ /g')
	ours=$(mini-docker "$@" 2>&1 | sed 's/ \+/ /g')
	assert_equal "$ours" "$real"
}

gone_by_now() {
	docker container prune -f --filter until=1ms && [ -z "$(docker ps -aq)" ]
}

@test "history and system df say what the real client says" {
	docker run --name one busybox sh -c 'echo text >/file'
	docker commit -m 'a remark' --change 'ENV A=B' one made:1
	docker run -d --name lives busybox sleep 1000
	same_output history --human=false made:1
	same_output history --no-trunc --human=false made:1
	same_output history -q made:1
	same_output history --format '{{.ID}}|{{.CreatedAt}}|{{.Comment}}|{{.Size}}' made:1
	run -1 mini-docker history nothing
	assert_output --partial 'No such image: nothing'
	same_output system df
	same_output system df --format json
	run -0 mini-docker system df -v --format '{{json .}}'
	run -0 jq -r 'keys | join(" ")' <<<"$output"
	assert_output 'BuildCache Containers Images Volumes'
	run -0 diff <(docker system df -v --format json | jq -S 'del(.. | .CreatedSince?, .RunningFor?, .Status?)') \
		<(mini-docker system df -v --format json | jq -S 'del(.. | .CreatedSince?, .RunningFor?, .Status?)')
	run -0 mini-docker system df -v
	assert_line --regexp '^made +1 .* 1$|^made +1 .* 0$'
	assert_line --regexp '^[0-9a-f]{12} +busybox +"sleep 1000" .* lives$'
	docker rm -f lives one
	docker rmi made:1
}

@test "prune: only a yes removes, filters choose, and it says what is gone" {
	mini-docker create --name keep --label keep=1 busybox
	mini-docker create --name go busybox
	run -0 mini-docker container prune <<<n
	assert_output --partial 'WARNING! This will remove all stopped containers.'
	assert_output --partial 'Are you sure you want to continue? [y/N]'
	run -0 mini-docker container prune </dev/null
	run -0 mini-docker ps -aq
	assert_equal "${#lines[@]}" 2
	run -0 mini-docker container prune --filter 'label!=keep' <<<y
	assert_output --partial 'Deleted Containers:'
	assert_line 'Total reclaimed space: 0B'
	run -0 mini-docker ps -a --format '{{.Names}}'
	assert_output keep
	# A filter goes to the daemon as it was written.
	local what
	for what in container image network; do
		run -0 docker "$what" prune -f --filter until=1h
		run -0 docker "$what" prune -f --filter until=2020-01-01
		run -1 docker "$what" prune -f --filter until=soon
		assert_output --partial 'invalid value for "until"'
	done
	run -1 docker container prune -f --filter until=1h --filter until=2h
	assert_output --partial 'more than one until filter specified'
	run -0 docker image ls -q --filter until=1h
	assert_output ''
	run -0 mini-docker ps -a --format '{{.Names}}'
	assert_output keep
	sandbox_eventually 20 gone_by_now
	run -0 mini-docker ps -aq
	assert_output ''
	run -0 mini-docker container prune -f
	assert_output 'Total reclaimed space: 0B'
}

@test "prune: images without a name, all that no container has, and everything" {
	mini-docker run --name lives -d busybox sleep 1000
	mini-docker commit lives
	mini-docker commit lives named:1
	run -0 mini-docker image prune -f
	assert_line 'Deleted Images:'
	assert_line --regexp '^deleted: sha256:[0-9a-f]{64}$'
	run -0 mini-docker images --format '{{.Repository}}'
	assert_output --partial named
	run -0 mini-docker image prune -af
	assert_line 'untagged: named:1'
	run -0 mini-docker images --format '{{.Repository}}'
	assert_output busybox
	mini-docker create --name old busybox
	local since
	since=$(date +%s.%N)
	run -0 mini-docker system prune --filter label!=x <<<y
	assert_line '  - all stopped containers'
	assert_line '  - all dangling images'
	assert_line '  - label!=x'
	assert_output --partial 'Deleted Containers:'
	run -0 mini-docker ps -a --format '{{.Names}}'
	assert_output lives
	mini-docker volume prune -f
	run -0 mini-docker events --since "$since" --until "$(date +%s.%N)" --filter event=prune \
		--format '{{.Type}} {{.Actor.Attributes.reclaimed}}'
	assert_output $'container 0\nnetwork 0\nimage 0\nvolume 0'
}

# What can be started was created whole, whoever removes images meanwhile.
@test "create and image prune at once: there is a container with its image, or none" {
	mini-docker run --name base busybox sh -c 'echo there >/file'
	mini-docker commit base raced:1
	mini-docker rm base
	mini-docker save -o "$BATS_TEST_TMPDIR/raced.tar" raced:1
	local round made=0 pruner
	for round in {1..40}; do
		mini-docker load -q -i "$BATS_TEST_TMPDIR/raced.tar"
		(sleep "0.00$((round % 10))" && exec mini-docker image prune -af) >/dev/null 3>&- &
		pruner=$!
		if mini-docker create --name raced raced:1 cat /file; then
			wait "$pruner"
			run -0 mini-docker start -a raced
			assert_output there
			mini-docker rm raced
			made=$((made + 1))
		else
			wait "$pruner"
			run ! mini-docker inspect raced
		fi
	done
	echo "$made of 40 were made"
	mini-docker rmi -f raced:1 || true
}
