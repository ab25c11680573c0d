import { mkdtemp } from 'node:fs/promises'
import { join } from 'node:path'
import { PassThrough, Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { inLab, world } from '../in-lab.js'
import { command } from '../lxc/command.js'
import { containerSpec } from '../lxc/containers.js'
import { LxcGuests } from '../lxc/lxc-guests.js'

inLab('real LXC containers as a guest runtime', () => {
  let guests: LxcGuests
  const spec = containerSpec(101, '10.0.2.101/24')

  beforeAll(async () => {
    guests = new LxcGuests(world())
    await guests.createVolume(spec.rootfs, { osTemplate: 'local:vztmpl/busybox.tar.gz' })
  })
  afterEach(() => guests.kill(101))
  afterAll(() => guests.close())

  it('starts one, shows its init and stops it, telling the end once', async () => {
    const ended: number[] = []
    const stop = guests.onExit((vmid) => ended.push(vmid))
    expect(guests.isRunning(101)).toBe(false)
    const { pid } = await guests.start(spec)
    expect([guests.isRunning(101), guests.pid(101)]).toEqual([true, pid])
    await guests.kill(101)
    expect(guests.isRunning(101)).toBe(false)
    await guests.kill(101)
    expect(ended).toEqual([101])
    stop()
  })

  it('sees a container that somebody else stopped', async () => {
    await guests.start(spec)
    const ended = new Promise<number>((resolve) => guests.onExit(resolve))
    await command('lxc-stop', '-k', '-n', '101')
    expect(await ended).toBe(101)
    expect(guests.isRunning(101)).toBe(false)
  })

  it('sees a container that somebody else started, and its end', async () => {
    await command('lxc-start', '-n', '101')
    expect(guests.pid(101)).toBeGreaterThan(1)
    const ended = new Promise<number>((resolve) => guests.onExit(resolve))
    await guests.exec(101, ['poweroff', '-f'], quiet())
    expect(await ended).toBe(101)
  })

  it('is shut down by its own init', async () => {
    await guests.start(spec)
    const ended = new Promise<number>((resolve) => guests.onExit(resolve))
    await guests.requestShutdown(101)
    expect(await ended).toBe(101)
  })

  it('gets its address by DHCP', async () => {
    await guests.start(containerSpec(101, 'dhcp'))
    await expect.poll(() => addressOf(guests, 101), { timeout: 20_000 }).toMatch(/^10\.0\.2\.\d+$/)
  })

  it('runs a command with its environment, input, output and exit status', async () => {
    await guests.start(spec)
    const [stdout, stderr] = [new PassThrough(), new PassThrough()]
    const status = await guests.exec(101, ['sh', '-c', 'cat; echo "$NAME" >&2; exit 7'], {
      ...quiet(),
      stdin: Readable.from(['given']),
      stdout,
      stderr,
      environment: { NAME: "it's", PATH: '/bin' },
    })
    expect([status, `${stdout.read()}`, `${stderr.read()}`]).toEqual([7, 'given', "it's\n"])
  })

  it('ends a command with its children when it is aborted', async () => {
    await guests.start(spec)
    const [stdout, abort] = [new PassThrough(), new AbortController()]
    const running = guests.exec(101, ['sh', '-c', 'sleep 987 & echo started; wait'], {
      ...quiet(),
      stdout,
      signal: abort.signal,
    })
    stdout.once('data', () => abort.abort())
    expect(await running).toBe(137)
    expect(await output(guests, ['ps'])).not.toContain('sleep 987')
  })

  it('writes and reads files of any bytes', async () => {
    await guests.start(spec)
    const bytes = Uint8Array.from({ length: 256 }, (_value, index) => index)
    await guests.writeFile(101, '/root/every byte', bytes, { mode: 0o640, uid: 0, gid: 65534 })
    expect(new Uint8Array(await guests.readFile(101, '/root/every byte'))).toEqual(bytes)
    expect(await output(guests, ['stat', '-c', '%a %u %g', '/root/every byte'])).toBe('640 0 65534\n')
    await expect(guests.readFile(101, '/root/none')).rejects.toThrow('No such file')
  })

  it('goes back to a snapshot', async () => {
    await guests.snapshotVolume(spec.rootfs, 'before')
    await guests.start(spec)
    await output(guests, ['touch', '/root/new'])
    await guests.kill(101)
    await guests.rollbackVolume(spec.rootfs, 'before')
    await guests.start(spec)
    expect(await output(guests, ['ls', '/root'])).not.toContain('new')
    await guests.deleteVolumeSnapshot(spec.rootfs, 'before')
  })

  it('stands still while frozen', async () => {
    await guests.start(spec)
    await guests.freeze(101)
    expect(await command('lxc-info', '-n', '101', '-s', '-H')).toBe('FROZEN\n')
    await guests.thaw(101)
    expect(await output(guests, ['echo', 'thawed'])).toBe('thawed\n')
  })

  it('keeps its memory over checkpoint and restore', async () => {
    await guests.start(spec)
    // A process of init's own session, with a number that exists only in its memory.
    const counter =
      "setsid sh -c 'n=0; while :; do n=$((n+1)); echo $n >/run/count; sleep 0.05; done' </dev/null >/dev/null 2>&1 &"
    await output(guests, ['sh', '-c', counter])
    await expect.poll(() => count(guests), { timeout: 10_000 }).toBeGreaterThan(5)
    const directory = await checkpointFolder()
    await guests.checkpoint(101, directory, { stop: true })
    expect(guests.isRunning(101)).toBe(false)
    const { pid } = await guests.restore(spec, directory)
    expect(guests.pid(101)).toBe(pid)
    const before = await count(guests)
    expect(before).toBeGreaterThan(5)
    await expect.poll(() => count(guests), { timeout: 10_000 }).toBeGreaterThan(before)
  })

  it('goes on running after a checkpoint without stop, and says why one failed', async () => {
    await guests.start(spec)
    await guests.checkpoint(101, await checkpointFolder(), { stop: false })
    expect(guests.isRunning(101)).toBe(true)
    await guests.kill(101)
    await expect(guests.checkpoint(101, await checkpointFolder(), { stop: true })).rejects.toThrow('not running')
  })

  it('runs unprivileged, with its files owned by the range of its user namespace', async () => {
    const unprivileged = { ...containerSpec(102), unprivileged: true }
    await guests.createVolume(unprivileged.rootfs, { osTemplate: 'local:vztmpl/busybox.tar.gz' })
    await guests.start(unprivileged)
    expect(await output(guests, ['sh', '-c', 'id -u; cat /proc/self/uid_map; stat -c %u /etc/passwd'], 102)).toMatch(
      /^0\n\s+0\s+100000\s+65536\n0\n$/,
    )
    await guests.kill(102)
    await guests.deleteVolume(unprivileged.rootfs)
  })

  it('runs Debian, which reaches its package mirror', async () => {
    const debian = containerSpec(103, 'dhcp')
    await guests.createVolume(debian.rootfs, { osTemplate: 'local:vztmpl/debian-12-standard_12.7-1_amd64.tar.zst' })
    await guests.start(debian)
    await expect.poll(() => addressOf(guests, 103), { timeout: 20_000 }).toMatch(/^10\.0\.2\.\d+$/)
    expect(await output(guests, ['apt-get', '-qq', 'update'], 103)).toBe('')
    await guests.kill(103)
    await guests.deleteVolume(debian.rootfs)
  })

  it('shows what it uses', async () => {
    await guests.start(spec)
    guests.usage(101)
    await output(guests, ['sh', '-c', 'i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done'])
    const { cpu, mem } = guests.usage(101)
    expect(cpu).toBeGreaterThan(0)
    expect(mem).toBeGreaterThan(100_000)
  })
})

function quiet() {
  return {
    stdin: Readable.from([]),
    stdout: new PassThrough().resume(),
    stderr: new PassThrough().resume(),
    environment: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' },
    cwd: '/',
    signal: new AbortController().signal,
  }
}

async function output(guests: LxcGuests, argv: readonly string[], vmid = 101): Promise<string> {
  const stdout = new PassThrough()
  const said = buffer(stdout)
  const status = await guests.exec(vmid, argv, { ...quiet(), stdout, stderr: stdout }).finally(() => stdout.end())
  const text = (await said).toString()
  if (status !== 0) throw new Error(`${argv[0]}: ${status}: ${text}`)
  return text
}

const count = async (guests: LxcGuests): Promise<number> =>
  Number(await output(guests, ['cat', '/run/count']).catch(() => '0'))

const checkpointFolder = (): Promise<string> => mkdtemp(join(world().directory, 'disk/tmp/checkpoint-'))

async function addressOf(guests: LxcGuests, vmid: number): Promise<string | undefined> {
  const addresses = (await guests.interfaces(vmid)).find(({ name }) => name === 'eth0')?.addresses
  return addresses?.find(({ family }) => family === 'inet')?.address
}
