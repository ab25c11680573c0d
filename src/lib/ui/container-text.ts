import { formatDuration } from '../duration.js'
import type { ListedInstance } from '../instance/list.js'
import type { InstanceStatus } from '../instance/status.js'
import type { ContainerStatus } from '../pve/client.js'
import type { TemplateInfo } from '../template/info.js'
import type { Column } from './output.js'
import { formatBytes } from './size.js'
import { formatTime } from './time.js'

/** The columns of `instance list` and `template list`. */
export const CONTAINER_COLUMNS: readonly Column<ContainerStatus & Partial<Pick<ListedInstance, 'asleep'>>>[] = [
  { header: 'VMID', value: (ct) => ct.vmid, align: 'right' },
  { header: 'NAME', value: (ct) => ct.name },
  {
    header: 'STATUS',
    value: (ct) => `${ct.asleep ? 'asleep' : ct.status}${ct.lock === undefined ? '' : ` (${ct.lock})`}`,
  },
  { header: 'NODE', value: (ct) => ct.node },
  { header: 'CORES', value: (ct) => ct.cpus, align: 'right' },
  { header: 'MEMORY', value: (ct) => formatBytes(ct.maxmem), align: 'right' },
  { header: 'DISK', value: (ct) => formatBytes(ct.maxdisk), align: 'right' },
  {
    header: 'UPTIME',
    value: (ct) => (ct.status === 'running' ? formatUptime(ct.uptime) : undefined),
    align: 'right',
  },
  { header: 'TAGS', value: (ct) => ct.tags.join(' ') || undefined },
]

/** One container as `name  value` lines. */
export function instanceText(ct: InstanceStatus): readonly string[] {
  return aligned([
    ...identityRows(ct),
    ['status', stateText(ct)],
    ...configurationRows(ct),
    ...ct.addresses.map(({ interface: name, address }) => ['address', `${address} (${name})`] as const),
    ...(ct.status === 'running'
      ? ([['usage', `cpu ${Math.round(ct.usage.cpu * 100)} %, memory ${formatBytes(ct.usage.memory)}`]] as const)
      : []),
    ['snapshots', ct.snapshots.length === 0 ? 'none' : ct.snapshots.join(', ')],
    ...ct.pending.map(
      ({ key, pending }) =>
        ['at next start', pending === undefined ? `${key} is removed` : `${key} becomes ${pending}`] as const,
    ),
  ])
}

function stateText({ status, uptime, sleep, vmid }: InstanceStatus): string {
  if (status === 'stopped') {
    if (sleep === undefined) return 'stopped'
    if (sleep.ended !== undefined)
      return `stopped; it slept in checkpoint ${sleep.checkpoint}, which is stale: ${sleep.ended.what}`
    return `asleep since ${formatTime(sleep.since)}, in checkpoint ${sleep.checkpoint} on node ${sleep.node}`
  }
  const running = `running for ${formatUptime(uptime)}`
  if (sleep === undefined) return running
  if (sleep.ended !== undefined) {
    return `${running}, without the memory in checkpoint ${sleep.checkpoint}, which is stale: ${sleep.ended.what} (cmux-pve criu restore ${vmid} takes the mark of its sleep away)`
  }
  return `${running}; checkpoint or restore ${sleep.checkpoint} is under way, or was interrupted (then: cmux-pve criu restore ${vmid})`
}

/** One template as `name  value` lines. */
export function templateText(template: TemplateInfo): readonly string[] {
  const { linkedClones, replicas, outdatedReplicas = [] } = template
  const places = (list: typeof replicas) => list.map(({ vmid, node }) => `${vmid} on ${node}`).join(', ')
  return aligned([
    ...identityRows(template),
    ...configurationRows(template),
    ...template.storages.map(({ storage, type, capabilities }) => {
      const can = [
        capabilities.linkedClones ? 'linked clones' : 'full clones only',
        capabilities.snapshots ? 'snapshots' : 'no snapshots',
      ]
      return ['storage', `${storage} (${type}): ${can.join(', ')}`] as const
    }),
    ['linked clones', linkedClones === undefined ? 'not recorded by its storage' : linkedClones.join(', ') || 'none'],
    ['replicas', places(replicas) || 'none'],
    ...(outdatedReplicas.length > 0 ? [['outdated replicas', places(outdatedReplicas)] as const] : []),
  ])
}

/** Proxmox counts whole seconds. */
const formatUptime = (seconds: number): string => (seconds < 60 ? `${seconds} s` : formatDuration(seconds * 1000))

type Row = readonly [string, string]

const identityRows = (ct: Pick<InstanceStatus, 'vmid' | 'name' | 'node'>): readonly Row[] => [
  ['container', `${ct.vmid} (${ct.name}) on node ${ct.node}`],
]

function configurationRows(ct: Omit<InstanceStatus, 'status' | 'uptime' | 'addresses' | 'usage'>): readonly Row[] {
  const optional = (name: string, value: string | undefined): readonly Row[] => (value ? [[name, value]] : [])
  return [
    ...optional('lock', ct.lock),
    ...optional('tags', ct.tags.join(' ')),
    ...optional('description', ct.description.split('\n')[0]),
    ['size', `${ct.cores ?? 'all'} cores, ${ct.memory} MiB memory, ${ct.swap} MiB swap`],
    [
      'kind',
      `${ct.unprivileged ? 'unprivileged' : 'privileged'}${ct.features === undefined ? '' : `, ${ct.features}`}`,
    ],
    ...Object.entries(ct.volumes),
    ...Object.entries(ct.networks),
  ]
}

function aligned(rows: readonly Row[]): readonly string[] {
  const width = Math.max(...rows.map(([name]) => name.length))
  return rows.map(([name, value]) => `${name.padEnd(width)}  ${value}`)
}
