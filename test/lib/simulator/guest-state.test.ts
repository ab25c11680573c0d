import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createBuiltinGuests } from '../../../src/lib/simulator/guest/builtin.js'
import type { GuestRuntime } from '../../../src/lib/simulator/guest/guest-runtime.js'
import { seededRandom } from '../../../src/lib/simulator/random.js'
import { VirtualClock } from '../../../src/lib/simulator/virtual-clock.js'
import { Engine } from '../../support/engine.js'

const LXC = '/nodes/pve1/lxc'
const FILE = { mode: 0o644, uid: 0, gid: 0 }

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cmux-guests-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

/** A cluster on the state file, with guests that have files. */
async function open(): Promise<{ readonly engine: Engine; readonly guests: GuestRuntime }> {
  const clock = new VirtualClock()
  const guests = createBuiltinGuests({ clock, random: seededRandom(1) })
  return { engine: await Engine.open({ stateFile: join(folder, 'state'), clock, guests }), guests }
}

const write = (guests: GuestRuntime, text: string) => guests.writeFile(101, '/root/note', Buffer.from(text), FILE)
const read = async (guests: GuestRuntime) => Buffer.from(await guests.readFile(101, '/root/note')).toString('utf8')

describe('the files of containers in a state file', () => {
  test('are there again after an orderly end, snapshots included', async () => {
    const first = await open()
    await first.engine.container(101)
    await first.engine.task('POST', `${LXC}/101/status/start`)
    await write(first.guests, 'before')
    await first.engine.task('POST', `${LXC}/101/status/stop`)
    expect(await first.engine.task('POST', `${LXC}/101/snapshot`, { snapname: 'clean' })).toBe('OK')
    await first.engine.task('POST', `${LXC}/101/status/start`)
    await write(first.guests, 'after')
    await first.engine.close()

    const second = await open()
    await second.engine.task('POST', `${LXC}/101/status/start`)
    expect(await read(second.guests)).toBe('after')
    expect(await second.engine.task('POST', `${LXC}/101/snapshot/clean/rollback`)).toBe('OK')
    await second.engine.task('POST', `${LXC}/101/status/start`)
    expect(await read(second.guests)).toBe('before')
    await second.engine.close()
  })

  test('are those of the last image after a kill, and every container can be started', async () => {
    const first = await open()
    await first.engine.container(101, { rootfs: 'local-zfs:1' })
    await first.engine.task('POST', `${LXC}/101/status/start`)
    await write(first.guests, 'kept')
    await first.engine.clock.advance(60_000)
    await first.engine.task('POST', `${LXC}/101/status/stop`)
    await first.engine.task('POST', `${LXC}/101/status/start`)
    await write(first.guests, 'lost')
    expect(await first.engine.task('POST', `${LXC}/101/snapshot`, { snapname: 'late' })).toBe('OK')
    expect(await first.engine.task('POST', `${LXC}/101/clone`, { newid: 102, full: 1, snapname: 'late' })).toBe('OK')

    const second = await open()
    expect(await second.engine.task('POST', `${LXC}/101/status/start`)).toBe('OK')
    expect(await second.engine.task('POST', `${LXC}/102/status/start`)).toBe('OK')
    expect(await read(second.guests)).toBe('kept')
    await second.engine.close()
    await first.engine.close()
  })
})
