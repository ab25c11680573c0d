import { beforeEach, describe, expect, it } from 'vitest'
import { systemClock } from '../../../../src/lib/clock.js'
import { createBuiltinGuests } from '../../../../src/lib/simulator/guest/builtin.js'
import type { GuestRuntime } from '../../../../src/lib/simulator/guest/guest-runtime.js'
import { seededRandom } from '../../../../src/lib/simulator/random.js'
import { MemoryWatch } from '../../../support/memory-watch.js'
import { container, ROOTFS, sh, spec } from './support.js'

const MIB = 1024 * 1024

let guests: GuestRuntime

beforeEach(async () => {
  guests = await container('busybox')
})

async function restart(rootfs = ROOTFS): Promise<void> {
  await guests.kill(100)
  await guests.start(spec({ rootfs }))
}

describe('the layers of volumes', () => {
  it('give a clone the content of its source, and neither sees what the other writes afterwards', async () => {
    await sh(guests, 'echo before > /root/a')
    await guests.copyVolume({ volume: ROOTFS }, 'clone')
    await sh(guests, 'echo after > /root/a')
    await restart('clone')
    expect((await sh(guests, 'cat /root/a; echo own >> /root/a')).stdout).toBe('before\n')
    await restart()
    expect((await sh(guests, 'cat /root/a')).stdout).toBe('after\n')
  })

  it('go back to a snapshot with everything: content, modes, owners, links and what was removed', async () => {
    const look = 'cd /root; ls -l --time-style=x; cat a; readlink l'
    await sh(guests, 'cd /root; echo one > a; chmod 640 a; chown 7:8 a; ln -s a l; mkdir d')
    const { stdout: before } = await sh(guests, look)
    await guests.snapshotVolume(ROOTFS, 's1')
    await sh(guests, 'cd /root; echo two > a; chmod 777 a; rm -r d l; echo new > n')
    await guests.kill(100)
    await guests.rollbackVolume(ROOTFS, 's1')
    await guests.start(spec())
    expect((await sh(guests, look)).stdout).toBe(before)
  })

  it('copy from a snapshot, and forget one that was deleted', async () => {
    await sh(guests, 'echo old > /root/a')
    await guests.snapshotVolume(ROOTFS, 's1')
    await sh(guests, 'echo new > /root/a')
    await guests.copyVolume({ volume: ROOTFS, snapshot: 's1' }, 'copy')
    await guests.deleteVolumeSnapshot(ROOTFS, 's1')
    await expect(guests.rollbackVolume(ROOTFS, 's1')).rejects.toThrow("snapshot 's1'")
    await restart('copy')
    expect((await sh(guests, 'cat /root/a')).stdout).toBe('old\n')
  })

  it('follow a volume to its new name', async () => {
    await sh(guests, 'echo kept > /root/a')
    await guests.kill(100)
    await guests.renameVolume(ROOTFS, 'base')
    await guests.start(spec({ rootfs: 'base' }))
    expect((await sh(guests, 'cat /root/a')).stdout).toBe('kept\n')
  })

  it('make ten thousand clones for next to nothing', async () => {
    const memory = new MemoryWatch(30 * MIB)
    for (let number = 0; number < 10_000; number++) await guests.copyVolume({ volume: ROOTFS }, `clone-${number}`)
    memory.look()
    expect(memory.growth).toBeLessThan(30 * MIB)
  })

  it('are there again from a saved state, what they share kept once', async () => {
    await sh(guests, 'echo first > /root/a; ln -s a /root/l; chmod 600 /root/a')
    await guests.snapshotVolume(ROOTFS, 's1')
    await sh(guests, 'echo second > /root/a')
    const alone = JSON.stringify(guests.save?.()).length
    for (let number = 0; number < 100; number++) await guests.copyVolume({ volume: ROOTFS }, `clone-${number}`)
    const state = JSON.stringify(guests.save?.())
    expect(state.length - alone).toBeLessThan(10_000)

    const again = createBuiltinGuests({ clock: systemClock, random: seededRandom(2) })
    again.load?.(JSON.parse(state))
    await again.start(spec({ rootfs: 'clone-7' }))
    expect((await sh(again, 'cat /root/l; stat -c %a /root/a')).stdout).toBe('second\n600\n')
    await again.kill(100)
    await again.rollbackVolume(ROOTFS, 's1')
    await again.start(spec())
    expect((await sh(again, 'cat /root/a')).stdout).toBe('first\n')
  })
})
