import { CmuxError } from '../errors.js'
import { describe, type NamedContainer } from '../instance/find.js'
import { checkHostname } from '../instance/hostname.js'
import { warnOfHostname } from '../instance/hostname-warnings.js'
import { type Deadline, deadlineIn, type Patience, type ServiceContext } from '../instance/service-context.js'
import { type Explanation, explain, finishOrLook, finishTask, headline, startTask } from '../instance/task-step.js'
import type { ClusterResource, Upid } from '../pve/client.js'
import { makeTemplate } from './convert.js'
import { chooseNode } from './node-choice.js'
import { obtainOsTemplate } from './os-template.js'

/** What the container shall be. Memory and swap in MiB, disk in GiB. */
export interface CreateRequest extends Patience {
  readonly vmid: number
  readonly hostname: string
  /** Volume id or (beginning of a) name of an OS template. */
  readonly osTemplate: string
  /** Download the OS template when no storage of the node has it. */
  readonly download: boolean
  /** Absent: the online node with the most free memory. */
  readonly node?: string | undefined
  readonly storage: string
  readonly memory: number
  readonly swap: number
  readonly cores: number
  readonly disk: number
  readonly bridge: string
  /** Address with prefix length, or `dhcp`. */
  readonly ip: string
  readonly gateway?: string | undefined
  readonly description?: string | undefined
  readonly tags: readonly string[]
  /** Public keys that may log in to it, one a line. */
  readonly sshPublicKeys?: string | undefined
  /** Privileged, without terminals and console, as CRIU needs it. */
  readonly criu?: boolean
  /** What comes after: it is left stopped, started so that it can be configured, or made a template as it is. */
  readonly nextStep: 'stop' | 'start' | 'convert'
}

export interface CreateOutcome {
  readonly vmid: number
  readonly name: string
  readonly node: string
  readonly osTemplate: string
  readonly upid: Upid
  /** Absent when nobody waited. */
  readonly status?: 'running' | 'stopped' | 'template'
}

/**
 * Creates the container that is to become a template: unprivileged, with nesting (the one feature that an API token may set, PVE-FACTS
 * 3.9, and without which systemd warns), its network on the bridge. With `criu` a privileged one, for which Proxmox VE 9 wants Sys.Modify on `/`
 * (PVE-FACTS 3.2).
 */
export async function createTemplateContainer(context: ServiceContext, request: CreateRequest): Promise<CreateOutcome> {
  checkHostname(request.hostname)
  const { client } = context
  const deadline = deadlineIn(context.clock, request.timeout)
  const node = await chooseNode(context, request.node)
  const index = await client.cluster.resources('vm')
  refuseTakenVmid(index, request.vmid)
  warnOfHostname(context, request.hostname, index)
  await checkStorage(context, node, request.storage)
  const osTemplate = await obtainOsTemplate(
    context,
    { node, wanted: request.osTemplate, download: request.download },
    deadline,
  )

  const ct = { vmid: request.vmid, name: request.hostname, node }
  const step = { purpose: `create ${describe(ct)}`, subject: { vmid: ct.vmid, node } }
  context.onProgress?.(headline(step))
  const upid = await startTask(context, step, () => client.containers.create(node, parameters(request, osTemplate)))
  if (!request.wait) return { ...ct, osTemplate, upid }
  await finishOrLook(context, step, upid, deadline, () => whatIsLeft(context, ct))

  try {
    return { ...ct, osTemplate, upid, status: await goOn(context, ct, request.nextStep, deadline) }
  } catch (error) {
    throw explain(error, {
      message: `${describe(ct)} was created and is still there`,
      hint: `Delete it with \`cmux-pve instance delete ${ct.vmid}\`, or carry on with it`,
      data: ct,
    })
  }
}

async function goOn(
  context: ServiceContext,
  ct: NamedContainer,
  nextStep: CreateRequest['nextStep'],
  deadline: Deadline,
) {
  if (nextStep === 'stop') return 'stopped'
  if (nextStep === 'convert') {
    await makeTemplate(context, ct, deadline)
    return 'template'
  }
  const start = { purpose: `start ${describe(ct)}`, subject: { vmid: ct.vmid, node: ct.node } }
  context.onProgress?.(headline(start))
  await finishTask(context, start, await startTask(context, start, () => context.client.containers.start(ct)), deadline)
  return 'running'
}

/** Features of a privileged container are for root@pam to set (PVE-FACTS 3.9). */
const CRIU_READY = { unprivileged: false, tty: 0, console: false } as const
const SHUT_IN = { unprivileged: true, features: 'nesting=1' } as const

function parameters(request: CreateRequest, ostemplate: string) {
  const { vmid, hostname, description, memory, swap, cores, storage, disk, tags } = request
  const gateway = request.gateway === undefined ? '' : `,gw=${request.gateway}`
  return {
    vmid,
    hostname,
    ostemplate,
    ...(description !== undefined && { description }),
    options: {
      memory,
      swap,
      cores,
      storage,
      rootfs: `${storage}:${disk}`,
      ...(request.criu === true ? CRIU_READY : SHUT_IN),
      net0: `name=eth0,bridge=${request.bridge},ip=${request.ip}${gateway}`,
      ...(tags.length > 0 && { tags: tags.join(';') }),
      ...(request.sshPublicKeys !== undefined && { 'ssh-public-keys': request.sshPublicKeys }),
    },
  }
}

function refuseTakenVmid(index: readonly ClusterResource[], vmid: number): void {
  const holder = index.find((resource) => resource.vmid === vmid)
  if (holder === undefined) return
  throw new CmuxError('exists', `VMID ${vmid} is taken by ${holder.name ?? holder.type} on node ${holder.node}`, {
    hint: 'Choose another --vmid (or PVE_TEMPLATE_VMID), or delete that one first.',
  })
}

/** Says before anything is made what Proxmox would say in less helpful words, or only after a download. */
async function checkStorage({ client }: ServiceContext, node: string, name: string): Promise<void> {
  const storages = await client.storages.list(node)
  const able = storages.filter(
    (entry) => entry.enabled && entry.active && client.storages.capabilities(entry).containers,
  )
  if (able.some(({ storage }) => storage === name)) return
  const hint = `${able.length > 0 ? `Use ${able.map(({ storage }) => storage).join(' or ')}` : 'Allow content type `rootdir` on a storage'} (--storage, PVE_STORAGE).`
  const found = storages.find(({ storage }) => storage === name)
  if (found === undefined)
    throw new CmuxError('not-found', `Node ${node} has no storage '${name}' that the token may see`, { hint })
  const why = found.enabled && found.active ? 'does not take containers' : 'is not active'
  throw new CmuxError('unsupported', `Storage ${name} on node ${node} ${why}`, { hint })
}

/** Proxmox removes what a failed creation has made, unless its worker was killed (PVE-FACTS 3.2, 9): so look. */
async function whatIsLeft({ client }: ServiceContext, ct: NamedContainer): Promise<Explanation> {
  const left = await client.containers.config(ct).catch(() => undefined)
  if (left === undefined) return { message: 'Nothing of it was left behind' }
  const lock = left.lock === undefined ? '' : `, locked (${left.lock})`
  return {
    message: `The unfinished container ${ct.vmid} is still on node ${ct.node}${lock}`,
    hint: `Run \`pct unlock ${ct.vmid}\` on node ${ct.node}, then \`cmux-pve instance delete ${ct.vmid}\``,
    data: ct,
  }
}
