# Lab 05: what a student is given of it, and that it is graded. `make exam` is for all of it. Root, as
# the labs.

load archive

@test "an archive of lab 05 has no solution in any folder, and its points add up" {
	student_archive 05
}

@test "a starter of lab 05 compiles and earns nothing, and files that are written earn their task" {
	starter_earns 05 addresses \
		"$tree"/chapters/05-volumes-networks/network/{subnet,subnet_choice,address_pool}.c
}

@test "what a test needs is made, and no more" {
	run /usr/bin/python3 -B - "$tree" <<-'PYTHON'
		import sys
		sys.path.insert(0, f"{sys.argv[1]}/labs/lib")
		import lab
		whole = lab.Lab("05")
		def made(*names):
		    return whole.programs_for([t for t in whole.tests if t.name in names])
		daemon = ["bin/mini-docker", "bin/mini-dockerd", "bin/mini-shim"]
		assert made("a bridge is made") == ["bin/cable_functions_test"]
		assert made("a bridge is made", "elements are known") == [
		    "bin/cable_functions_test", "bin/filter_functions_test"]
		assert set(made("a container is plugged into the bridge")) >= set(daemon)
		# It calls a program by more than `alone`: what its file names is there.
		assert "bin/volume_functions_test" in made("the path is walked once")
		assert set(daemon) <= set(whole.all_programs)
	PYTHON
	echo "$output"
	[ "$status" -eq 0 ]
}

# forged FILE TEXT...: puts the texts at the end of a file of the submission.
forged() {
	printf '%s\n' "${@:2}" >>"given/$1"
}

@test "a function that ends the test's program, or runs before it, earns nothing" {
	local win='puts("[==========] 1 test(s) run.\n[  PASSED  ] 1 test(s)."); fflush(stdout);'
	"$tree/labs/starter" 05 given >/dev/null
	forged network/subnet.c '#include <stdlib.h>' \
		"__attribute__((constructor)) static void forge(void) { $win }" \
		'int strcmp(const char *one, const char *other) { return *one - *other; }'
	forged volume/mount_part.c '#include <stdio.h>' '#include <stdlib.h>' \
		"void never_called(void); void never_called(void) { $win _Exit(0); }"
	forged plugin/plugin_wire.c \
		'void _fail(const char *file, int line); void _fail(const char *file, int line) { (void)file, (void)line; }'
	sed -i "s|	/\* Yours|	${win//\\/\\\\} /* Yours|" given/network/mac.c
	run "$tree/labs/grade" --build "$build" --json report.json --hints 0 \
		--task addresses --task part --task plugin --task cable 05 given
	echo "$output"
	[ "$(jq .earned report.json)" = 0 ]
	[ "$(jq .build.ok report.json)" = true ]
	[[ $output == *"network/subnet.c has something that runs before"* ]]
	[[ $output == *"network/subnet.c has a function strcmp() of its own"* ]]
	[[ $output == *"volume/mount_part.c calls _Exit()"* ]]
	[[ $output == *"plugin/plugin_wire.c has a function _fail() of its own"* ]]
	[[ $output == *"'hardware_addresses' fails"* ]] # it may print what it likes
}
