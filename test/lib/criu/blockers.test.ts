import { describe, expect, it } from 'vitest'
import type { LiveFacts } from '../../../src/lib/criu/container-facts.js'
import { parseInspection } from '../../../src/lib/criu/inspection-script.js'
import type { ListedCheckpoint } from '../../../src/lib/criu/list.js'
import { liveBlockers } from '../../../src/lib/criu/live-blockers.js'
import { nodeBlockers } from '../../../src/lib/criu/node-blockers.js'
import { type NodeFacts, precedes } from '../../../src/lib/criu/node-facts.js'
import { processLines } from '../../../src/lib/criu/process-lines.js'
import { prunable } from '../../../src/lib/criu/remove.js'

const NODE: NodeFacts = { criu: '4.1.1', lxc: '6.0.5', kernel: '6.14.8-2-pve', iptables: true, free: 1e9, total: 1e9 }
const process = (pid: number, parent: number, name: string, foreignSession = false) => ({
  ...{ pid, parent, inside: pid - 99, name, foreignSession, memory: 4096 },
})
const LIVE: LiveFacts = {
  init: 100,
  program: '/bin/busybox',
  label: 'unconfined',
  mounts: [
    { point: '/', type: 'ext4' },
    { point: '/proc/cpuinfo', type: 'fuse.lxcfs' },
  ],
  sockets: [],
  processes: [process(100, 50, 'init'), process(101, 100, 'sh')],
  descriptors: [
    { pid: 101, target: '/dev/null' },
    { pid: 101, target: 'anon_inode:[eventpoll]' },
  ],
}
const found = (live: Partial<LiveFacts>, node: Partial<NodeFacts> = {}) =>
  liveBlockers({ ...LIVE, ...live }, { ...NODE, ...node }).map(({ id, severity }) => `${severity} ${id}`)

describe('what of a running container stands in the way', () => {
  const listening = [{ kind: 'tcp', established: false }] as const
  it.each([
    ['nothing', {}, {}, []],
    ['systemd', { program: '/usr/lib/systemd/systemd' }, {}, ['blocks systemd']],
    ['docker', { processes: [...LIVE.processes, process(102, 100, 'dockerd')] }, {}, ['blocks nested-containers']],
    ['a shell from outside', { processes: [...LIVE.processes, process(102, 7, 'bash')] }, {}, ['blocks attached']],
    [
      'a session from outside',
      { processes: [...LIVE.processes, process(102, 100, 'x', true)] },
      {},
      ['blocks attached'],
    ],
    ['FUSE', { mounts: [{ point: '/mnt', type: 'fuse.sshfs' }] }, {}, ['blocks fuse']],
    ['a file system over the network', { mounts: [{ point: '/mnt', type: 'nfs4' }] }, {}, ['warns mounts']],
    ['a device', { descriptors: [{ pid: 101, target: '/dev/net/tun' }] }, {}, ['blocks devices']],
    ['a BPF program', { descriptors: [{ pid: 101, target: 'anon_inode:bpf-prog' }] }, {}, ['blocks devices']],
    ['a socket on an old kernel', { sockets: listening }, {}, []],
    ['a socket on a new kernel', { sockets: listening }, { kernel: '6.16.0' }, ['blocks sockets']],
    ['a socket with a new criu', { sockets: listening }, { kernel: '6.18.5', criu: '4.2' }, []],
    ['a connection', { sockets: [{ kind: 'tcp', established: true }] as const }, {}, ['warns connections']],
    ['AppArmor', { label: 'lxc-101_</var/lib/lxc> (enforce)' }, {}, ['warns apparmor']],
  ])('%s', (_words, live, node, expected) => expect(found(live, node)).toEqual(expected))

  it('names processes and mounts, so that somebody can find them', () => {
    const [blocker] = liveBlockers({ ...LIVE, mounts: [{ point: '/mnt', type: 'fuse.sshfs' }] }, NODE)
    expect(blocker).toMatchObject({
      what: expect.stringContaining('/mnt (fuse.sshfs)'),
      remedy: { command: 'umount /mnt' },
    })
  })
})

describe('what of a node stands in the way', () => {
  it.each([
    ['nothing', NODE, 0, []],
    ['no criu', { ...NODE, criu: undefined }, 0, ['criu-missing']],
    ['no iptables', { ...NODE, iptables: false }, 0, ['iptables-missing']],
    ['no room', { ...NODE, free: 1000 }, 2000, ['space']],
    [
      'a kernel that criu does not know',
      { ...NODE, full: { check: { ok: false, said: 'Error (criu/vdso.c:381): vdso' }, features: [] } },
      0,
      ['criu-check'],
    ],
  ])('%s', (_words, { criu, ...node }, memory, expected) => {
    expect(nodeBlockers({ ...node, ...(criu !== undefined && { criu }) }, memory).map(({ id }) => id)).toEqual(expected)
  })

  it('compares versions by their numbers', () => {
    expect([
      precedes('6.9', '6.16'),
      precedes('6.16.1-1-pve', '6.16'),
      precedes('4.2', '4.2'),
      precedes(undefined, '1'),
    ]).toEqual([...[true, false, false, false]])
  })
})

it.each(['', '@node\n', '@criu\n|Version: 4.1.1\n=0\n', 'Welcome!\n@end\n', '@criu\n|x\n=0\n@end\nmore\n'])(
  'an answer of a node that is not whole is refused: %j',
  (answer) => expect(() => parseInspection(answer, 'pve1')).toThrow('no complete answer'),
)

it('a process tree is printed with children below their parents', () => {
  const tree = [
    { pid: 7, parent: 1, name: 'sshd', age: 9 },
    { pid: 1, parent: 0, name: 'init', age: 9 },
    { pid: 9, parent: 7, name: 'sh', age: 9 },
    { pid: 8, parent: 1, name: 'cron', age: 9 },
  ]
  expect(processLines(tree)).toEqual(['1 init', '  7 sshd', '    9 sh', '  8 cron'])
})

describe('what may be pruned', () => {
  const now = 10 * 86_400_000
  const checkpoint = (vmid: number, day: number, more: Partial<ListedCheckpoint> = {}): ListedCheckpoint => ({
    ...{ vmid, node: 'pve1', checkpoint: `day${day}`, state: 'ready', asleep: false, bytes: 1, stale: [] },
    created: day * 86_400,
    ...more,
  })
  const names = (list: readonly ListedCheckpoint[], rules: Parameters<typeof prunable>[1]) =>
    prunable(list, rules, now).map((one) => `${one.vmid} ${one.checkpoint}`)
  const list = [checkpoint(1, 1), checkpoint(1, 5), checkpoint(1, 9), checkpoint(2, 2)]

  it('is what is older, what is more than to be kept, or both', () => {
    expect(names(list, { keep: 1 })).toEqual(['1 day5', '1 day1'])
    expect(names(list, { olderThan: 4 * 86_400_000 })).toEqual(['1 day5', '2 day2', '1 day1'])
    expect(names(list, { olderThan: 4 * 86_400_000, keep: 1 })).toEqual(['1 day5', '1 day1'])
  })

  it('is never one that a container sleeps in, that somebody works on, or whose container cannot be seen', () => {
    const guarded = [
      checkpoint(1, 1, { state: 'asleep', asleep: true }),
      checkpoint(2, 1, { state: 'elsewhere', asleep: true }),
      checkpoint(3, 1, { state: 'busy' }),
      checkpoint(4, 1, { state: 'orphaned' }),
      checkpoint(5, 1, { state: 'damaged' }),
    ]
    expect(names(guarded, { keep: 0 })).toEqual(['5 day1'])
  })
})
