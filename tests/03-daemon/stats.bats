# What a container uses: docker stats, and the numbers behind it.
load ../helper/sandbox

setup_file() {
	sandbox_start
	sandbox_image
}

teardown_file() {
	sandbox_end
}

setup() {
	cd "$BATS_TEST_TMPDIR"
}

teardown() {
	sandbox_remove_containers
}

api() {
	curl -sN --unix-socket "$PRIVATE/docker.sock" "http://d/v1.41$1"
}

@test "stats --no-stream: memory, processes, and all containers with -a" {
	docker run -d --name web --memory 64m busybox sleep 100
	docker create --name never busybox
	run -0 docker stats --no-stream --format '{{.Name}} {{.MemUsage}} {{.PIDs}}'
	assert_output --regexp '^web [0-9.]+[KM]iB / 64MiB 1$'
	run -0 docker stats -a --no-stream --format '{{.Name}} {{.MemUsage}} {{.PIDs}}'
	assert_line 'never 0B / 0B 0'
	run -1 docker stats --no-stream nobody
	assert_output --partial 'No such container: nobody'
}

@test "a busy container is told from an idle one" {
	docker run -d --name idle busybox sleep 100
	docker run -d --name busy busybox sh -c 'while :; do :; done'
	run -0 docker stats --no-stream --format '{{.Name}} {{.CPUPerc}}' idle busy
	assert_line --regexp '^idle [0-4]\.'
	assert_line --regexp '^busy ([1-9][0-9]+|[5-9])\.'
}

@test "one look needs the one before, unless it is one-shot" {
	docker run -d --name web busybox sleep 100
	run -0 jq -r '.preread, .precpu_stats.system_cpu_usage' <<<"$(api '/containers/web/stats?stream=0&one-shot=1')"
	assert_output $'0001-01-01T00:00:00Z\nnull'
	run -0 jq '.cpu_stats.system_cpu_usage > .precpu_stats.system_cpu_usage
		and .read > .preread and .memory_stats.usage > 0 and .cpu_stats.online_cpus > 0' \
		<<<"$(api '/containers/web/stats?stream=0')"
	assert_output true
	run -0 api '/containers/web/stats?one-shot=1'
	assert_output --partial 'cannot have stream=true and one-shot=true'
}

@test "a stream goes on until the container is removed" {
	docker run -d --name web busybox sleep 100
	api /containers/web/stats >stream &
	local reader=$!
	sandbox_eventually 10 eval '[ "$(wc -l <stream)" -ge 2 ]'
	docker kill web
	sandbox_eventually 10 eval 'tail -n 1 stream | grep -q "\"memory_stats\":{}"'
	docker rm web
	wait "$reader"
	run -0 jq -r .name stream
	assert_line --index 0 /web
}

@test "mini-docker stats: the same table, by name, for all, by template, live on a terminal" {
	docker run -d --name web --memory 64m busybox sleep 100
	docker create --name never busybox
	run -0 mini-docker stats --no-stream
	assert_line --regexp '^CONTAINER ID +NAME +CPU % +MEM USAGE / LIMIT +MEM % +NET I/O +BLOCK I/O +PIDS$'
	assert_line --regexp '^[0-9a-f]{12} +web +[0-9.]+% +[0-9.]+[KM]iB / 64MiB +[0-9.]+% .* 1$'
	refute_line --partial never
	run -0 mini-docker stats -a --no-stream --format '{{.Container}} {{.PIDs}}' web never
	assert_output $'web 1\nnever 0'
	run -1 mini-docker stats --no-stream nobody
	assert_output --partial 'No such container: nobody'
	run -130 pty 'spawn("mini-docker", "stats", "web")
expect("64MiB")
expect("64MiB")
send("\x03")'
}

@test "mini-docker top: ps(1) of the container alone" {
	docker run -d --name web busybox sleep 100
	run -0 mini-docker top web
	assert_line --regexp '^UID +PID +PPID .* CMD$'
	assert_line --regexp '^root .* sleep 100$'
	assert_equal "${#lines[@]}" 2
	run -0 mini-docker top web -o pid,comm
	assert_line --regexp "^$(docker inspect --format '{{.State.Pid}}' web) +sleep$"
	docker kill web
	run -1 mini-docker top web
	assert_output --partial 'is not running'
}
