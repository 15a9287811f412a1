# shellcheck shell=bash
# mini_registry.bash - a private mini-registry for a bats file
#
#	load mini_registry
#	setup_file() { registry_start [FLAG...]; }
#	teardown_file() { registry_stop; }
#
#	registry_start [FLAG...]     one on a free port of the loopback, below $BATS_FILE_TMPDIR; $R is its
#	                             URL, $HOST its host and port; with TLS flags URL_SCHEME=https
#	registry_stop [SIGNAL]       ends it and waits
#	registry_log                 what it has said
#	req METHOD PATH [CURL...]    a request: $status is the HTTP status, $output the body, and
#	                             header NAME the value of a header of the answer
#	upload REPOSITORY TEXT       a blob; prints its digest
#	digest_of TEXT               sha256:...
#	manifest REPOSITORY REFERENCE JSON [TYPE]   pushes a manifest

set -o pipefail
bats_require_minimum_version 1.5.0
export BATS_TEST_TIMEOUT=${BATS_TEST_TIMEOUT:-60}
TREE=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
export PATH=${BUILD:-$TREE/build}/bin:$PATH
PATH=$PATH:$("$TREE/scripts/peers" --path)

export OCI_MANIFEST=application/vnd.oci.image.manifest.v1+json
export OCI_INDEX=application/vnd.oci.image.index.v1+json

free_port() {
	python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

registry_start() {
	PORT=${PORT:-$(free_port)}
	HOST=127.0.0.1:$PORT
	R=${URL_SCHEME:-http}://$HOST
	export PORT HOST R
	mini-registry --root "$BATS_FILE_TMPDIR/root" --listen "tcp://$HOST" "$@" \
		>>"$BATS_FILE_TMPDIR/out" 2>>"$BATS_FILE_TMPDIR/log" 3>&- 4>&- &
	echo $! >"$BATS_FILE_TMPDIR/pid"
	for _ in {1..100}; do
		curl -ks -o /dev/null "$R/healthz" && return 0
		kill -0 "$(<"$BATS_FILE_TMPDIR/pid")" 2>/dev/null || break
		sleep 0.05
	done
	cat "$BATS_FILE_TMPDIR/log" >&2
	return 1
}

registry_stop() {
	local pid
	pid=$(<"$BATS_FILE_TMPDIR/pid")
	kill "-${1:-TERM}" "$pid" 2>/dev/null || true
	while kill -0 "$pid" 2>/dev/null; do sleep 0.02; done
}

registry_log() {
	cat "$BATS_FILE_TMPDIR/log"
}

req() {
	local method=$1 path=$2
	shift 2
	[[ $path == http* ]] || path=$R$path
	[ "$method" != HEAD ] || set -- -I "$@"
	status=$(curl -sS -X "$method" -D "$BATS_TEST_TMPDIR/headers" -o "$BATS_TEST_TMPDIR/body" \
		-w '%{http_code}' "$@" "$path") || true
	output=$(<"$BATS_TEST_TMPDIR/body")
	[ "$method" != HEAD ] || output=
}

header() {
	local line
	while IFS= read -r line; do
		line=${line%$'\r'}
		[[ ${line,,} != "${1,,}:"* ]] || echo "${line#*: }"
	done <"$BATS_TEST_TMPDIR/headers"
}

code() { # the first error's code
	[[ $output =~ ^\{\"errors\":\[\{\"code\":\"([A-Z_]+)\" ]] && echo "${BASH_REMATCH[1]}"
}

# $status is $1; with $2, the error's code is that.
answers() {
	[ "$status" = "$1" ] || { echo "status $status, not $1: $output" && return 1; }
	[ -z "${2-}" ] || [ "$(code)" = "$2" ] || { echo "code $(code), not $2: $output" && return 1; }
}

digest_of() {
	local sum
	sum=$(printf %s "$1" | sha256sum)
	echo "sha256:${sum%% *}"
}

upload() {
	local digest
	digest=$(digest_of "$2")
	printf %s "$2" | curl -sSf -o /dev/null -X POST --data-binary @- \
		-H 'Content-Type: application/octet-stream' "$R/v2/$1/blobs/uploads/?digest=$digest"
	echo "$digest"
}

manifest() {
	printf %s "$3" >"$BATS_TEST_TMPDIR/manifest"
	req PUT "/v2/$1/manifests/$2" -H "Content-Type: ${4-$OCI_MANIFEST}" \
		--data-binary "@$BATS_TEST_TMPDIR/manifest"
}

# An image manifest of a config and one layer, with more members in $3.
image_json() {
	printf '{"schemaVersion":2,"mediaType":"%s","config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"%s","size":%d},"layers":[{"mediaType":"application/vnd.oci.image.layer.v1.tar","digest":"%s","size":%d}]%s}' \
		"$OCI_MANIFEST" "$1" "${4:-2}" "$2" "${5:-5}" "${3:+,$3}"
}
