load ../../lib/engine
load ../../lib/images

# bats test_tags=task:plugin,pts:2,alone
@test "a plugin is asked" {
	alone plugin_functions_test a_question_is_asked
}

# bats test_tags=task:plugin,pts:1,alone
@test "an answer has a status, and nobody gives none" {
	alone plugin_functions_test an_answer_has_a_status
	alone plugin_functions_test nobody_may_be_there
}

# bats test_tags=task:plugin,pts:1,alone
@test "who says nothing is not waited for" {
	alone plugin_functions_test who_says_nothing_is_not_waited_for
}

# bats test_tags=task:plugin,pts:1,hidden
@test "who drips gains nothing" {
	alone plugin_functions_test who_drips_gains_nothing
}

# bats test_tags=task:plugin,pts:1,alone
@test "who does not read is not waited for" {
	alone plugin_functions_test who_does_not_read_is_not_waited_for
}

# bats test_tags=task:plugin,pts:1,alone
@test "what is no answer, or too much, is refused" {
	alone plugin_functions_test what_is_no_answer_is_refused
	alone plugin_functions_test too_much_is_refused
	alone plugin_functions_test who_goes_is_told_of
	alone plugin_functions_test nothing_goes_plain_that_is_to_be_encrypted
}

# bats test_tags=task:plugin,pts:1,hidden
@test "a wait that was interrupted goes on" {
	local when
	alone plugin_functions_test a_question_is_asked
	when=$(call_number poll POLLIN plugin_functions_test a_question_is_asked)
	expect "whether it waits by poll" yes "$([[ $when =~ ^[0-9]{1,6}$ ]] && echo yes || echo no)"
	refusing "poll:EINTR:$when" plugin_functions_test a_question_is_asked
	expect_status success "it when the first wait is interrupted"
	when=$(call_number sendto POST plugin_functions_test a_question_is_asked)
	expect "whether it writes by send" yes "$([[ $when =~ ^[0-9]{1,6}$ ]] && echo yes || echo no)"
	refusing "sendto:EAGAIN:$when" plugin_functions_test a_question_is_asked
	expect_status success "it when there was no room after all"
}

# A driver of volumes, in the sandbox: each is a folder below /tmp/shelf.
shelf() {
	inside sh -c 'mkdir -p /run/docker/plugins && cat >/tmp/shelf.py' <<-'PYTHON'
		import http.server, json, os, socketserver
		class Shelf(http.server.BaseHTTPRequestHandler):
		    def do_POST(self):
		        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"] or 0)) or "{}")
		        place = "/tmp/shelf/" + asked.get("Name", "")
		        what = self.path.rpartition(".")[2]
		        if what == "Create":
		            os.makedirs(place, exist_ok=True)
		        told = {"Activate": {"Implements": ["VolumeDriver"]},
		                "Capabilities": {"Capabilities": {"Scope": "local"}},
		                "Get": {"Volume": {"Name": asked.get("Name"), "Mountpoint": place}},
		                "List": {"Volumes": []}}.get(what, {"Mountpoint": place})
		        if what == "Get" and not os.path.isdir(place):
		            told = {"Err": "no such volume"}
		        self.send_response(200)
		        self.end_headers()
		        self.wfile.write(json.dumps(told).encode())
		    def address_string(self):
		        return "daemon"
		socketserver.UnixStreamServer("/run/docker/plugins/shelf.sock", Shelf).serve_forever()
	PYTHON
	inside sh -c 'python3 /tmp/shelf.py >/tmp/shelf.log 2>&1 &'
	awaits inside test -S /run/docker/plugins/shelf.sock
}

# bats test_tags=task:plugin,pts:1
@test "a volume lies where a plugin says" {
	shelf
	daemon
	run docker volume create --driver shelf books
	expect "what volume create says" books "$output"
	run docker run --rm -v books:/b box sh -c 'echo read >/b/one; cat /b/one'
	expect "what a container reads in it" read "$output"
	expect "what the plugin has" read "$(inside cat /tmp/shelf/books/one)"
}
