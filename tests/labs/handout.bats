# What a student is given, and in which forms a report is written.

load archive

# What the tree has built of files that the archive has as they are, so that this takes less long:
# nothing of those that a student writes ($@).
already_built() {
	local file
	mkdir build
	cp -a "$build"/{gen,obj,static,00-base.a} build/
	rm -rf build/{,static/}obj/labs build/static/01-namespaces.a
	for file; do
		rm -f build/{,static/}obj/01-namespaces/"$(basename "$file" .c)".*
	done
}

@test "a student's archive works, and the solution is not in it" {
	student_archive 01
	local file files=()
	for file in chapters/01-namespaces/*.c; do
		cmp -s "$file" "$tree/$file" || files+=("$file")
	done
	already_built "${files[@]}"
	run labs/grade --build "$PWD/build" --json before.json --task uts 01
	echo "$output"
	[ "$status" -eq 1 ]
	[ "$(jq .earned before.json)" -eq 0 ]
	for file in "${files[@]}"; do
		cp "$tree/$file" "$file"
	done
	run labs/grade --build "$PWD/build" --json after.json --task uts 01
	echo "$output"
	[ "$(jq .earned after.json)" -gt 0 ]
	[ "$(jq .earned after.json)" -eq "$(jq .points after.json)" ]
}

@test "a report in every form says the same" {
	run /usr/bin/python3 -B - "$tree" <<-'PYTHON'
		import csv, io, json, sys
		import xml.etree.ElementTree as xml
		sys.path.insert(0, f"{sys.argv[1]}/labs/lib")
		import grading, lab, writers
		whole = lab.Lab("01")
		whole.only(["uts"])
		report = grading.Report(whole, "class/=evil", built=True)
		states = ["passed", "failed", "timeout", "missing", "skipped", "not built"]
		whole.tests = whole.tests[:len(states)]
		for test, status in zip(whole.tests, states):
		    report.results.append(grading.Result(test, status, ["1..1", "ok 1 <forged>]]>&"]))
		earned = whole.tests[0].points
		tap = writers.as_tap(report).splitlines()
		assert tap[0] == f"1..{len(whole.tests)}"
		assert sum(l.startswith("ok ") for l in tap) == 1, tap
		suite = xml.fromstring(writers.as_junit(report))
		assert (suite.get("failures"), suite.get("errors"), suite.get("skipped")) == ("2", "2", "1")
		grades = json.loads(writers.as_gradescope(report))
		assert grades["score"] == earned == sum(t["score"] for t in grades["tests"])
		assert {t["visibility"] for t in grades["tests"]} == {"visible", "after_published"}
		rows = list(csv.DictReader(io.StringIO(writers.as_csv([report, report]))))
		assert len(rows) == 2 and rows[0]["submission"] == "'=evil", rows
		assert rows[0]["points"] == rows[0]["uts"] == str(earned)
		assert json.loads(writers.as_json(report))["earned"] == earned
	PYTHON
	echo "$output"
	[ "$status" -eq 0 ]
}

# perl has a parser of TAP, python one of XML; what they make of it is what others see.
@test "programs that nobody here wrote read the reports" {
	run /usr/bin/python3 -B - "$tree" <<-'PYTHON'
		import sys
		from pathlib import Path
		sys.path.insert(0, f"{sys.argv[1]}/labs/lib")
		import grading, lab, writers
		whole = lab.Lab("01")
		whole.only(["uts"])
		report = grading.Report(whole, "given", built=True)
		for number, test in enumerate(whole.tests):
		    status = ["passed", "failed", "skipped"][number % 3]
		    report.results.append(grading.Result(test, status, ["not ok 9 - forged", "Bail out!", "1..0"]))
		for form, write in writers.ONE.items():
		    Path(form).write_text(write(report))
		print(len(whole.tests))
	PYTHON
	[ "$status" -eq 0 ]
	local tests=$output passed=$(((output + 2) / 3))
	run perl -MTAP::Parser -e '
		my $parser = TAP::Parser->new({tap => join("", <STDIN>)});
		$parser->run;
		printf "%d %d %d %d", $parser->tests_planned, scalar $parser->passed,
			scalar $parser->failed, scalar $parser->parse_errors;' <tap
	[ "$output" = "$tests $passed $((tests - passed)) 0" ]
	run /usr/bin/python3 -c 'if True:
		import sys, xml.etree.ElementTree as xml
		cases = xml.parse("junit").getroot().findall("testcase")
		print(len(cases), sum(len(c) == 0 for c in cases))'
	[ "$output" = "$tests $passed" ]
	[ "$(jq '[.tests[] | select(.status == "passed")] | length' gradescope)" -eq "$passed" ]
	[ "$(jq '.score == ([.tests[].score] | add)' gradescope)" = true ]
}

@test "what paints on a terminal is taken out of what a submission prints" {
	run /usr/bin/python3 -B - "$tree" <<-'PYTHON'
		import sys
		sys.path.insert(0, f"{sys.argv[1]}/labs/lib")
		import grading
		status, printed = grading.run(["--", "printf", r"a\033[2Jb\rc\000d\n"], 20)
		assert printed == "a?[2Jb?c?d\n", printed
	PYTHON
	echo "$output"
	[ "$status" -eq 0 ]
}

@test "a class of folders and archives is graded into one table" {
	mkdir class
	"$tree/labs/starter" 01 class/anna >/dev/null
	mkdir -p class/bert/handed-in/chapters/01-namespaces
	cp "$tree/chapters/01-namespaces/hostname.c" class/bert/handed-in/chapters/01-namespaces/
	tar -C class/bert -czf class/carl.tar.gz handed-in
	run make -s -C "$tree" grade BUILD="$build" LAB=01 SUBMISSION="$PWD/class/*" TASK=uts CSV="$PWD/class.csv"
	[ "$status" -ne 0 ]
	cat class.csv
	[ "$(cut -d, -f1,2 class.csv | xargs)" = "submission,points anna,0 bert,10 carl.tar.gz,10" ]
	! grep -v "^anna" class.csv | grep "not written"
}

@test "an archive is read up to a bound, and only what is asked for is taken from it" {
	run /usr/bin/python3 -B - "$tree" <<-'PYTHON'
		import io, os, sys, tarfile, time, zipfile
		from pathlib import Path
		sys.path.insert(0, f"{sys.argv[1]}/labs/lib")
		import handed_in, lab
		whole = lab.Lab("01")
		starter, names = whole.starter(), whole.files

		def archive(path, members, mode="w"):
		    with tarfile.open(path, mode) as tar:
		        for name, text, more in members:
		            about = tarfile.TarInfo(name)
		            about.size = len(text)
		            for key, value in more.items():
		                setattr(about, key, value)
		            tar.addfile(about, io.BytesIO(text))
		    return handed_in.collect(whole, path)

		def untouched(said, texts, notes):
		    print(notes[-1])
		    assert texts == starter, said
		    assert any(said in note for note in notes), notes

		texts, notes = archive("good.tar.gz", [(f"top/{names[0]}", b"mine", {})], "w:gz")
		assert texts[names[0]] == "mine" and len(notes) == 2 and names[1] in notes[1], notes
		with zipfile.ZipFile("good.zip", "w") as file:
		    file.writestr(f"me/{names[0]}", "zipped")
		    file.writestr("__MACOSX/me/._x", "")
		assert handed_in.collect(whole, "good.zip")[0][names[0]] == "zipped"

		untouched("right folder", *archive("out.tar", [(f"../{names[0]}", b"x", {}), (f"/{names[1]}", b"x", {})]))
		untouched("no regular file", *archive("link.tar", [
		    (names[0], b"", {"type": tarfile.SYMTYPE, "linkname": "/etc/shadow"}),
		    (names[1], b"", {"type": tarfile.LNKTYPE, "linkname": names[0]}),
		    (names[2], b"", {"type": tarfile.CHRTYPE}), (names[3], b"", {"type": tarfile.FIFOTYPE})]))
		untouched("larger than a megabyte", *archive("big.tar", [(names[0], b"x" * (2 << 20), {})]))
		began = time.time()
		untouched("MB unpacked", *archive("bomb.tar.gz", [("zero", b"\0" * (80 << 20), {})], "w:gz"))
		with open("huge.tar", "wb") as file:
		    file.truncate(1 << 33)
		untouched("at most 16 MB", *handed_in.collect(whole, "huge.tar"))
		for n, text in enumerate((b"", b"PK\3\4 no", b"\x1f\x8b no", os.urandom(5000), Path("good.zip").read_bytes()[:60])):
		    Path(f"broken{n}").write_bytes(text)
		    untouched("written", *handed_in.collect(whole, f"broken{n}"))
		os.mkfifo("pipe")
		untouched("one regular file", *handed_in.collect(whole, "pipe"))
		assert time.time() - began < 60
		assert sorted(os.listdir()) == sorted(set(os.listdir()) - set(names)), "something was unpacked"
	PYTHON
	echo "$output"
	[ "$status" -eq 0 ]
}
