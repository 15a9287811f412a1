# Lab 04: what a student is given of it, and that it is graded. `make exam` is for all of it. Root, as
# the labs.

load archive

@test "an archive of lab 04 has no solution in any folder, and its points add up" {
	student_archive 04
}

@test "a starter of lab 04 compiles and earns nothing, and files that are written earn their task" {
	starter_earns 04 names "$tree"/chapters/04-registry/{repository_name,content_range}.c
}
