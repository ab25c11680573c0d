import type { Cluster } from '../cluster.js'
import { generatedContent } from '../guest/files/content.js'
import type { View } from '../guest/files/file-system.js'
import { type DirectoryNode, directory, file, type TreeNode } from '../guest/files/tree.js'
import type { GuestInside } from '../guest/guest-runtime.js'
import { type GuestLimits, UNLIMITED } from '../guest/limits.js'

/** /sys/fs/cgroup of a node: what each of its running containers may use, and its processes below `ns`. A limit that is written is in force. */
export function cgroupFiles(cluster: Cluster, name: string): View {
  const running = (vmid: number): GuestInside | undefined =>
    cluster.configs.find(vmid)?.node === name ? cluster.guests.inside?.(vmid) : undefined
  return {
    lookup([first, vmid, ...rest]) {
      if (first === undefined)
        return folder([
          ['cgroup.controllers', text('cpuset cpu io memory hugetlb pids\n')],
          ['lxc', folder([])],
        ])
      if (first === 'cgroup.controllers') return text('cpuset cpu io memory hugetlb pids\n')
      if (first !== 'lxc') return undefined
      if (vmid === undefined) {
        const vmids = cluster.nodes.get(name)?.monitor.vmids() ?? []
        return folder(vmids.flatMap((number) => entry(String(number), running(number))))
      }
      const inside = running(Number(vmid))
      return inside === undefined ? undefined : below(containerGroup(inside), rest)
    },
    write([first, vmid = '', file = '', ...more], content) {
      const inside = first === 'lxc' && more.length === 0 ? running(Number(vmid)) : undefined
      const limits = inside === undefined ? undefined : changed(inside.limits, file, content.trim())
      if (limits === undefined) return false
      void cluster.guests.applyLimits(Number(vmid), limits)
      return true
    },
  }
}

const entry = (name: string, inside: GuestInside | undefined) =>
  inside === undefined ? [] : [[name, containerGroup(inside)] as const]

const PERIOD = 100_000

function containerGroup({ limits, processes }: GuestInside): DirectoryNode {
  const { memory, swap, cores } = limits
  return folder([
    ['memory.max', text(`${memory === UNLIMITED.memory ? 'max' : memory}\n`)],
    ['memory.swap.max', text(`${swap === UNLIMITED.swap ? 'max' : swap}\n`)],
    ['cpu.max', text(`${cores === UNLIMITED.cores ? 'max' : cores * PERIOD} ${PERIOD}\n`)],
    ['cgroup.procs', text('')],
    [
      'ns',
      folder([
        ['cgroup.procs', text(processes.map(({ hostPid }) => `${hostPid}\n`).join(''))],
        ['cgroup.events', text('populated 1\nfrozen 0\n')],
      ]),
    ],
  ])
}

/** The limits after `value` was written into one of the files; undefined: the kernel refuses it. */
function changed(limits: GuestLimits, file: string, value: string): GuestLimits | undefined {
  const [, word = '', period = PERIOD] = /^(max|\d+)(?: (\d+))?$/.exec(value) ?? []
  if (word === '') return undefined
  const number = (unlimited: number) => (word === 'max' ? unlimited : Number(word))
  if (file === 'memory.max') return { ...limits, memory: number(UNLIMITED.memory) }
  if (file === 'memory.swap.max') return { ...limits, swap: number(UNLIMITED.swap) }
  if (file !== 'cpu.max') return undefined
  return { ...limits, cores: word === 'max' ? UNLIMITED.cores : Number(word) / Number(period) }
}

const text = (content: string): TreeNode =>
  file(
    generatedContent(() => content),
    { mode: 0o644 },
  )

const folder = (entries: readonly (readonly [string, TreeNode])[]): DirectoryNode => ({
  ...directory({ mode: 0o755 }),
  entries: new Map(entries),
})

function below(root: DirectoryNode, path: readonly string[]): TreeNode | undefined {
  let node: TreeNode | undefined = root
  for (const name of path) node = node?.kind === 'directory' ? node.entries.get(name) : undefined
  return node
}
