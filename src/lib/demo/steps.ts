import { diagnose } from '../diagnosis/diagnose.js'
import { isCmuxError } from '../errors.js'
import { cloneInstance } from '../instance/clone.js'
import { deleteInstance } from '../instance/delete.js'
import { startInstance } from '../instance/power.js'
import { rollbackInstance, snapshotInstance } from '../instance/snapshot.js'
import { instanceStatus } from '../instance/status.js'
import { waitForInstance } from '../instance/wait.js'
import { convertToTemplate } from '../template/convert.js'
import { createTemplateContainer } from '../template/create.js'
import { deleteTemplate } from '../template/delete.js'
import { templateInfo } from '../template/info.js'
import { insist } from './insist.js'
import { POOL_STEPS, TEMPLATE } from './pool-steps.js'
import type { Stage, Step } from './step.js'

const PATIENCE = { wait: true, timeout: 60_000 } as const
const SNAPSHOT = 'clean'
const NOTE = '/root/note'
const CLONES = 3

/** The story that the demo tells, in order. */
export const STEPS: readonly Step[] = [
  {
    title: 'Connect',
    command: 'test-connection',
    async run({ context, settings }) {
      const options = {
        connect: async () => context.client,
        connectTimeout: PATIENCE.timeout,
        signal: context.signal ?? new AbortController().signal,
      }
      let looked = 0
      for await (const { verdict, subject, detail } of diagnose(settings, options)) {
        insist(verdict !== 'failed', `${subject}: ${detail}`)
        looked++
      }
      return `${looked} findings, none of them a failure`
    },
  },
  {
    title: 'Build a template',
    command: `template create --vmid ${TEMPLATE}; template convert ${TEMPLATE}`,
    async run({ context, settings }) {
      const { storage, bridge, osTemplate, container } = settings
      insist(osTemplate !== undefined, 'the node has no OS template')
      await createTemplateContainer(context, {
        ...container,
        ...PATIENCE,
        vmid: TEMPLATE,
        hostname: 'demo-template',
        osTemplate,
        download: false,
        storage,
        bridge,
        swap: 0,
        ip: 'dhcp',
        tags: [],
        nextStep: 'stop',
      })
      await convertToTemplate(context, String(TEMPLATE), { timeout: PATIENCE.timeout, stop: false })
      const { vmid, node } = await templateInfo(context.client, String(TEMPLATE))
      return `template ${vmid} on node ${node}`
    },
  },
  {
    title: `Clone it ${CLONES} times at once`,
    command: `instance clone ${TEMPLATE}`,
    async run({ context, clones }) {
      const request = { source: String(TEMPLATE), ...PATIENCE }
      const made = await Promise.all(Array.from({ length: CLONES }, () => cloneInstance(context, request)))
      clones.push(...made.map(({ vmid }) => vmid))
      insist(new Set(clones).size === CLONES, `the VMIDs are not distinct: ${clones.join(', ')}`)
      insist(
        made.every(({ kind }) => kind === 'linked'),
        'the clones are not linked ones',
      )
      return `linked clones ${clones.join(', ')}, although Proxmox lets only one at a time read a template`
    },
  },
  {
    title: 'Take a snapshot while it is clean',
    command: `criu snapshot <vmid> ${SNAPSHOT}`,
    async run({ context, clones }) {
      const { vmid } = await snapshotInstance(context, first(clones), SNAPSHOT, PATIENCE)
      const { snapshots } = await instanceStatus(context.client, String(vmid))
      insist(snapshots.includes(SNAPSHOT), `its snapshots are: ${snapshots.join(', ') || 'none'}`)
      return `snapshot '${SNAPSHOT}' of container ${vmid}`
    },
  },
  {
    title: 'Start it',
    command: 'instance start <vmid>; instance wait <vmid> --for ip',
    async run({ context, clones }) {
      await startInstance(context, first(clones), PATIENCE)
      const { vmid, status, addresses } = await waitForInstance(context, first(clones), 'ip', PATIENCE.timeout)
      insist(status === 'running', `it is ${status}`)
      return `container ${vmid} runs at ${addresses.map(({ address }) => address).join(', ')}`
    },
  },
  {
    title: 'Run a command in it',
    command: `instance exec <vmid> -- sh -c 'echo used > ${NOTE}'`,
    async run(stage) {
      await inside(stage, ['sh', '-c', `echo used > ${NOTE}`])
      const { stdout } = await inside(stage, ['cat', NOTE])
      insist(stdout === 'used\n', `${NOTE} holds ${JSON.stringify(stdout)}`)
      return `${NOTE} was written and says "used"`
    },
  },
  {
    title: 'Roll it back',
    command: `criu rollback <vmid> ${SNAPSHOT} --start`,
    async run(stage) {
      await rollbackInstance(stage.context, first(stage.clones), SNAPSHOT, PATIENCE)
      await startInstance(stage.context, first(stage.clones), PATIENCE)
      const { exitCode } = await execute(stage, ['test', '-e', NOTE])
      insist(exitCode === 1, `${NOTE} is still there`)
      return `${NOTE} is gone: as clean as before`
    },
  },
  ...POOL_STEPS,
  {
    title: 'Delete everything',
    command: 'instance delete <vmid>… --force; template delete <vmid>',
    async run({ context, clones, bursts }) {
      clones.push(...bursts.flatMap(({ without }) => without.vmids))
      for (const vmid of clones) await deleteInstance(context, String(vmid), { ...PATIENCE, force: true })
      await deleteTemplate(context, String(TEMPLATE), { ...PATIENCE, force: false })
      for (const vmid of [...clones, TEMPLATE]) await insistGone(context.client.containers.find(vmid), vmid)
      return `containers ${clones.join(', ')} and template ${TEMPLATE} are gone`
    },
  },
]

function first(clones: readonly number[]): string {
  const [vmid] = clones
  insist(vmid !== undefined, 'there is no clone to work with')
  return String(vmid)
}

const execute = ({ executor, clones, context }: Stage, argv: readonly string[]) =>
  executor.run(['pct', 'exec', first(clones), '--keep-env', '0', '--', ...argv], {
    ...(context.signal !== undefined && { signal: context.signal }),
  })

async function inside(stage: Stage, argv: readonly string[]) {
  const result = await execute(stage, argv)
  insist(result.exitCode === 0, `${argv.join(' ')} ended with status ${result.exitCode}: ${result.stderr.trim()}`)
  return result
}

async function insistGone(finding: Promise<unknown>, vmid: number): Promise<void> {
  const found = await finding.catch((error: unknown) => {
    if (isCmuxError(error, 'not-found')) return undefined
    throw error
  })
  insist(found === undefined, `container ${vmid} is still there`)
}
