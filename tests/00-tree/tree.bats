# Rules of the tree that no compiler checks.

setup() {
	set -o pipefail
	cd "$BATS_TEST_DIRNAME/../.."
}

# What $1 (an extended regular expression) finds in the files $2...; nothing is right.
finds_nothing() {
	! grep -nE "$@"
}

@test "a chapter includes nothing of a later one" {
	local chapter header owner file line
	declare -A owners=()
	while read -r file; do
		owners[${file##*/}]=${file%%/*}
	done < <(find chapters -name '*.h' -printf '%P\n')
	while IFS=: read -r file line; do
		chapter=${file#chapters/}
		chapter=${chapter%%/*}
		header=${line#*\"}
		owner=${owners[${header%\"*}]-}
		[ -z "$owner" ] || [[ ! $owner > $chapter ]] ||
			{ echo "$file includes $header of $owner" && false; }
	done < <(grep -rE --include='*.[ch]' '^#include ".*"$' chapters)
}

@test "inside 03-daemon: the engine knows no HTTP, http/ and shim/ know nobody above them" {
	local folder below
	while read -r folder below; do
		for below in $below; do find "chapters/03-daemon/$below" -name '*.h' -printf '#include "%f"\n'; done |
			grep -rnF --include='*.[ch]' -f - "chapters/03-daemon/$folder" || true
	done >"$BATS_TEST_TMPDIR/found" <<-'RULES'
		http engine api client shim
		shim engine api client http
		engine api client http
		client engine api
	RULES
	cat "$BATS_TEST_TMPDIR/found"
	[ ! -s "$BATS_TEST_TMPDIR/found" ]
}

# The program itself, mini-registry.c, puts the folders together.
@test "inside 04-registry: the server and the client of registries know nothing of each other" {
	local folder other
	while read -r folder other; do
		[ -d "chapters/04-registry/$folder" ] && [ -d "chapters/04-registry/$other" ] || continue
		find "chapters/04-registry/$other" -name '*.h' -printf '#include "%f"\n' |
			grep -rnF --include='*.[ch]' --exclude='mini-*' -f - "chapters/04-registry/$folder" || true
	done >"$BATS_TEST_TMPDIR/found" <<-'RULES'
		registry remote
		registry mirror
		remote registry
		remote mirror
		remote manifest_list
		manifest_list registry
		manifest_list mirror
	RULES
	cat "$BATS_TEST_TMPDIR/found"
	[ ! -s "$BATS_TEST_TMPDIR/found" ]
}

@test "no folder is empty, and every chapter has code" {
	run find chapters final labs tests book bench scripts -type d -empty -not -path '*/__pycache__*'
	[ "$status" -eq 0 ]
	[ -z "$output" ]
	local chapter
	for chapter in chapters/*/; do
		[ -n "$(find "$chapter" -name '*.c' | head -n 1)" ]
	done
}

@test "no unfinished marks, no goto, no include with ../" {
	local marks='TO''DO|FIX''ME|XX''X\b'
	finds_nothing "\b($marks)" -r chapters final labs book bench scripts tests README.md ARCHITECTURE.md
	finds_nothing '^\s*goto ' -r chapters final bench
}

@test "every descriptor is closed on exec" {
	# open() and friends in our code name O_CLOEXEC or SOCK_CLOEXEC on the line or the two below.
	local file
	while read -r file; do
		awk -v file="$file" '
			/[^a-z_>](open|openat|pipe2|accept4|memfd_create|epoll_create1|inotify_init1|eventfd|signalfd|timerfd_create)\(/ &&
			!/^ \*|^\t*\/[*\/]|explain|"[^"]*(open|pipe2|memfd_create)\(/ { line = FNR; text = "" }
			line && FNR >= line { text = text $0 }
			line && FNR == line + 2 {
				if (text !~ /CLOEXEC|flags|\/\* kept across exec/)
					printf "%s:%d: no CLOEXEC: %s\n", file, line, text
				line = 0
			}' "$file"
	done >"$BATS_TEST_TMPDIR/found" < <(find chapters final -name '*.c' ! -name '*_test.c' ! -name '*_fuzz.c' ! -path '*/steps/*')
	cat "$BATS_TEST_TMPDIR/found"
	[ ! -s "$BATS_TEST_TMPDIR/found" ]
}

@test "the README's table of packages is scripts/packages" {
	grep -v '^#' scripts/packages | cut -f 1,3,4 | sort >"$BATS_TEST_TMPDIR/list"
	sed -n '/<!-- packages -->/,/<!-- end -->/s/^| \(build\|test\|bench\) | `\?\([^`|]*\)`\? | `\?\([^`|]*\)`\? |$/\1\t\2\t\3/p' \
		README.md | sort >"$BATS_TEST_TMPDIR/table"
	diff "$BATS_TEST_TMPDIR/list" "$BATS_TEST_TMPDIR/table"
}

@test "the README names only targets, files and folders that are there" {
	local name
	while read -r name; do
		make -n "$name" >/dev/null 2>&1 || grep -qE "^$name:" Makefile || { echo "make $name" && false; }
	done < <(grep -ohE '`(sudo )?make [a-z-]+' README.md CONTRIBUTING.md | sed 's/.* //' | sort -u)
	while read -r name; do
		[ -e "${name%/}" ] || { echo "$name" && false; }
	done < <(grep -ohE '`(chapters|final|labs|tests|book|bench|scripts)/[a-zA-Z0-9_./-]*`' README.md ARCHITECTURE.md CONTRIBUTING.md |
		tr -d '`' | sort -u)
}

@test "setup does nothing when nothing is missing, and says what is" {
	run scripts/setup build
	[ "$status" -eq 0 ]
	[ -z "$output" ]
	mkdir "$BATS_TEST_TMPDIR/scripts"
	cp scripts/setup scripts/peers "$BATS_TEST_TMPDIR/scripts"
	printf 'build\t-\tno-such-package-anywhere\tno-such-package-anywhere\nbuild\tno-such-program\tpackage-of-it\tpackage-of-it\nbuild\tbash\tnot-looked-at\tnot-looked-at\n' \
		>"$BATS_TEST_TMPDIR/scripts/packages"
	run "$BATS_TEST_TMPDIR/scripts/setup" --missing build
	[ "$status" -eq 0 ]
	[ "$output" = $'no-such-package-anywhere\npackage-of-it' ]
}

@test "the traps of bats are found" {
	local at=@
	cat >"$BATS_TEST_TMPDIR/bad.bats" <<-BATS
		${at}test "status" {
		  run false
		  [ 1 = 1 ]
		}
		${at}test "negation" {
		  ! true
		  true
		}
		${at}test "pipe" {
		  false | true
		}
		${at}test "good" {
		  run false
		  [ "\$status" -eq 1 ]
		  run -1 false
		  ! false
		}
	BATS
	run tests/check --bats "$BATS_TEST_TMPDIR/bad.bats"
	[ "$status" -eq 0 ]
	[ "$(cut -d : -f 2 <<<"$output" | tr '\n' ' ')" = '2 6 10 ' ]
}

@test "the runner counts what fails, what is skipped and what never reports" {
	local at=@
	mkdir "$BATS_TEST_TMPDIR/suite"
	cat >"$BATS_TEST_TMPDIR/suite/some.bats" <<-BATS
		${at}test "good" { true; }
		${at}test "bad" { false; }
		${at}test "cannot" { skip "no such thing here"; }
	BATS
	printf '%s\n' 'setup_file() { false; }' "${at}test 'never' { true; }" >"$BATS_TEST_TMPDIR/suite/never.bats"
	run env CI= tests/run "$BATS_TEST_TMPDIR/suite"
	[ "$status" -eq 1 ]
	[ "${lines[-1]}" = '1 passed, 2 failed' ]
	[[ $output == *'CANNOT RUN'*'no such thing here'* ]]
	run env CI=true tests/run "$BATS_TEST_TMPDIR/suite"
	[ "${lines[-1]}" = '1 passed, 3 failed' ]
}

@test "the runner of unit tests counts crashes, and programs that test nothing" {
	printf '#!/bin/sh\necho "1..1"; echo "ok 1 - fine"; exit 0\n' >"$BATS_TEST_TMPDIR/good"
	printf '#!/bin/sh\necho "1..2"; echo "ok 1 - fine"; kill -SEGV $$\n' >"$BATS_TEST_TMPDIR/crash"
	printf '#!/bin/sh\nexit 0\n' >"$BATS_TEST_TMPDIR/empty"
	chmod +x "$BATS_TEST_TMPDIR"/{good,crash,empty}
	run tests/unit "$BATS_TEST_TMPDIR"/{good,crash,empty}
	[ "$status" -eq 1 ]
	[ "${lines[-1]}" = '2 passed, 2 failed' ]
}

# `make guards` takes some minutes; that its patches have followed the code is seen at once.
@test "each guard's patch fits the code, and names tests and a function that are there" {
	local patch folder kind file name
	for patch in tests/*/guards/*.patch; do
		folder=${patch%/guards/*}
		patch -p1 --dry-run -s -N -F 2 <"$patch" || { echo "$patch" && false; }
		grep -q '^Fails: ' "$patch"
		grep -q '^Guard: ' "$patch"
		[ -z "$(sed -n 2p "$patch")" ] # what is missing then is one line
		while IFS=' ' read -r kind file name; do
			case $kind$file in
			Fails:*_test:) grep -qw "cmocka_unit_test($name)" chapters/*/"${file%:}.c" ;;
			Fails:*) grep -qF "@test \"$name\"" "$folder/${file%:}" ;;
			Guard:*) grep -q "\b$name(" chapters/*/"$file" ;;
			esac || { echo "$patch: $kind $file $name" && false; }
		done < <(grep -E '^(Fails|Guard): ' "$patch")
	done
}
