# The book's tools: what makes a page false must fail the check. Works on a copy of the tree.

setup() {
	tree=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
	cd "$BATS_TEST_TMPDIR"
	mkdir chapters build
	cp -r "$tree/book" "$tree/labs" "$tree/.clang-format" .
	cp -r "$tree/chapters/00-base" chapters/
	rm book/0[1-9]*.md book/instructors.md
	# One page with one listing and one session.
	cat >book/00-base.md <<-'PAGE'
		# 0 A page

		## 0.1 A section

		```{listing} chapters/00-base/error.c error_wrap
		```

		```console
		$ echo one; echo two
		one
		...
		$ false
		$ echo $?
		1
		```
	PAGE
	printf '# Top\n\n```{toctree}\n00-base\n```\n' >book/index.md
	rm -r chapters/00-base/*
	cp "$tree"/chapters/00-base/error.c chapters/00-base/
	book/stamp book/00-base.md
}

check() {
	run book/check build
	echo "$output"
}

@test "a true page passes" {
	check
	[ "$status" -eq 0 ]
	[[ $output == *" 0 failed" ]]
}

@test "code that changed after its page was read fails until it is stamped again" {
	sed -i 's/if (!e)/if (e == NULL)/' chapters/00-base/error.c
	check
	[ "$status" -eq 1 ]
	[[ $output == *"error_wrap has changed"*"make book-stamp FILE=book/00-base.md"* ]]
	book/stamp book/00-base.md
	check
	[ "$status" -eq 0 ]
}

@test "a change elsewhere in the file does not" {
	echo '/* another line */' >>chapters/00-base/error.c
	check
	[ "$status" -eq 0 ]
}

@test "a listing of what is not there, or is too long or too wide, fails the build" {
	sed -i 's/error.c error_wrap/error.c error_warp/' book/00-base.md
	check
	[ "$status" -eq 1 ]
	[[ $output == *"defines no 'error_warp'"*"error_wrap"* ]]
	{
		echo 'int error_warp(void)'
		echo '{'
		printf '\tcall();\n%.0s' {1..50}
		echo '}'
	} >>chapters/00-base/error.c
	check
	[ "$status" -eq 1 ]
	[[ $output == *"at most 45"* ]]
	sed -i 's/error_warp$/wide/' book/00-base.md
	printf 'int wide = %s;\n' "$(printf 'x%.0s' {1..90})" >>chapters/00-base/error.c
	check
	[ "$status" -eq 1 ]
	[[ $output == *"over 80 columns"* ]]
}

@test "a session that prints something else fails, and can be rewritten" {
	sed -i 's/^one$/eins/' book/00-base.md
	check
	[ "$status" -eq 1 ]
	[[ $output == *"- eins"*"+ one"* ]]
	run book/console --update book/00-base.md
	[ "$status" -eq 0 ]
	check
	[ "$status" -eq 0 ]
}

@test "a command that fails must show its status" {
	sed -i '/echo \$?/,+1d' book/00-base.md
	check
	[ "$status" -eq 1 ]
	[[ $output == *"fails with status 1"* ]]
}

@test "a session cannot change the tree or the machine" {
	sed -i 's/^\$ false$/$ rm -rf chapters labs; hostname else; mount -t tmpfs x \/usr; false/' book/00-base.md
	check
	[ "$status" -eq 0 ]
	[ -d chapters ]
	[ "$(hostname)" != else ]
}

@test "a section that the code names and the book lacks is told" {
	echo 'void f(void) { explain(began, "0.9", "why", "call()"); }' >>chapters/00-base/error.c
	check
	[ "$status" -eq 1 ]
	[[ $output == *"error.c names section 0.9: not in the book"* ]]
}

@test "a file that a page names must be there" {
	echo 'See `chapters/00-base/nothing.c`.' >>book/00-base.md
	check
	[ "$status" -eq 1 ]
	[[ $output == *"there is no chapters/00-base/nothing.c"* ]]
}

@test "definitions are found in C as people write it" {
	cat >sample.c <<-'SAMPLE'
		/* not this: int found(void) { } */
		#define BRACES "{" \
			'}'
		static const char *const words[] = {"}", "found(", NULL};
		struct found *declared(int found);
		/* About it. */
		__attribute__((format(printf, 1, 2))) static struct found *found(const char *text,
										 int (*call)(int x), char list[3])
		{
			char brace = '{'; /* } */
			return brace ? "}" : 0; // }
		}
		struct found { int member; };
		int after;
	SAMPLE
	run /usr/bin/python3 -B - <<-'PYTHON'
		import sys
		sys.path.insert(0, "labs/lib")
		import source
		text = open("sample.c").read()
		names = [(d.kind, d.name) for d in source.definitions(text)]
		assert names == [("macro", "BRACES"), ("variable", "words"), ("prototype", "declared"),
		                 ("function", "found"), ("struct", "found"), ("variable", "after")], names
		found = source.find(text, "function found")
		assert found.text.startswith("/* About it. */"), found.text
		assert found.text.endswith("// }\n}"), found.text
		assert source.parameters(found) == ["text", "call", "list"], source.parameters(found)
		assert "struct found { int member; };" == source.find(text, "struct found").text
		assert "'}'" in source.find(text, "BRACES").text
		new = source.with_body(found, ["return 0;"])
		assert new.count("return 0;") == 1 and "return brace" not in new and "int after;" in new
		try:
		    source.find(text, "found")
		    raise SystemExit("ambiguity was not told")
		except source.NotFound as e:
		    assert "name the kind" in str(e)
	PYTHON
	echo "$output"
	[ "$status" -eq 0 ]
}
