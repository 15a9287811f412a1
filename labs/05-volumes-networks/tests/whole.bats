load ../../lib/engine

# serves NAME [OPTION...]: a container that answers its own name at port 80
serves() {
	starts_detached "$1" "${@:2}" box \
		sh -c "echo $1 >/index.html; exec /bin/busybox httpd -f -p 80 -h /"
}

# reads NETWORK HOST PORT: what a container of a network gets from a server, asked for by its name or
# address. (The box has no resolver of the C library: it asks the server of names itself.)
reads() {
	# shellcheck disable=SC2016 # the inner shell's
	run docker run --rm --network "$1" box sh -c 'busybox=/bin/busybox
		case $1 in
		[0-9]*) address=$1 ;;
		*) address=$($busybox nslookup -type=a "$1" 127.0.0.11 | $busybox awk "/^Address: /{print \$2}") ;;
		esac
		printf "GET / HTTP/1.0\r\n\r\n" | $busybox nc -w 5 "$address" "$2" | tail -n 1' sh "$2" "$3"
}

# bats test_tags=task:whole,pts:3,whole
@test "two containers, a network, a name, a port and a volume" {
	daemon
	docker network create --subnet 10.77.0.0/24 front >/dev/null
	serves web --network front -p 8080:80 -v pages:/pages
	awaits inside curl -sf -m 5 http://127.0.0.1:8080/
	expect "what is reached at the published port" web "$(inside curl -s -m 5 http://127.0.0.1:8080/)"
	reads front web 80
	expect "what another container reaches by the name" web "$output"
	reads bridge 172.17.0.1 8080
	expect "what one of another network reaches at the host's port" web "$output"
	expect "its address" 10.77.0.2 "$(state web '.NetworkSettings.Networks.front.IPAddress')"
	docker exec web sh -c 'echo kept >/pages/one'
	docker rm --force web >/dev/null
	run docker run --rm -v pages:/p box cat /p/one
	expect "what the volume has when its container is gone" kept "$output"
	run docker network rm front
	expect "the exit status of network rm" 0 "$status"
	run inside curl -s -m 5 http://127.0.0.1:8080/
	expect "how a request to the port ends that is not published any more" 7 "$status"
	expect "the bridges that are left" mini0 "$(inside ip -o link show type bridge | awk -F ': ' '{print $2}')"
}

# bats test_tags=task:whole,pts:2,whole
@test "networks live through kill -9 of the daemon" {
	local before
	daemon
	docker network create front >/dev/null
	serves web --network front -p 8080:80 -v pages:/pages
	awaits inside curl -sf -m 5 http://127.0.0.1:8080/
	before=$(state web '.NetworkSettings | [.Ports, .Networks]')
	kill_daemon
	expect "what the port answers while there is no daemon" web \
		"$(inside curl -s -m 5 http://127.0.0.1:8080/)"
	start_daemon
	expect "its ports and networks" "$before" "$(state web '.NetworkSettings | [.Ports, .Networks]')"
	expect "what the port answers after that" web "$(inside curl -s -m 5 http://127.0.0.1:8080/)"
	reads front web 80
	expect "what a new container reaches by the name" web "$output"
	run docker run --rm -p 8080:80 box sh -c :
	expect_part "what one is told that wants the same port" "port is already allocated" "$output"
	run docker volume rm pages
	expect_part "what volume rm says" "volume is in use" "$output"
}
