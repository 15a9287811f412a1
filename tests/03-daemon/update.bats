# Other limits for containers that there are: docker update, with Docker's client and with ours.
load ../helper/daemon

# $1: container, $2: controller, $3 and $4: the file's name in version 1 and 2
group_file() {
	local path line pid
	pid=$(docker inspect --format '{{.State.Pid}}' "$1")
	line=$(grep -E "^[0-9]+:([a-z,]*,)?$2(,[a-z,]*)?:" "/proc/$pid/cgroup") ||
		line=$(grep '^0::' "/proc/$pid/cgroup")
	for path in "/sys/fs/cgroup/$2${line#*:*:}/$3" "/sys/fs/cgroup${line#*:*:}/$4"; do
		[ ! -e "$path" ] || break
	done
	cat "$path"
}

host_config() {
	docker inspect --format "{{.HostConfig.$2}}" "$1"
}

@test "limits of a container that runs are the kernel's at once" {
	docker run -d --name web --memory 64m busybox sleep 100
	run -0 docker update --memory 96m --memory-swap 200m --pids-limit 77 web
	assert_output web
	run -0 group_file web memory memory.limit_in_bytes memory.max
	assert_output 100663296
	run -0 group_file web pids pids.max pids.max
	assert_output 77
	assert_equal "$(host_config web Memory) $(host_config web MemorySwap)" '100663296 209715200'
	docker update --pids-limit -1 web
	run -0 group_file web pids pids.max pids.max
	assert_output max
}

@test "mini-docker update does the same, for several, and goes on after a failure" {
	docker run -d --name web busybox sleep 100
	docker create --name never busybox
	run -1 mini-docker update -c 512 --cpus 0.5 web nobody never
	assert_line web
	assert_line never
	assert_line --partial 'No such container: nobody'
	assert_equal "$(host_config never NanoCpus) $(host_config web CpuShares)" '500000000 512'
	run -0 group_file web cpu cpu.shares cpu.weight
	assert_output --regexp '^(512|20)$'
	run -0 group_file web cpu cpu.cfs_quota_us cpu.max
	assert_output --regexp '^50000( 100000)?$'
	run -1 mini-docker update web
	assert_output --partial 'you must provide one or more flags'
	# Without a limit before, that of swap has to be told, too.
	run -1 docker update --memory 32m web
	assert_output --partial 'Memory limit should be smaller than already set memoryswap limit'
}

@test "limits of a stopped one hold at its next start, and after a restart" {
	docker run --name web busybox true
	docker update --memory 32m --memory-swap 64m web
	docker start web
	docker run -d --name later busybox sleep 100
	docker stop -t 0 later
	docker update --memory 48m --memory-swap 96m later
	docker restart -t 0 later
	run -0 group_file later memory memory.limit_in_bytes memory.max
	assert_output 50331648
}

restarts() {
	[ "$(docker inspect --format '{{.RestartCount}} {{.State.Status}}' "$1")" = "$2 running" ]
}

@test "--restart: a policy for what runs already" {
	docker run -d --name web busybox sleep 100
	docker update --restart on-failure:3 web
	run -0 host_config web RestartPolicy
	assert_output '{on-failure 3}'
	kill -KILL "$(docker inspect --format '{{.State.Pid}}' web)"
	sandbox_eventually 10 restarts web 1
}

@test "what does not go together is refused, and nothing changes" {
	docker run -d --name web --memory 64m busybox sleep 100
	run -1 docker update --memory 1g web
	assert_output --partial 'Memory limit should be smaller than already set memoryswap limit, update the memoryswap at the same time'
	run -1 docker update --memory 1m web
	assert_output --partial 'Minimum memory limit allowed is 6MB'
	run -1 docker update --cpuset-cpus 777 web
	assert_output --partial 'Cannot update container'
	assert_equal "$(host_config web Memory)" 67108864
	assert_equal "$(host_config web CpusetCpus)" ''
	run -0 group_file web memory memory.limit_in_bytes memory.max
	assert_output 67108864
	docker run -d --name half --cpus 0.5 busybox sleep 100
	run -1 docker update --cpu-quota 20000 half
	assert_output --partial 'Conflicting options: CPU Quota cannot be updated as NanoCPUs has already been set'
	docker run -d --rm --name gone busybox sleep 100
	run -1 docker update --restart always gone
	assert_output --partial 'Restart policy cannot be updated because AutoRemove is enabled for the container'
}

@test "an event, and an answer without warnings" {
	local since
	since=$(date +%s.%N)
	docker run -d --name web busybox sleep 100
	run -0 curl -s --unix-socket "$PRIVATE/docker.sock" -X POST -d '{"Memory": 67108864, "MemorySwap": -1}' \
		-H 'Content-Type: application/json' http://d/v1.41/containers/web/update
	assert_output '{"Warnings":null}'
	run -0 docker events --since "$since" --until "$(date +%s.%N)" --filter event=update \
		--format '{{.Actor.Attributes.name}}'
	assert_output web
}
