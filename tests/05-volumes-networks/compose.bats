# What networks and volumes are for: services that find each other by name, with docker-compose, and
# a real database (Debian's Redis) whose data is still there after everything else was lost.
export BATS_TEST_TIMEOUT=${BATS_TEST_TIMEOUT:-240}
load ../helper/daemon

setup_file() {
	"$SANDBOX_HELPER/../../scripts/peers" docker redis-server
	# Compose 1 wants a member of images that API 1.45 took away: it needs this with Docker 25, too.
	export COMPOSE_API_VERSION=1.44
	sandbox_start
	sandbox_image
	redis_rootfs | sandbox_client import --change 'VOLUME /data' --change 'WORKDIR /data' \
		--change 'CMD ["redis-server", "--bind", "0.0.0.0", "--protected-mode", "no", "--appendonly", "yes", "--appendfsync", "always"]' \
		- redis:latest
	sandbox_remember
}

# Redis and the libraries it is linked with, on top of busybox.
redis_rootfs() {
	local root=$BATS_FILE_TMPDIR/redis peers file
	peers=$("$SANDBOX_HELPER/../../scripts/peers" --libraries)
	mkdir "$root"
	"$SANDBOX_HELPER/busybox-rootfs" | tar -C "$root" -x
	install -D "$(realpath "$(command -v redis-server)")" "$root/usr/bin/redis-server"
	install -D "$(realpath "$(command -v redis-cli)")" "$root/usr/bin/redis-cli"
	for file in redis-server redis-cli; do
		LD_LIBRARY_PATH=$peers ldd "$root/usr/bin/$file" | grep -oE '/[^ ]+\.so[^ ]*'
	done | sort -u | while read -r file; do
		install -D "$(realpath "$file")" "$root/${file/#"$peers"//lib}"
	done
	tar -C "$root" -c .
	rm -rf "$root"
}

redis() {
	sandbox_client run --rm --network "$NET" redis redis-cli -h db "$@"
}

redis_answers() {
	[ "$(redis ping)" = PONG ]
}

fetched() {
	private_enter curl -s -m 5 "$@"
}

fetches() {
	[ "$(fetched "$1")" = "$2" ]
}

@test "docker-compose: services find each other by name, are scaled, published and kept apart" {
	mkdir "$BATS_TEST_TMPDIR/shop"
	cd "$BATS_TEST_TMPDIR/shop"
	cat >docker-compose.yml <<-'YAML'
		version: "2.4"
		services:
		  store:
		    image: busybox
		    command: sh -c 'mkdir -p /www; hostname -i >/www/index.html; exec httpd -f -h /www'
		    networks: {back: {aliases: [goods]}}
		    healthcheck: {test: ["CMD", "wget", "-qO", "/dev/null", "http://localhost/"], interval: 300ms}
		  front:
		    image: busybox
		    command: sh -c 'mkdir -p /www; wget -qO /www/index.html http://goods/; exec httpd -f -h /www'
		    depends_on: {store: {condition: service_healthy}}
		    networks: [back, outside]
		    ports: ["18080:80", "127.0.0.1::80"]
		  alone:
		    image: busybox
		    command: sleep 100
		    init: true
		    networks: [outside]
		networks:
		  back: {internal: true, ipam: {config: [{subnet: 10.99.0.0/24, gateway: 10.99.0.254}]}}
		  outside:
	YAML
	run -0 docker-compose --no-ansi up -d
	run -0 docker network ls --filter label=com.docker.compose.project=shop --format '{{.Name}} {{.Driver}}'
	assert_output $'shop_back bridge\nshop_outside bridge'
	run -0 docker-compose exec -T store hostname -i
	assert_output --regexp '^10\.99\.0\.[0-9]+$'
	# Outside sees what the front got from the store by the name that only their network knows.
	sandbox_eventually 10 fetches http://127.0.0.1:18080/ "$output"
	run -0 docker-compose port front 80
	assert_output --regexp '^(0\.0\.0\.0:18080|127\.0\.0\.1:[0-9]+)$'
	run -0 docker-compose exec -T alone nslookup front
	assert_line --regexp 'Address.*: .*172\.'
	run ! docker-compose exec -T alone nslookup goods
	run -0 docker-compose --no-ansi up -d --scale store=3
	run -0 docker-compose exec -T front nslookup -type=a store
	assert_equal "$(grep -c 'Address.*10\.99\.0\.' <<<"$output")" 3
	# An internal network has no way to the world.
	run -0 docker-compose exec -T store ip route
	refute_output --partial default
	run -0 docker-compose --no-ansi down -t 1
	run -0 docker network ls -q --filter label=com.docker.compose.project=shop
	assert_output ''
	run ! fetched http://127.0.0.1:18080/
}

@test "a database: its data outlives kill -9 of it and of the daemon, and its container" {
	export NET=back
	docker network create back
	docker run -d --name db --network back --restart always -v rows:/data redis
	sandbox_eventually 10 redis_answers
	run -0 redis set city Bremen
	assert_output OK
	run -0 docker exec db ls -A /data
	assert_output --partial appendonly
	# The database is killed, then the daemon, then both at once.
	kill -9 "$(docker inspect --format '{{.State.Pid}}' db)"
	sandbox_eventually 10 redis_answers
	run -0 redis get city
	assert_output Bremen
	sandbox_daemon_stop KILL
	sandbox_daemon_start
	run -0 redis set river Weser
	assert_output OK
	local pid
	pid=$(docker inspect --format '{{.State.Pid}}' db)
	sandbox_daemon_stop KILL
	kill -9 "$pid"
	sandbox_daemon_start
	sandbox_eventually 10 redis_answers
	run -0 redis mget city river
	assert_output $'Bremen\nWeser'
	# Another container, of what may be a newer image: the volume is the same.
	docker rm -f db
	docker run -d --name newer --network back --network-alias db -v rows:/data redis
	sandbox_eventually 10 redis_answers
	run -0 redis mget city river
	assert_output $'Bremen\nWeser'
	docker rm -fv newer
	run -0 docker volume ls -q
	assert_output rows
	docker volume rm rows
	docker network rm back
	sandbox_assert_nothing_left
}
