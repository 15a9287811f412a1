# mini-registry as a service: users, tokens, TLS, crashes, garbage, quotas, hostile clients.

load mini_registry

# A user file: alice with the password "secret" (bcrypt by libcrypt, as htpasswd -B makes it).
setup_file() {
	local name
	for name in alice bob; do
		printf '%s:%s\n' "$name" "$(mkhash secret)"
	done >"$BATS_FILE_TMPDIR/htpasswd"
	export PASSWORDS=$BATS_FILE_TMPDIR/htpasswd
}
setup() { BATS_FILE_TMPDIR=$(mktemp -d "$BATS_RUN_TMPDIR/service-XXXXXX"); }
teardown() { [ ! -e "$BATS_FILE_TMPDIR/pid" ] || registry_stop KILL; }

mkhash() {
	python3 -W ignore -c 'import crypt, sys; print(crypt.crypt(sys.argv[1], crypt.mksalt(crypt.METHOD_BLOWFISH, rounds=16)))' "$1"
}

@test "Basic: nobody without a password; who may what is said by the access file" {
	cat >"$BATS_FILE_TMPDIR/access" <<-ACCESS
		alice  team/*    pull,push,delete # and nobody else
		*      library/* pull
		-      public/*  pull
		alice  public/*  *
	ACCESS
	registry_start --htpasswd "$PASSWORDS" --access "$BATS_FILE_TMPDIR/access"
	req GET /v2/
	answers 401 UNAUTHORIZED
	[ "$(header WWW-Authenticate)" = 'Basic realm="mini-registry"' ]
	req GET /v2/ -u alice:wrong
	answers 401 UNAUTHORIZED
	req GET /v2/ -u nobody:secret
	answers 401 UNAUTHORIZED
	req GET /v2/ -u alice:secret
	answers 200
	req POST /v2/team/app/blobs/uploads/ -u alice:secret
	answers 202
	req POST /v2/team/app/blobs/uploads/ -u bob:secret
	answers 403 DENIED
	req POST /v2/library/app/blobs/uploads/ -u bob:secret
	answers 403 DENIED
	req POST /v2/public/app/blobs/uploads/
	answers 401 UNAUTHORIZED
	req GET /v2/public/app/tags/list
	answers 404 NAME_UNKNOWN
	req GET /v2/_catalog -u bob:secret
	answers 403 DENIED
	req GET /v2/ -H 'Authorization: Basic !'
	answers 401
	! grep -q secret "$BATS_FILE_TMPDIR/log"
}

@test "Basic: the user file is read again when it has changed" {
	cp "$PASSWORDS" "$BATS_FILE_TMPDIR/users"
	registry_start --htpasswd "$BATS_FILE_TMPDIR/users"
	req GET /v2/ -u alice:secret
	answers 200
	printf 'carol:%s\n' "$(mkhash other)" >"$BATS_FILE_TMPDIR/users"
	req GET /v2/ -u carol:other
	answers 200
	req GET /v2/ -u alice:secret
	answers 401
}

@test "Bearer: our own tokens, for what was asked and is granted, and nothing else" {
	local token location
	registry_start --htpasswd "$PASSWORDS" --token --anonymous-pull
	req GET /v2/a/b/tags/list
	answers 401 UNAUTHORIZED
	[ "$(header WWW-Authenticate)" = \
		"Bearer realm=\"http://$HOST/token\",service=\"mini-registry\",scope=\"repository:a/b:pull\"" ]
	req GET /v2/ -u alice:secret
	answers 401
	req GET "/token?service=mini-registry&scope=repository:a/b:pull,push" -u alice:wrong
	answers 401
	req GET "/token?service=mini-registry&scope=repository:a/b:pull,push" -u alice:secret
	answers 200
	token=$(jq -r .token <<<"$output")
	req GET /v2/ -H "Authorization: Bearer $token"
	answers 200
	req POST "/v2/a/b/blobs/uploads/" -H "Authorization: Bearer $token"
	answers 202
	req POST "/v2/a/c/blobs/uploads/" -H "Authorization: Bearer $token"
	answers 401
	[[ $(header WWW-Authenticate) == *'error="insufficient_scope"' ]]
	req GET /v2/ -H "Authorization: Bearer ${token%?????}AAAAA"
	answers 401
	[[ $(header WWW-Authenticate) == *'error="invalid_token"' ]]
	# Nobody may pull, and may not push.
	req GET "/token?service=mini-registry&scope=repository:a/b:pull,push"
	token=$(jq -r .token <<<"$output")
	req POST "/v2/a/b/blobs/uploads/" -H "Authorization: Bearer $token"
	answers 401
	req GET "/v2/a/b/tags/list" -H "Authorization: Bearer $token"
	answers 200
	# OAuth 2's form of it.
	req POST /token -d 'grant_type=password&username=alice&password=secret&scope=repository%3Aa%2Fb%3Apush'
	answers 200
	# A real client does the dance by itself.
	mkdir "$BATS_TEST_TMPDIR/dir"
	req GET "/token" -u alice:secret
	skopeo login --tls-verify=false -u alice -p secret --authfile "$BATS_TEST_TMPDIR/auth" "$HOST"
	run skopeo login --tls-verify=false -u alice -p wrong --authfile "$BATS_TEST_TMPDIR/auth" "$HOST"
	[ "$status" -ne 0 ]
}

@test "Bearer: the tokens of another endpoint, by its certificate" {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=auth -days 1 \
		-keyout "$BATS_FILE_TMPDIR/key" -out "$BATS_FILE_TMPDIR/certificate" 2>/dev/null
	registry_start --token-realm https://auth.example/token --token-service us --token-issuer them \
		--token-certificate "$BATS_FILE_TMPDIR/certificate"
	req GET /v2/
	answers 401
	[[ $(header WWW-Authenticate) == 'Bearer realm="https://auth.example/token",service="us"'* ]]
	token() { # CLAIMS
		local text
		text=$(printf '{"alg":"ES256","typ":"JWT"}' | basenc --base64url -w 0 | tr -d =).$(printf %s "$1" | basenc --base64url -w 0 | tr -d =)
		printf %s "$text" | openssl dgst -sha256 -sign "$BATS_FILE_TMPDIR/key" |
			openssl asn1parse -inform DER | awk -F: '/INTEGER/ { printf "%64s", $4 }' | tr ' ' 0 |
			xxd -r -p | basenc --base64url -w 0 | tr -d = | sed "s/^/$text./"
	}
	local now=$EPOCHSECONDS access='"access":[{"type":"repository","name":"a","actions":["pull"]}]'
	req GET /v2/a/tags/list -H "Authorization: Bearer $(token "{\"iss\":\"them\",\"aud\":\"us\",\"exp\":$((now + 60)),$access}")"
	answers 404 NAME_UNKNOWN
	req GET /v2/a/tags/list -H "Authorization: Bearer $(token "{\"iss\":\"others\",\"aud\":\"us\",\"exp\":$((now + 60)),$access}")"
	answers 401
	req GET /v2/a/tags/list -H "Authorization: Bearer $(token "{\"iss\":\"them\",\"aud\":\"you\",\"exp\":$((now + 60)),$access}")"
	answers 401
	req GET /v2/a/tags/list -H "Authorization: Bearer $(token "{\"iss\":\"them\",\"aud\":\"us\",\"exp\":$((now - 600)),$access}")"
	answers 401
	# "none" is no signature.
	req GET /v2/a/tags/list -H "Authorization: Bearer $(printf '{"alg":"none"}' | basenc --base64url -w 0 | tr -d =).$(printf '{"iss":"them","aud":"us","exp":99999999999,%s}' "$access" | basenc --base64url -w 0 | tr -d =)."
	answers 401
}

@test "TLS; and plain HTTP is for this machine" {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=registry -days 1 \
		-addext subjectAltName=IP:127.0.0.1 -keyout "$BATS_FILE_TMPDIR/key" -out "$BATS_FILE_TMPDIR/certificate" 2>/dev/null
	URL_SCHEME=https registry_start --tls-certificate "$BATS_FILE_TMPDIR/certificate" --tls-key "$BATS_FILE_TMPDIR/key" \
		--access-log "$BATS_TEST_TMPDIR/access.log"
	req GET /v2/ --cacert "$BATS_FILE_TMPDIR/certificate"
	answers 200
	head -c 3000000 /dev/urandom >"$BATS_TEST_TMPDIR/blob"
	local digest
	digest=sha256:$(sha256sum <"$BATS_TEST_TMPDIR/blob" | cut -d ' ' -f 1)
	req POST "/v2/a/blobs/uploads/?digest=$digest" --cacert "$BATS_FILE_TMPDIR/certificate" --data-binary "@$BATS_TEST_TMPDIR/blob"
	answers 201
	curl -s --cacert "$BATS_FILE_TMPDIR/certificate" "$R/v2/a/blobs/$digest" | cmp - "$BATS_TEST_TMPDIR/blob"
	# Whose address that is, behind the encryption.
	grep -q '^127.0.0.1 - - \[.*"POST /v2/a/blobs/uploads/' "$BATS_TEST_TMPDIR/access.log"
	[ "$(grep -vc '^127.0.0.1 ' "$BATS_TEST_TMPDIR/access.log")" = 0 ]
	run mini-registry --root "$BATS_TEST_TMPDIR/other" --listen tcp://0.0.0.0:0
	[ "$status" -ne 0 ]
	[[ $output == *'without TLS'*--plain-http* ]]
	run mini-registry --root "$BATS_FILE_TMPDIR/root" --listen tcp://127.0.0.1:0
	[ "$status" -ne 0 ]
	[[ $output == *'another mini-registry'* ]]
}

@test "kill -9: what was answered 201 is there; a half upload goes on" {
	local digest half location
	registry_start
	digest=$(upload a 'it is there')
	half=$(digest_of 'half and half')
	req POST /v2/a/blobs/uploads/
	location=$(header Location)
	req PATCH "$location" -d 'half and'
	answers 202
	: >"$BATS_FILE_TMPDIR/root/ingest/left-by-nobody"
	registry_stop KILL
	registry_start
	req GET "/v2/a/blobs/$digest"
	[ "$output" = 'it is there' ]
	req GET "$location"
	answers 204
	[ "$(header Range)" = 0-7 ]
	req PUT "$location?digest=$half" -d ' half'
	answers 201
	req GET "/v2/a/blobs/$half"
	[ "$output" = 'half and half' ]
	[ -z "$(ls "$BATS_FILE_TMPDIR/root/ingest")" ]
}

# Each thread of it.
is_traced() {
	! grep -hq '^TracerPid:.0$' /proc/"$1"/task/*/status
}

@test "a blob is synced, and its folder, before the answer" {
	registry_start
	strace -f -qq -e trace=fsync,fdatasync,renameat,renameat2,sendto -o "$BATS_TEST_TMPDIR/trace" \
		-p "$(<"$BATS_FILE_TMPDIR/pid")" 3>&- &
	local tracer=$!
	until is_traced "$(<"$BATS_FILE_TMPDIR/pid")"; do sleep 0.1; done
	upload a durable
	kill "$tracer"
	wait "$tracer" || true
	# The file, its name, the folder, the record; and then the answer.
	[ "$(grep -oE '(fsync|fdatasync|renameat2?|sendto.*201 Created)' "$BATS_TEST_TMPDIR/trace" | sed 's/sendto.*/answer/; s/renameat2/renameat/' | uniq | grep -n answer | head -n 1 | cut -d : -f 1)" -ge 4 ]
	grep -oE '(fsync|fdatasync|renameat)\(|201 Created' "$BATS_TEST_TMPDIR/trace" | paste -sd ' ' | grep -q 'fsync( renameat( fsync(.*fdatasync(.*201 Created'
}

@test "one blob pushed by many at once is one file" {
	local digest i pids=()
	registry_start
	head -c 200000 /dev/urandom >"$BATS_TEST_TMPDIR/blob"
	digest=sha256:$(sha256sum <"$BATS_TEST_TMPDIR/blob" | cut -d ' ' -f 1)
	for i in {1..12}; do
		curl -s -o /dev/null -w '%{http_code}\n' --data-binary "@$BATS_TEST_TMPDIR/blob" \
			"$R/v2/r$((i % 3))/blobs/uploads/?digest=$digest" >>"$BATS_TEST_TMPDIR/codes" 3>&- &
		pids+=($!)
	done
	wait "${pids[@]}"
	[ "$(sort "$BATS_TEST_TMPDIR/codes" | uniq -c | xargs)" = '12 201' ]
	[ "$(ls "$BATS_FILE_TMPDIR/root/blobs/sha256")" = "${digest#sha256:}" ]
	cmp "$BATS_FILE_TMPDIR/root/blobs/sha256/${digest#sha256:}" "$BATS_TEST_TMPDIR/blob"
	[ -z "$(ls "$BATS_FILE_TMPDIR/root/ingest")" ]
	[ "$(curl -s "$R/metrics" | awk '/^mini_registry_stored_bytes/ { print $2 }')" -ge 200000 ]
}

collect() {
	local before
	before=$(grep -c 'garbage collected' "$BATS_FILE_TMPDIR/log" || true)
	kill -USR1 "$(<"$BATS_FILE_TMPDIR/pid")"
	while [ "$(grep -c 'garbage collected' "$BATS_FILE_TMPDIR/log")" = "$before" ]; do sleep 0.05; done
}

@test "garbage goes, what is needed or being pushed stays" {
	local config layer loose json
	registry_start --gc-grace 2s --gc-untagged --upload-timeout 1h
	config=$(upload a '{}') layer=$(upload a hello) loose=$(upload a loose)
	json=$(image_json "$config" "$layer")
	manifest a 1 "$json"
	manifest a "$(digest_of "$(image_json "$config" "$layer" '"u":1')")" "$(image_json "$config" "$layer" '"u":1')"
	answers 201
	req POST /v2/a/blobs/uploads/
	local location
	location=$(header Location)
	req PATCH "$location" -d half
	collect # within the grace time: nothing
	req HEAD "/v2/a/blobs/$loose"
	answers 200
	sleep 3.1
	collect
	req HEAD "/v2/a/blobs/$loose"
	answers 404
	[ ! -e "$BATS_FILE_TMPDIR/root/blobs/sha256/${loose#sha256:}" ]
	req HEAD "/v2/a/blobs/$layer"
	answers 200
	req GET /v2/a/manifests/1
	answers 200
	req GET "/v2/a/manifests/$(digest_of "$(image_json "$config" "$layer" '"u":1')")"
	answers 404
	req PUT "$location?digest=$(digest_of half)"
	answers 201
	[ "$(curl -s "$R/metrics" | awk '/^mini_registry_stored_bytes/ { print $2 }')" = $((2 + 5 + 4 + ${#json})) ]
}

@test "garbage is collected again and again while images are pushed: each of them is whole" {
	local i config layer
	registry_start --gc-grace 30s
	while kill -USR1 "$(<"$BATS_FILE_TMPDIR/pid")"; do sleep 0.02; done 2>/dev/null 3>&- &
	local collector=$!
	for i in {1..8}; do
		config=$(upload "r$i" '{}') layer=$(upload "r$i" "layer $i")
		manifest "r$i" 1 "$(image_json "$config" "$layer")"
		answers 201
		req DELETE "/v2/r$((i - 1))/manifests/1"
	done
	kill "$collector"
	req GET "/v2/r8/blobs/$layer"
	answers 200
	req GET "/v2/r1/blobs/$(digest_of '{}')"
	answers 200
}

@test "quotas, read-only, no-delete" {
	local digest
	registry_start --quota 1000 --quota-repository 600
	upload a "$(printf 'x%.0s' {1..500})" >/dev/null
	req POST "/v2/a/blobs/uploads/?digest=$(digest_of "$(printf 'y%.0s' {1..200})")" -d "$(printf 'y%.0s' {1..200})"
	answers 403 DENIED
	[[ $output == *'quota of a repository'* ]]
	req POST "/v2/b/blobs/uploads/?digest=$(digest_of "$(printf 'z%.0s' {1..550})")" -d "$(printf 'z%.0s' {1..550})"
	answers 403 DENIED
	[[ $output == *'quota of this registry'* ]]
	[ -z "$(ls "$BATS_FILE_TMPDIR/root/ingest")" ]
	registry_stop
	registry_start --no-delete
	digest=$(upload a small)
	req DELETE "/v2/a/blobs/$digest"
	answers 405 UNSUPPORTED
	registry_stop
	registry_start --read-only
	req GET "/v2/a/blobs/$digest"
	answers 200
	req POST /v2/a/blobs/uploads/
	answers 405 UNSUPPORTED
}

@test "an answer that comes before the body was read reaches who sends first" {
	registry_start
	"$TREE/tests/helper/early-answer.py" 200 404 PATCH /v2/a/blobs/uploads/none "tcp:$HOST"
}

@test "slow and wrong clients: given up, told, and nothing is left of them" {
	registry_start --idle-timeout 1s --upload-timeout 0s --access-log "$BATS_FILE_TMPDIR/access.log"
	# A head that never ends.
	local began=$SECONDS
	{ printf 'GET /v2/ HTTP/1.1\r\nHost: x\r\n'; sleep 5; } | socat -t 6 - "TCP:$HOST" || true
	[ $((SECONDS - began)) -lt 8 ]
	# A body that stops: what came is kept, and the client may go on.
	local location
	req POST /v2/a/blobs/uploads/
	location=$(header Location)
	{ printf 'PATCH %s HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf' "$location"; sleep 2; } | socat -t 3 - "TCP:$HOST" || true
	req GET "$location"
	answers 204
	[ "$(header Range)" = 0-3 ]
	grep -q '"GET /v2/a/blobs/uploads/.* HTTP/1.1" 204 0 "-" "curl/' "$BATS_FILE_TMPDIR/access.log"
	req GET '/v2/a/tags/list' -H 'Range: bytes=0-99999999999999999999' -A $'x" 200 \t'
	answers 200
	[ "$(wc -l <"$BATS_FILE_TMPDIR/access.log")" = "$(grep -c '^127.0.0.1 - - \[' "$BATS_FILE_TMPDIR/access.log")" ]
	run mini-registry --upload-timeout yesterday
	[ "$status" -eq 125 ]
	[[ $output == *upload-timeout* ]]
}
