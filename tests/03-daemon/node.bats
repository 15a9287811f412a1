# dockerode, the Engine API's library for Node, drives a real session: the streams of attach, exec and
# logs are taken apart by a program that nobody here wrote. scripts/peers gets it.
load ../helper/sandbox

setup_file() {
	"$SANDBOX_HELPER/../../scripts/peers" dockerode >&2 || true
	NODE_PATH=$("$SANDBOX_HELPER/../../scripts/peers" --node)
	export NODE_PATH
	sandbox_start
	sandbox_image
}

teardown_file() {
	sandbox_end
}

setup() {
	command -v node >/dev/null || skip 'there is no node in PATH'
	[ -e "$NODE_PATH/dockerode" ] || skip 'dockerode is not there: npm or its registry could not be reached'
}

teardown() {
	sandbox_remove_containers
}

# A session: a script on standard input, with `docker`, `box` and `text(stream)`.
session() {
	{
		cat <<-'NODE'
			const Docker = require('dockerode'), assert = require('assert'), { PassThrough } = require('stream')
			const docker = new Docker()
			const box = { Image: 'busybox', HostConfig: { NetworkMode: 'none' } }
			const text = async stream => { let all = ''; for await (const bytes of stream) all += bytes; return all }
			const apart = async stream => {
				const out = new PassThrough(), err = new PassThrough()
				docker.modem.demuxStream(stream, out, err)
				stream.on('end', () => { out.end(); err.end() })
				return Promise.all([text(out), text(err)])
			}
			const main = async () => {
		NODE
		cat
		echo '}; main().catch(e => { console.error(e); process.exit(1) })'
	} >"$BATS_TEST_TMPDIR/session.js"
	timeout 40 node "$BATS_TEST_TMPDIR/session.js"
}

@test "dockerode: run, attach, logs, exec, stats, archives, events, wait, remove" {
	session <<-'NODE'
		assert.equal((await docker.ping()).toString(), 'OK')
		assert.equal((await docker.version()).Os, 'linux')
		const out = new PassThrough(), printed = text(out)
		const [ended, ran] = await docker.run('busybox', ['sh', '-c', 'echo hello; exit 4'], out, { Tty: true, HostConfig: { NetworkMode: 'none' } })
		assert.equal(ended.StatusCode, 4)
		assert.equal(await printed, 'hello\r\n')
		await ran.remove()

		const events = await docker.getEvents({ filters: { type: ['container'] } })
		const seen = []
		events.on('data', bytes => String(bytes).trim().split('\n').forEach(line => seen.push(JSON.parse(line).Action)))

		const cat = await docker.createContainer({ ...box, Cmd: ['cat'], OpenStdin: true, StdinOnce: true })
		const pipe = await cat.attach({ stream: true, hijack: true, stdin: true, stdout: true, stderr: true })
		const answer = apart(pipe)
		await cat.start()
		pipe.end('through and back\n')
		assert.deepEqual(await answer, ['through and back\n', ''])
		assert.equal((await cat.wait()).StatusCode, 0)
		await cat.remove()

		const one = await docker.createContainer({ ...box, name: 'one', Labels: { of: 'node' }, Cmd: ['sh', '-c', 'echo up; echo err >&2; exec sleep 60'] })
		await one.start()
		const listed = await docker.listContainers({ filters: { label: ['of=node'] } })
		assert.deepEqual(listed.map(c => c.Names[0]), ['/one'])
		const exec = await one.exec({ Cmd: ['sh', '-c', 'echo in; echo oops >&2; exit 5'], AttachStdout: true, AttachStderr: true })
		assert.deepEqual(await apart(await exec.start({})), ['in\n', 'oops\n'])
		assert.equal((await exec.inspect()).ExitCode, 5)
		const used = await one.stats({ stream: false })
		assert(used.memory_stats.usage > 0)
		const packed = await one.getArchive({ path: '/etc/hostname' })
		assert((await text(packed)).includes('hostname'))
		await one.pause()
		assert.equal((await one.inspect()).State.Status, 'paused')
		await one.unpause()
		await one.rename({ name: 'two' })
		await docker.getContainer('two').stop({ t: 0 })
		assert.deepEqual(await apart(await one.logs({ stdout: true, stderr: true, follow: true })), ['up\n', 'err\n'])
		const made = await one.commit({ repo: 'made', tag: '1' })
		assert(made.Id.startsWith('sha256:'))
		await docker.getImage('made:1').remove()
		await one.remove()
		await assert.rejects(one.inspect(), e => e.statusCode === 404 && /No such container/.test(e.message))
		await assert.rejects(docker.createContainer({ Image: 'nothing:here' }), e => e.statusCode === 404)
		events.destroy()
		for (const action of ['create', 'attach', 'start', 'die', 'destroy', 'pause', 'unpause', 'rename', 'stop'])
			assert(seen.includes(action), action + ' of ' + seen)
	NODE
	sandbox_assert_nothing_left
}
