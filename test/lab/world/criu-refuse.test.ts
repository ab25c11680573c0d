import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, open, readdir, writeFile } from 'node:fs/promises'
import { afterAll, afterEach, beforeAll, expect, it, onTestFinished } from 'vitest'
import { CHECKPOINTS } from '../../../src/lib/criu/store.js'
import { type CriuBench, openCriuBench } from '../criu-bench.js'
import { inLab } from '../in-lab.js'
import { command } from '../lxc/command.js'

const VMID = 521
const CT = { vmid: VMID, node: 'pve1' }

inLab('what is refused or reported, and never restored into', () => {
  let bench: CriuBench
  beforeAll(async () => {
    bench = await openCriuBench()
    await bench.privileged(VMID)
  })
  afterEach(boot)
  afterAll(() => bench.close())

  it('refuses an image of which one byte is another, whoever insists', async () => {
    await bench.checkpoint(VMID, { name: 'flipped' })
    const file = await open(bench.path(VMID, 'flipped', 'images/pages-1.img'), 'r+')
    const { buffer } = await file.read(Buffer.alloc(1), 0, 1, 5000)
    await file.write(Buffer.from([(buffer[0] ?? 0) ^ 1]), 0, 1, 5000)
    await file.close()
    for (const force of [false, true]) {
      await expect(bench.restore(VMID, { force })).rejects.toMatchObject({
        code: 'invalid',
        message: expect.stringContaining('pages-1.img is not what was written'),
      })
    }
    expect([await bench.status(VMID), await bench.mark(VMID)]).toMatchObject(['stopped', { checkpoint: 'flipped' }])
  })

  it('refuses an image that was added, and one that is gone', async () => {
    await bench.checkpoint(VMID, { name: 'added' })
    await writeFile(bench.path(VMID, 'added', 'images/extra.img'), 'x')
    await expect(bench.restore(VMID)).rejects.toMatchObject({ code: 'invalid' })
    await command('rm', bench.path(VMID, 'added', 'images/extra.img'), bench.path(VMID, 'added', 'images/fs-1.img'))
    await expect(bench.restore(VMID)).rejects.toThrow('fs-1.img is not what was written')
  })

  it('refuses a container that was started through Proxmox in between', async () => {
    await bench.checkpoint(VMID)
    const { client } = bench.node
    await client.tasks.wait(await client.containers.start(CT))
    await client.tasks.wait(await client.containers.stop(CT))
    await expect(bench.restore(VMID)).rejects.toMatchObject({
      code: 'conflict',
      data: { stale: expect.arrayContaining([expect.objectContaining({ id: 'started' })]) },
    })
  })

  it('refuses a container that was started behind its back: its disk tells', async () => {
    await bench.checkpoint(VMID)
    await command('lxc-start', '-n', `${VMID}`)
    await command('lxc-attach', '-n', `${VMID}`, '--', 'sh', '-c', 'echo new >/root/new')
    await command('lxc-stop', '-k', '-n', `${VMID}`)
    await expect.poll(() => bench.status(VMID)).toBe('stopped')
    await expect(bench.restore(VMID)).rejects.toMatchObject({ data: { stale: [{ id: 'disk' }] } })
  })

  it('refuses a container whose configuration or disk is another one', async () => {
    const { client } = bench.node
    await bench.checkpoint(VMID)
    await client.containers.update(CT, { set: { memory: 128 } })
    await expect(bench.restore(VMID)).rejects.toThrow('configuration has changed since: memory')
    await client.containers.update(CT, { set: { memory: 256 } })
    await client.tasks.wait(await client.snapshots.create(CT, 'later'))
    await client.tasks.wait(await client.snapshots.rollback(CT, 'later'))
    await expect(bench.restore(VMID)).rejects.toMatchObject({
      data: { stale: expect.arrayContaining([expect.objectContaining({ id: 'rolled-back' })]) },
    })
    await client.tasks.wait(await client.snapshots.remove(CT, 'later'))
  })

  it('refuses one that was restored before, or had gone on running, unless it is forced', async () => {
    await bench.checkpoint(VMID, { name: 'first', leaveRunning: true })
    await bench.checkpoint(VMID, { name: 'second' })
    await bench.restore(VMID)
    await expect(bench.restore(VMID, { checkpoint: 'second' })).rejects.toThrow('is running')
    await bench.node.client.tasks.wait(await bench.node.client.containers.stop(CT))
    await expect(bench.restore(VMID, { checkpoint: 'first' })).rejects.toThrow('--leave-running')
    await expect(bench.restore(VMID, { checkpoint: 'second' })).rejects.toThrow('It was restored at')
    await bench.restore(VMID, { checkpoint: 'second', force: true })
    expect([await bench.status(VMID), bench.warnings.at(-1)]).toEqual(['running', expect.stringContaining('stale')])
  })

  it('leaves a container running, and nothing behind, when there is no room', async () => {
    const folder = `${CHECKPOINTS}/${VMID}`
    await command('rm', '-rf', folder)
    await mkdir(folder, { recursive: true })
    await command('mount', '-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', folder)
    try {
      const { witness, token } = await bench.witness(VMID)
      await expect(bench.checkpoint(VMID)).rejects.toThrow('could not be checkpointed and runs on')
      expect([await bench.status(VMID), await bench.mark(VMID)]).toEqual(['running', undefined])
      expect(await readdir(folder)).toEqual(['.lock'])
      expect((await witness.ask())?.token).toBe(token)
      await witness.stop()
    } finally {
      await command('umount', folder)
    }
  })

  it('names what has ended in a container whose checkpoint was broken off', async () => {
    await brokenOff('as-it-was', ran(1, 'init'))
    await bench.restore(VMID)
    await brokenOff('other', ran(77, 'worker'))
    await expect(bench.restore(VMID)).rejects.toMatchObject({
      message: expect.stringContaining(
        'a checkpoint of it was broken off, but process 77 (worker) has ended meanwhile',
      ),
      data: { status: 'running', missing: [{ pid: 77, name: 'worker' }] },
    })
    await brokenOff('again', ran(77, 'worker'))
    await bench.restore(VMID, { verify: false })
    expect(bench.warnings.at(-1)).toContain('process 77 (worker) has ended meanwhile')
    expect(await bench.stored(VMID)).toEqual([])
  })

  it('leaves a dump alone that goes on without its command', async () => {
    await brokenOff('going-on')
    const dump = await holding('going-on', 'read -r _')
    await expect(bench.restore(VMID)).rejects.toMatchObject({ code: 'locked' })
    await expect(bench.checkpoint(VMID)).rejects.toMatchObject({ code: 'locked' })
    expect(await bench.stored(VMID)).toMatchObject([{ name: 'going-on', state: 'unfinished' }])
    dump.kill('SIGKILL')
    await once(dump, 'exit')
    expect(await bench.restore(VMID)).toMatchObject({ restored: false })
    expect(await bench.stored(VMID)).toEqual([])
  })

  it('ends the child that a killed criu leaves, which sleeps for ever and holds the lock', async () => {
    await brokenOff('idle')
    const name = `criu dump -D ${bench.path(VMID, 'idle', 'images')} -o dump.log`
    const child = await holding('idle', `exec -a '${name}' sleep 1000`)
    const ended = once(child, 'exit')
    expect(await bench.restore(VMID)).toMatchObject({ restored: false })
    expect(await ended).toEqual([null, 'SIGKILL'])
  })

  it('ends a restore that goes on without its command and waits for ever', async () => {
    const { checkpoint } = await bench.checkpoint(VMID)
    const argv = ['criu', 'restore', '-D', bench.path(VMID, checkpoint, 'images'), '-o', 'restore.log']
    const stuck = spawn('bash', ['-c', 'read -r _', ...argv], { stdio: ['pipe', 'ignore', 'inherit'] })
    onTestFinished(() => void stuck.kill('SIGKILL'))
    const ended = once(stuck, 'exit')
    expect(await bench.restore(VMID)).toMatchObject({ restored: true, missing: [] })
    expect(await ended).toEqual([null, 'SIGKILL'])
  })

  /** As a script writes down a process that has run for 100 s. */
  const ran = (pid: number, name: string): string =>
    [
      '100.00 100.00',
      `/proc/${pid}/status:Name:\t${name}`,
      `/proc/${pid}/status:PPid:\t0`,
      `/proc/${pid}/status:NSpid:\t${pid}`,
      `/proc/${pid}/stat:${pid} (${name}) S 0 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 0 0`,
    ].join('\n')

  /** What a killed command leaves of a checkpoint. `processes`: as they are written down before the dump. */
  async function brokenOff(name: string, processes = ''): Promise<void> {
    await mkdir(bench.path(VMID, name, 'images'), { recursive: true })
    await writeFile(bench.path(VMID, name, 'processes'), processes)
  }

  /** A process that holds the lock of a dump, as criu does. */
  async function holding(name: string, program: string) {
    const script = `exec 8>"$1"; flock 8; echo held; ${program}`
    const child = spawn('bash', ['-c', script, 'bash', bench.path(VMID, name, '.criu')], {
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    onTestFinished(() => void child.kill('SIGKILL'))
    await once(child.stdout, 'data')
    return child
  }

  it('is told of terminals before, and lets the container run on when it is tried all the same', async () => {
    await bench.restartWith(VMID, 'lxc.tty.max = 4')
    await expect(bench.checkpoint(VMID)).rejects.toMatchObject({
      code: 'unsupported',
      data: { blockers: expect.arrayContaining([expect.objectContaining({ id: 'terminals', severity: 'blocks' })]) },
    })
    await expect(bench.checkpoint(VMID, { force: true })).rejects.toThrow('tty: Unable to find a master')
    expect([await bench.status(VMID), await bench.mark(VMID)]).toEqual(['running', undefined])
    expect((await bench.stored(VMID)).filter(({ state }) => state !== 'finished')).toEqual([])
    await command('lxc-attach', '-n', `${VMID}`, '--', 'true')
  })

  it('is told of the network of an unprivileged container before, and keeps the checkpoint when the restore fails', async () => {
    const { client } = bench.node
    const [ct, net0] = [{ vmid: 522, node: 'pve1' }, 'name=eth0,bridge=vmbr0,ip=10.0.2.22/24']
    await bench.unprivileged(522)
    await client.tasks.wait(await client.containers.stop(ct))
    await client.containers.update(ct, { set: { net0 } })
    await client.tasks.wait(await client.containers.start(ct))
    await expect(bench.checkpoint(522)).rejects.toMatchObject({
      data: { blockers: expect.arrayContaining([expect.objectContaining({ id: 'unprivileged-network' })]) },
    })
    await bench.checkpoint(522, { force: true, name: 'kept' })
    await expect(bench.restore(522)).rejects.toThrow("Can't restore link")
    await expect(bench.restore(522)).rejects.toThrow("Can't restore link")
    expect([await bench.status(522), await bench.mark(522)]).toMatchObject(['stopped', { checkpoint: 'kept' }])
    expect(await bench.stored(522)).toMatchObject([{ state: 'finished', name: 'kept' }])
  })

  /** Back to the beginning: running, without marks or checkpoints, and with the configuration that Proxmox gives it. */
  async function boot(): Promise<void> {
    const { client } = bench.node
    if ((await bench.status(VMID)) === 'running') await client.tasks.wait(await client.containers.stop(CT))
    const { options } = await client.containers.config(CT)
    const own = ['description', 'tags'].filter((key) => key in options)
    if (own.length > 0) await client.containers.update(CT, { delete: own })
    await command('sh', '-c', `rm -rf ${CHECKPOINTS}/${VMID}/*`)
    await client.tasks.wait(await client.containers.start(CT))
  }
})
