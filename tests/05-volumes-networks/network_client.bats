# mini-docker network: what it asks for, what it prints, and that docker prints the same.
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
	mini-docker network prune -f >/dev/null
}

# Both clients, the same arguments: the same output and exit code.
assert_same() {
	local ours theirs ours_status=0 theirs_status=0
	ours=$(mini-docker "$@" 2>&1 | sed 's/mini-docker/docker/g') || ours_status=$?
	theirs=$(docker "$@" 2>&1) || theirs_status=$?
	assert_equal "$ours" "$theirs"
	assert_equal "$ours_status" "$theirs_status"
}

@test "networks are made, shown as docker shows them, connected, and removed" {
	local id
	id=$(mini-docker network create --subnet 10.88.0.0/24 --gateway 10.88.0.254 \
		--ip-range 10.88.0.128/25 --aux-address printer=10.88.0.130 --label a=b \
		-o com.docker.network.bridge.name=br-test one)
	assert_equal "${#id}" 64
	mini-docker network create --internal --ipv6 two
	assert_same network ls
	assert_same network ls --no-trunc -f driver=bridge
	assert_same network ls --format '{{json .}}'
	assert_same network ls -q -f label=a
	assert_same network ls --format 'table {{.Name}}\t{{.IPv6}}\t{{.Internal}}\t{{.Labels}}'
	assert_same network inspect one two
	assert_same network inspect -f '{{.Name}} {{(index .IPAM.Config 0).Gateway}}' one
	assert_same network inspect one nothing
	run -0 mini-docker network inspect -f '{{json .IPAM.Config}}' one
	assert_output --partial '"Subnet":"10.88.0.0/24","IPRange":"10.88.0.128/25","Gateway":"10.88.0.254"'
	assert_output --partial '"printer":"10.88.0.130"'

	mini-docker run -d --name box --network name=one,ip=10.88.0.7,alias=x busybox sleep 1000
	run -0 mini-docker inspect -f '{{.NetworkSettings.Networks.one.IPAddress}}' box
	assert_output 10.88.0.7
	mini-docker network connect --alias y two box
	run -0 mini-docker exec box ip -o -4 addr
	assert_output --partial 'eth1'
	run mini-docker network rm one nothing
	assert_failure 1
	assert_output --partial 'has active endpoints'
	assert_output --partial 'network nothing not found'
	run -0 mini-docker network rm -f nothing
	mini-docker network disconnect two box
	run -0 mini-docker exec box ip -o -4 addr
	refute_output --partial 'eth1'
	mini-docker rm -f box
	run -0 mini-docker network rm one
	assert_output one
	run -0 mini-docker network prune -f
	assert_output 'Deleted Networks:
two'
}

@test "what cannot be is refused with docker's words; help and completion" {
	assert_same network create --subnet 10.0.0.0/24 --ip-range 11.0.0.0/24 q
	assert_same network create --gateway 10.0.0.1 q
	assert_same network create --subnet 10.0.0.0/24 --subnet 10.0.0.0/16 q
	assert_same network create --subnet 10.0.0.0/24 --aux-address a=10.1.0.1 q
	assert_same network create --subnet 10.0.0.0/99 q
	assert_same network create bridge
	assert_same network create -d nothing q
	run mini-docker network rm bridge
	assert_failure 1
	assert_output 'Error response from daemon: bridge is a pre-defined network and cannot be removed'
	assert_same network connect bridge nothing
	assert_same network connect nothing nothing
	assert_same network connect --driver-opt a bridge c
	assert_same create --network name=n,ip=1.2.3.4 --ip 1.2.3.5 busybox
	assert_same create --network host --network n busybox
	for command in 'network' 'network create' 'network rm' 'network connect' \
		'network disconnect' 'network prune' 'port'; do
		# shellcheck disable=SC2086
		assert_same $command --help
	done
	run -0 mini-docker __complete network rm b
	assert_output --partial bridge
	run -0 mini-docker __complete network create b
	refute_output
	mini-docker create --name box busybox
	run -0 mini-docker __complete network connect bridge b
	assert_output --partial box
	refute_output --partial bridge
	run -0 mini-docker system prune <<<n
	assert_output --partial 'all networks not used by at least one container'
}
