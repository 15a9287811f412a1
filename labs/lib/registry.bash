# Loaded by tests of labs about registries: load ../../lib/registry
#
# All of lab.bash, and: mini-registry in the test's sandbox, below /tmp/registry, and requests to it.

set -o pipefail
# shellcheck source=labs/lib/lab.bash
. "${BASH_SOURCE[0]%/*}/lab.bash"

R=http://127.0.0.1:5000
manifest_type=application/vnd.oci.image.manifest.v1+json

# registry [FLAG...]: starts one, on what an earlier one has left; its process is in pid.
registry() {
	local said
	inside sh -c 'mini-registry --root /tmp/registry "$@" >>/tmp/registry.log 2>&1 &
		echo $! >/tmp/registry.pid' sh "$@"
	pid=$(inside cat /tmp/registry.pid)
	for _ in {1..50}; do
		! said=$(inside curl -sf -m 5 "$R/healthz" 2>&1) || return 0
		inside test -e "/proc/$pid/fd/0" || break # it has ended
		sleep 0.1
	done
	echo "the registry does not answer: $said; $(inside tail -n 5 /tmp/registry.log)"
	return 1
}

kill_registry() {
	# shellcheck disable=SC2016 # the inner shell's
	inside sh -c 'kill -KILL "$1"; while test -e "/proc/$1/fd/0"; do sleep 0.05; done' sh "$pid"
}

# req METHOD PATH [CURL...]: sets output to the body of the answer, code to its status, and headers.
req() {
	local url=$2 head=--include
	[[ $url == http* ]] || url=$R$url
	[ "$1" != HEAD ] || head=--head
	run inside curl -s -m 12 -X "$1" "$head" -w '\n%{http_code}' "${@:3}" "$url"
	code=${output##*$'\n'}
	headers=${output%%$'\r\n\r\n'*}
	output=${output%$'\n'*}
	output=${output#"$headers"}
	output=${output#$'\r\n\r\n'}
}

# header NAME: of the last answer
header() {
	local line
	while IFS= read -r line; do
		[[ ${line,,} != "${1,,}: "* ]] || echo "${line#*: }"
	done <<<"${headers//$'\r'/}"
}

# expect_answer STATUS PART METHOD PATH [CURL...]: the answer has that status, and that part.
expect_answer() {
	req "${@:3}"
	expect "the status of $3 $4" "$1" "$code"
	expect_part "the answer to $3 $4" "$2" "$output"
}

digest_of() {
	local sum
	sum=$(printf %s "$1" | sha256sum)
	echo "sha256:${sum%% *}"
}

# push REPOSITORY TEXT [CURL...]: a blob, at once
push() {
	expect_answer 201 "" POST "/v2/$1/blobs/uploads/?digest=$(digest_of "$2")" \
		--data-binary "$2" "${@:3}"
}

# begin REPOSITORY [CURL...]: an upload; its URL is in upload.
begin() {
	expect_answer 202 "" POST "/v2/$1/blobs/uploads/" "${@:2}"
	# shellcheck disable=SC2034 # the test's
	upload=$R$(header Location)
}

# image CONFIG LAYER: the manifest of an image
image() {
	printf '{"schemaVersion":2,"mediaType":"%s","config":%s,"layers":[%s]}' "$manifest_type" \
		"$(descriptor application/vnd.oci.image.config.v1+json "$1")" \
		"$(descriptor application/vnd.oci.image.layer.v1.tar "$2")"
}

descriptor() {
	printf '{"mediaType":"%s","digest":"%s","size":%d}' "$1" "$(digest_of "$2")" "${#2}"
}

# put REPOSITORY REFERENCE MANIFEST [CURL...]: sets output and code
put() {
	req PUT "/v2/$1/manifests/$2" -H "Content-Type: $manifest_type" --data-binary "$3" "${@:4}"
}

# users NAME...: a file for --htpasswd in which each has the password "secret"
users() {
	# shellcheck disable=SC2016 # a hash
	printf '%s:$2b$04$1.deP5.YLjrv/udFaQXJuezLZ1idY/yCv9jg2auWrOTTY23FR746y\n' "$@" |
		inside sh -c 'cat >/tmp/users'
}

# token SCOPES [CURL...]: asks for one; it is in token, and what it grants, as text, in granted.
token() {
	local scope words=()
	for scope in $1; do
		words+=(--data-urlencode "scope=$scope")
	done
	expect_answer 200 token GET "/token?service=mini-registry" --get "${words[@]}" "${@:2}"
	token=$(jq -r .token <<<"$output")
	# shellcheck disable=SC2034 # the test's
	granted=$(jq -rR 'split(".")[1] | gsub("-"; "+") | gsub("_"; "/") | . + "==="[:(4 - length % 4) % 4] |
		@base64d | fromjson | [.access[] | .type + ":" + .name + ":" + (.actions | join(","))] |
		join(" ")' <<<"$token")
}
