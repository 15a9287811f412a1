# Lab 02: what a student is given of it, and that it is graded. `make exam` is for all of it. Root, as
# the labs.

load archive

@test "an archive of lab 02 has no solution, and its points add up" {
	student_archive 02
}

@test "a starter of lab 02 compiles and earns nothing, and a file that is written earns its task" {
	starter_earns 02 reference "$tree/chapters/02-images/reference.c"
}

@test "hostile archives are made as they are asked for" {
	run /usr/bin/python3 -B "$tree/labs/lib/archives.py" tar 'file ../evil x' 'link /out /etc' \
		'hard a /etc/passwd' 'char null 1:3' 'file:4755:7 tool hello'
	[ "$status" -eq 0 ]
	/usr/bin/python3 -B "$tree/labs/lib/archives.py" tar 'file ../evil x' 'link /out /etc' \
		'hard a /etc/passwd' 'char null 1:3' 'file:4755:7 tool hello' >made.tar
	run tar --absolute-names -tvf made.tar
	echo "$output"
	[[ $output == *"../evil"*"/out -> /etc"*"a link to /etc/passwd"*"crw-r--r-- 0/0"*"1,3"*"-rwsr-xr-x 7/7"* ]]
}
