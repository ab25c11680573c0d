import { describe, expect, it } from 'vitest'
import { createBuiltinGuests } from '../../../../src/lib/simulator/guest/builtin.js'
import { seededRandom } from '../../../../src/lib/simulator/random.js'
import { VirtualClock } from '../../../../src/lib/simulator/virtual-clock.js'
import { container, ROOTFS, run, sh, spec } from './support.js'

async function inVirtualTime() {
  const clock = new VirtualClock()
  const guests = createBuiltinGuests({ clock, random: seededRandom(1) })
  await guests.createVolume(ROOTFS, { osTemplate: 'alpine' })
  return { clock, guests }
}

const DHCP = { name: 'eth0', hardwareAddress: 'BC:24:11:2E:C5:7E', bridge: 'vmbr0', ip: 'dhcp' }

describe('the life of a container', () => {
  it('begins with a process id and ends, told to whoever listens, when it is asked to shut down', async () => {
    const { clock, guests } = await inVirtualTime()
    const ended: number[] = []
    const stop = guests.onExit((vmid) => ended.push(vmid))
    const { pid } = await guests.start(spec())
    expect([guests.isRunning(100), guests.pid(100)]).toEqual([true, pid])
    await guests.requestShutdown(100)
    await clock.advance(1000)
    expect([guests.isRunning(100), ended]).toEqual([false, [100]])
    stop()
    await guests.start(spec())
    await guests.kill(100)
    expect(ended).toEqual([100])
  })

  it('hears no shutdown while it is frozen', async () => {
    const { clock, guests } = await inVirtualTime()
    await guests.start(spec())
    await guests.freeze(100)
    await guests.requestShutdown(100)
    await clock.advance(60_000)
    expect(guests.isRunning(100)).toBe(true)
  })

  it('ends from inside, with poweroff', async () => {
    const { clock, guests } = await inVirtualTime()
    await guests.start(spec())
    await sh(guests, 'poweroff')
    await clock.advance(1000)
    expect(guests.isRunning(100)).toBe(false)
  })

  it('loses everything that runs on a node without power, and nothing on another', async () => {
    const { guests } = await inVirtualTime()
    await guests.createVolume('other', { osTemplate: 'alpine' })
    await guests.start(spec())
    await guests.start(spec({ vmid: 101, node: 'pve2', rootfs: 'other' }))
    guests.powerOff('pve1')
    expect([guests.isRunning(100), guests.isRunning(101)]).toEqual([false, true])
  })

  it('gets an address by dhcp a moment after its start, and the same one again', async () => {
    const { clock, guests } = await inVirtualTime()
    await guests.start(spec({ interfaces: [DHCP] }))
    const addresses = async () =>
      (await guests.interfaces(100)).map((one) => [
        one.name,
        ...one.addresses.map(({ address, prefix }) => `${address}/${prefix}`),
      ])
    expect(await addresses()).toEqual([
      ['lo', '127.0.0.1/8', '::1/128'],
      ['eth0', 'fe80::be24:11ff:fe2e:c57e/64'],
    ])
    await clock.advance(1000)
    const [, first] = await addresses()
    expect(first?.[1]).toMatch(/^10\.10\.0\.\d+\/16$/)
    await guests.kill(100)
    await guests.start(spec({ interfaces: [DHCP] }))
    await clock.advance(1000)
    expect((await addresses())[1]).toEqual(first)
  })

  it('shows a fixed address at once, inside too', async () => {
    const guests = await container('debian')
    expect((await sh(guests, 'ip -4 -br addr show eth0; hostname -I')).stdout).toMatch(
      /^eth0 +UP +10\.0\.0\.5\/24 \n10\.0\.0\.5 \n$/,
    )
  })

  it('uses numbers that are the same for the same history', async () => {
    const [one, two] = await Promise.all([inVirtualTime(), inVirtualTime()])
    for (const { clock, guests } of [one, two]) {
      await guests.start(spec())
      await clock.advance(60_000)
    }
    expect(one.guests.usage(100)).toEqual(two.guests.usage(100))
    expect(one.guests.usage(100).mem).toBeGreaterThan(1024 ** 2)
  })

  it('knows its limits, its name and its system inside', async () => {
    const guests = await container('debian-12-standard')
    await guests.applyLimits(100, { memory: 1024 ** 3, swap: 0, cores: 3 })
    expect(
      (
        await sh(
          guests,
          'nproc; hostname; cat /etc/hostname; . /etc/os-release; echo $ID $VERSION_ID; grep MemTotal /proc/meminfo',
        )
      ).stdout,
    ).toBe('3\nbox\nbox\ndebian 12\nMemTotal:     1048576 kB\n')
    expect((await run(await container('alpine'), ['cat', '/etc/alpine-release'])).stdout).toBe('3.21.0\n')
    expect((await run(await container('ubuntu-24.04'), ['grep', '^ID=', '/etc/os-release'])).stdout).toBe('ID=ubuntu\n')
  })

  it('cannot be dumped as Proxmox makes it, and can without terminals, once into a directory', async () => {
    const { guests } = await inVirtualTime()
    await guests.start(spec())
    await expect(guests.checkpoint(100, '/var/lib/vz/dump', { stop: true })).rejects.toThrow('dump failed with 1')
    expect(guests.isRunning(100)).toBe(true)
    await guests.kill(100)
    await guests.start(spec({ terminals: 0, console: false, unprivileged: false }))
    await guests.checkpoint(100, '/var/lib/vz/dump', { stop: true })
    expect(guests.isRunning(100)).toBe(false)
    await guests.restore(spec({ terminals: 0, console: false, unprivileged: false }), '/var/lib/vz/dump')
    expect(guests.isRunning(100)).toBe(true)
    await expect(guests.checkpoint(100, '/var/lib/vz/dump', { stop: false })).rejects.toThrow(
      'please use a fresh directory',
    )
  })
})
