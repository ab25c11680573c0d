import { afterEach, describe, expect, test } from 'vitest'
import { Faults } from '../../../../src/lib/simulator/faults.js'
import { Engine } from '../../../support/engine.js'

const LXC = '/nodes/pve1/lxc'

let engine: Engine
afterEach(() => engine.close())

async function running(faults: readonly unknown[] = []): Promise<void> {
  engine = await Engine.open({ latency: 'realistic', faults: Faults.parse(faults) })
  await engine.container(101)
  expect(await engine.task('POST', `${LXC}/101/status/start`)).toBe('OK')
  await engine.clock.advance(1000)
}

describe('shutdown', () => {
  test('asks init and ends when the container has', async () => {
    await running()
    expect(await engine.task('POST', `${LXC}/101/status/shutdown`)).toBe('OK')
    expect(engine.guests.running.has(101)).toBe(false)
  })

  test('waits twice for an init that does not answer, then leaves the container running', async () => {
    await running()
    engine.guests.deaf.add(101)
    const began = engine.clock.now()
    const upid = await engine.begin('POST', `${LXC}/101/status/shutdown`, { timeout: 8 })
    expect(await engine.end(upid)).toBe('container did not stop')
    expect(engine.log(upid)[0]).toMatch(/^command 'lxc-stop -n 101 --nokill --timeout 8' failed: /)
    expect(Math.round((engine.clock.now() - began) / 1000)).toBe(2 * 8 + 5)
    expect(engine.guests.running.has(101)).toBe(true)
  })

  test('ends OK when the container stops during the second wait', async () => {
    await running()
    engine.guests.deaf.add(101)
    const upid = await engine.begin('POST', `${LXC}/101/status/shutdown`, { timeout: 8 })
    await engine.clock.advance(12_000)
    engine.guests.exit(101)
    expect(await engine.end(upid)).toBe('OK')
  })

  test('with forceStop kills after the timeout', async () => {
    await running()
    engine.guests.deaf.add(101)
    expect(await engine.task('POST', `${LXC}/101/status/shutdown`, { timeout: 8, forceStop: 1 })).toBe('OK')
    expect(engine.guests.running.has(101)).toBe(false)
  })

  test('is overruled by a stop that says so', async () => {
    await running()
    engine.guests.deaf.add(101)
    const shutdown = await engine.begin('POST', `${LXC}/101/status/shutdown`, { timeout: 60 })
    await engine.clock.advance(100)
    const stop = await engine.begin('POST', `${LXC}/101/status/stop`, { 'overrule-shutdown': 1 })
    expect(await engine.end(stop)).toBe('OK')
    expect(await engine.end(shutdown)).toBe('received interrupt')
    expect(engine.log(stop)).toContain(`overruled vzshutdown tasks: ${shutdown}`)
  })
})

describe('reboot', () => {
  test('gives the container a new process', async () => {
    await running()
    const before = engine.node.monitor.state(101)?.pid
    expect(await engine.task('POST', `${LXC}/101/status/reboot`)).toBe('OK')
    expect(engine.node.monitor.isRunning(101)).toBe(true)
    expect(engine.node.monitor.state(101)?.pid).not.toBe(before)
  })

  test('applies what waited for the next start', async () => {
    await running()
    await engine.data('PUT', `${LXC}/101/config`, { cmode: 'shell', hostname: 'now' })
    expect(engine.options(101)).toMatchObject({ hostname: 'now' })
    expect(engine.options(101)?.['cmode']).toBeUndefined()
    await engine.task('POST', `${LXC}/101/status/reboot`)
    expect(engine.options(101)?.['cmode']).toBe('shell')
  })

  test('fails where the start fails, and leaves the container stopped', async () => {
    await running()
    engine.guests.broken.set(101, 'no init')
    expect(await engine.task('POST', `${LXC}/101/status/reboot`)).toBe("startup for container '101' failed")
    expect(engine.node.monitor.isRunning(101)).toBe(false)
  })
})

describe('a start that fails', () => {
  test('prints what lxc-start said before the error, and leaves nothing running', async () => {
    await running()
    await engine.container(102)
    engine.guests.broken.set(102, 'run_buffer: 571 Script exited with status 2')
    const upid = await engine.begin('POST', `${LXC}/102/status/start`)
    expect(await engine.end(upid)).toBe("startup for container '102' failed")
    expect(engine.log(upid)[0]).toBe('run_buffer: 571 Script exited with status 2')
    expect(engine.node.monitor.isRunning(102)).toBe(false)
  })

  test('goes on in the node when only its task is killed', async () => {
    await running([{ on: 'step:vzstart.begin', nth: 2, do: 'delay', ms: 1 }])
    await engine.container(102)
    const upid = await engine.begin('POST', `${LXC}/102/status/start`)
    await engine.clock.advance(200)
    engine.node.worker(upid)?.kill()
    await engine.clock.advance(5000)
    expect(engine.node.tasks.status(upid)).toMatchObject({ exitstatus: 'unexpected status' })
    expect(engine.node.monitor.isRunning(102)).toBe(true)
  })
})

describe('suspend', () => {
  test('usually fails and leaves the container running', async () => {
    await running()
    expect(await engine.task('POST', `${LXC}/101/status/suspend`)).toBe(
      "command 'lxc-checkpoint -n 101 -s -D /var/lib/vz/dump' failed: exit code 1",
    )
    expect(engine.node.monitor.isRunning(101)).toBe(true)
  })

  test('a resume without images, or of nothing, has in its log what lxc-checkpoint says', async () => {
    engine = await Engine.open()
    await engine.container(101)
    engine.guests.restore = () => Promise.reject(new Error('criu has no image'))
    const log = async (vmid: number) => {
      const upid = await engine.begin('POST', `${LXC}/${vmid}/status/resume`)
      await engine.end(upid)
      return engine.log(upid)
    }
    const tool = 'lxc_checkpoint.c:'
    expect(await log(101)).toEqual([
      'criu has no image',
      `lxc-checkpoint: 101: ../src/lxc/tools/${tool} restore: 293 Restoring 101 failed`,
      "TASK ERROR: command 'lxc-checkpoint -n 101 -r --foreground -D /var/lib/vz/dump' failed: exit code 1",
    ])
    expect(await log(999)).toContain(`lxc-checkpoint: 999: ../src/lxc/tools/${tool} main: 298 999 is not defined`)
  })

  test('a resume that works is a task for as long as the container lives, and ending it ends the container', async () => {
    await running()
    engine.guests.checkpoint = async (vmid) => engine.guests.exit(vmid)
    engine.guests.restore = (spec) => engine.guests.start(spec)
    expect(await engine.task('POST', `${LXC}/101/status/suspend`)).toBe('OK')
    expect(engine.node.monitor.isRunning(101)).toBe(false)
    const upid = await engine.begin('POST', `${LXC}/101/status/resume`)
    await engine.clock.advance(3_600_000)
    expect(engine.node.tasks.isActive(upid)).toBe(true)
    expect(engine.node.monitor.isRunning(101)).toBe(true)
    await engine.data('DELETE', `/nodes/pve1/tasks/${upid}`)
    expect(await engine.end(upid)).toBe('received interrupt')
    expect(engine.guests.running.has(101)).toBe(false)
  })
})

describe('the hook after a stop', () => {
  test('writes the configuration back as it was when the container ended, without a lock', async () => {
    await running([{ on: 'post-stop', where: { vmid: 101 }, do: 'delay', ms: 5000 }])
    expect(await engine.task('POST', `${LXC}/101/status/stop`)).toBe('OK')
    await engine.data('PUT', `${LXC}/101/config`, { tags: 'mine' })
    expect(engine.options(101)?.['tags']).toBe('mine')
    await engine.clock.advance(6000)
    expect(engine.options(101)?.['tags']).toBeUndefined()
  })

  test('is waited for by the next start', async () => {
    await running([{ on: 'post-stop', do: 'delay', ms: 5000 }])
    await engine.task('POST', `${LXC}/101/status/stop`)
    const began = engine.clock.now()
    expect(await engine.task('POST', `${LXC}/101/status/start`)).toBe('OK')
    expect(engine.clock.now() - began).toBeGreaterThan(3500)
  })

  test('does not bring back a container that was destroyed meanwhile', async () => {
    await running([{ on: 'post-stop', do: 'delay', ms: 5000 }])
    expect(await engine.task('DELETE', `${LXC}/101`, { force: 1 })).toBe('OK')
    await engine.clock.advance(10_000)
    expect(engine.options(101)).toBeUndefined()
  })
})
