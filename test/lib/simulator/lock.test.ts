import { describe, expect, test } from 'vitest'
import { Locks } from '../../../src/lib/simulator/lock.js'
import { Process } from '../../../src/lib/simulator/process.js'
import { VirtualClock } from '../../../src/lib/simulator/virtual-clock.js'

const PATH = '/run/lock/lxc/pve-config-101.lock'

function world() {
  const clock = new VirtualClock(0)
  const locks = new Locks(clock)
  return { clock, locks, process: () => new Process(clock, locks) }
}

describe('a lock file', () => {
  test('goes to those who wait in the order they came', async () => {
    const { clock, process: newProcess } = world()
    const order: number[] = []
    for (let index = 0; index < 5; index++) {
      const process = newProcess()
      void process.locked({ path: PATH, timeoutMs: 10_000 }, async () => {
        order.push(index)
        await process.sleep(100)
      })
    }
    await clock.runUntilIdle()
    expect(order).toEqual([0, 1, 2, 3, 4])
  })

  test('is given up with its own text after the timeout, and the next one still gets it', async () => {
    const { clock, process } = world()
    const holder = process()
    const held = holder.locked({ path: PATH, timeoutMs: 1 }, () => holder.sleep(7000))
    const refused = process().flock({ path: PATH, timeoutMs: 5000 })
    const granted = process().flock({ path: PATH, timeoutMs: 10_000 })
    await expect(clock.settled(refused)).rejects.toThrow(`can't lock file '${PATH}' - got timeout`)
    expect(clock.now()).toBe(5000)
    await clock.settled(granted)
    expect(clock.now()).toBe(7000)
    await held
  })

  test('of a killed process is free at once, and its code never goes on', async () => {
    const { clock, locks, process } = world()
    const [victim, heir] = [process(), process()]
    const events: string[] = []
    const work = async () => {
      try {
        await victim.locked({ path: PATH, timeoutMs: 1 }, () => victim.sleep(60_000))
        events.push('went on')
      } catch {
        events.push('caught')
      } finally {
        events.push('cleaned up')
      }
    }
    void work()
    void heir.flock({ path: PATH, timeoutMs: 10_000 }).then(() => events.push('heir'))
    await clock.advance(10)
    victim.kill()
    await clock.runUntilIdle()
    expect(events).toEqual(['heir'])
    expect(clock.now()).toBeLessThan(60_000)
    expect(locks.isHeld(PATH)).toBe(true)
  })

  test('that was granted to a process in the moment of its interruption is free again', async () => {
    const { clock, locks, process } = world()
    const waiter = process()
    const flock = await process().flock({ path: PATH, timeoutMs: 1 })
    const waiting = waiter.flock({ path: PATH, timeoutMs: 10_000 })
    flock.release()
    waiter.interrupt()
    await expect(waiting).rejects.toThrow('received interrupt')
    await clock.runUntilIdle()
    expect(locks.isHeld(PATH)).toBe(false)
  })
})

describe('an interrupted process', () => {
  test('has its wait rejected once, and can clean up', async () => {
    const { clock, process: newProcess } = world()
    const process = newProcess()
    const events: string[] = []
    const work = async () => {
      try {
        await process.sleep(1000)
      } catch (error) {
        events.push(String(error))
      }
      await process.sleep(10)
      events.push('clean')
    }
    void work()
    await clock.advance(1)
    process.interrupt()
    await clock.runUntilIdle()
    expect(events).toEqual(['Error: received interrupt', 'clean'])
  })

  test('that waits for nothing has its next wait rejected', async () => {
    const process = world().process()
    process.interrupt('interrupted by signal')
    await expect(process.sleep(1)).rejects.toThrow('interrupted by signal')
  })
})
