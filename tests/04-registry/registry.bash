# shellcheck shell=bash
# registry.bash - registries for a bats file, in the sandbox's network; load after sandbox
#
#	registry_peer PORT [FLAG...]    Debian's docker-registry on 127.0.0.1:PORT (scripts/peers gets
#	                                it, installing nothing)
#	    --htpasswd    wants a user "ann" with the password "secret"
#	    --tls FOLDER  with server.pem and server-key.pem of FOLDER (tests/helper/certificates)
#	registry_own PORT [FLAG...]     our mini-registry on it, its root in $PRIVATE/registry/PORT/root
#	registry_end [PORT]             ends those that were started
#	registry_log PORT               its access log
#	registry_image NAME [LAYERS]    makes an image in the daemon: busybox, and LAYERS that differ
#	registry_copy NAME PORT/NAME    puts an image of the daemon into a registry, with skopeo
#
# What is started lies below $PRIVATE/registry and ends with the sandbox.

registry_peer() {
	local port=$1 folder=$PRIVATE/registry/$1 http=http auth='' tls=''
	shift
	mkdir -p "$folder/data"
	while [ $# != 0 ]; do
		case $1 in
		--htpasswd)
			# ann:secret, by bcrypt.
			echo "ann:$(registry_hash)" >"$folder/htpasswd"
			auth="auth: {htpasswd: {realm: peer, path: $folder/htpasswd}}"
			;;
		--tls)
			tls="  tls: {certificate: $2/server.pem, key: $2/server-key.pem}"
			http=https
			shift
			;;
		esac
		shift
	done
	cat >"$folder/config.yml" <<-YAML
		version: 0.1
		log: {level: error, accesslog: {disabled: false}}
		storage: {filesystem: {rootdirectory: $folder/data}, delete: {enabled: true}}
		$auth
		http:
		  addr: 127.0.0.1:$port
		$tls
	YAML
	(
		private_close_descriptors
		export OTEL_TRACES_EXPORTER=none
		private_exec docker-registry serve "$folder/config.yml"
	) >"$folder/log" 2>&1 </dev/null &
	echo $! >"$folder/pid"
	sandbox_eventually 10 sandbox_enter curl -sk -o /dev/null "$http://127.0.0.1:$port/v2/"
}

# htpasswd(1) is in no package of ours; libcrypt is.
registry_hash() {
	python3 -W ignore -c 'import crypt; print(crypt.crypt("secret", crypt.mksalt(crypt.METHOD_BLOWFISH, rounds=16)))' |
		sed 's/^\$2b/$2y/'
}

registry_own() {
	local port=$1 folder=$PRIVATE/registry/$1
	shift
	mkdir -p "$folder"
	(
		private_close_descriptors
		private_exec mini-registry --root "$folder/root" --listen "tcp://127.0.0.1:$port" "$@"
	) >"$folder/log" 2>&1 </dev/null &
	echo $! >"$folder/pid"
	sandbox_eventually 10 sandbox_enter curl -s -o /dev/null "http://127.0.0.1:$port/healthz"
}

registry_end() {
	local file pid
	for file in "$PRIVATE"/registry/${1:-*}/pid; do
		[ -e "$file" ] || continue
		pid=$(<"$file")
		kill "$pid" 2>/dev/null || true
		while kill -0 "$pid" 2>/dev/null; do sleep 0.05; done
		rm "$file"
	done
}

registry_log() {
	cat "$PRIVATE/registry/$1/log"
}

registry_image() {
	local name=$1 layers=${2:-0} i
	docker tag busybox "$name"
	for ((i = 1; i <= layers; i++)); do
		docker run --name layer "$name" sh -c "echo $name $i >/layer$i; head -c 200000 /dev/urandom >/noise$i"
		docker commit layer "$name" >/dev/null
		docker rm layer >/dev/null
	done
}

registry_copy() {
	docker save "$1" -o "$BATS_FILE_TMPDIR/copy.tar"
	sandbox_enter skopeo copy -q --dest-tls-verify=false "${@:3}" \
		"docker-archive:$BATS_FILE_TMPDIR/copy.tar" "docker://127.0.0.1:$2"
	rm "$BATS_FILE_TMPDIR/copy.tar"
}
