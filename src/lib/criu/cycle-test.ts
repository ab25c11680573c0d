import { CmuxError, isCmuxError } from '../errors.js'
import { describe, findInstance, type NamedContainer } from '../instance/find.js'
import { type CheckpointTimes, checkpointInstance } from './checkpoint.js'
import type { CriuContext } from './criu-context.js'
import { type RestoreTimes, restoreInstance } from './restore.js'
import type { DumpStatistics } from './statistics.js'
import { listCheckpoints, removeCheckpoints } from './store.js'
import { type Testimony, Witness } from './witness.js'

export interface CycleTestRequest {
  readonly cycles: number
}

export interface Cycle {
  readonly checkpoint: CheckpointTimes
  readonly restore: RestoreTimes
  /** What criu measured, where it did. */
  readonly statistics?: DumpStatistics
  /** Bytes of the images. */
  readonly size: number
  /** What the witness had counted to before the freeze, and after the restore. */
  readonly counted: readonly [number, number]
}

export interface CycleTestOutcome extends NamedContainer {
  readonly passed: true
  readonly cycles: readonly Cycle[]
}

/** The container's own checkpoints are none of the test's business. */
const KEEP_ALL = 1_000_000

/**
 * Proves that a container can sleep and wake: a witness in it holds a token and counts, both in its memory only; then as often as asked
 * the container is checkpointed and restored, and the witness has to know the token and to have counted on. Everything that the test made
 * is removed; interrupted, it wakes the container first. Errors: those of checkpoint and restore, and `failed` when memory was lost; what
 * the cycles before it took is the error's `data`.
 *
 * @returns undefined under `client.dryRun`
 */
export async function testInstance(
  context: CriuContext,
  reference: string,
  request: CycleTestRequest,
): Promise<CycleTestOutcome | undefined> {
  const { client } = context
  const ct = await findInstance(context, reference)
  if (client.dryRun) {
    await checkpointInstance(context, String(ct.vmid), checkpointRequest('test-1'))
    context.onNodeCommand?.(ct.node, `lxc-checkpoint -n ${ct.vmid} -r`)
    return undefined
  }
  if ((await client.containers.status(ct)).status !== 'running') {
    throw new CmuxError('conflict', `${describe(ct)} is not running`, {
      hint: `Start it: cmux-pve instance start ${ct.vmid}`,
    })
  }
  const shell = await context.nodeShell(ct.node)
  const token = crypto.randomUUID().replaceAll('-', '')
  context.onProgress?.(`Starting a witness in ${describe(ct)}`)
  const witness = await Witness.start(shell, ct.vmid, token)
  const cycles: Cycle[] = []
  const name = `test-${token.slice(0, 8)}`
  try {
    for (let number = 1; number <= request.cycles; number++) {
      context.onProgress?.(`Cycle ${number} of ${request.cycles}`)
      cycles.push(await cycle(context, ct.vmid, witness, { token, name: `${name}-${number}` }))
      await removeCheckpoints(shell, ct.vmid, [`${name}-${number}`])
    }
  } catch (error) {
    await wake(context, ct.vmid, error)
    throw withCycles(error, ct, cycles)
  } finally {
    await cleanUp(context, ct, witness, name)
  }
  return { vmid: ct.vmid, name: ct.name, node: ct.node, passed: true, cycles }
}

async function cycle(
  context: CriuContext,
  vmid: number,
  witness: Witness,
  { token, name }: { readonly token: string; readonly name: string },
): Promise<Cycle> {
  // Progress of the parts is that of the whole.
  const { onProgress: _each, ...quiet } = context
  const before = await witness.ask()
  const frozen = await checkpointInstance(quiet, String(vmid), checkpointRequest(name))
  const woken = await restoreInstance(quiet, String(vmid), { checkpoint: name, verify: false, force: false })
  const after = await witness.ask()
  const later = after === undefined ? undefined : await witness.counts(after.count)
  const problem = problemOf(token, before, after, later)
  if (
    problem !== undefined ||
    frozen === undefined ||
    woken === undefined ||
    before === undefined ||
    after === undefined
  ) {
    throw new CmuxError('failed', `Container ${vmid} runs again, but not with its memory: ${problem}`, {
      hint: `Do not rely on checkpoints of it. What criu said: /var/lib/cmux-pve/checkpoints/${vmid}/${name}/images on its node, until the next checkpoint.`,
    })
  }
  const { manifest } = frozen
  return {
    checkpoint: frozen.times,
    restore: woken.times,
    size: manifest.size,
    counted: [before.count, after.count],
    ...(manifest.statistics !== undefined && { statistics: manifest.statistics }),
  }
}

const checkpointRequest = (name: string) => ({
  name,
  leaveRunning: false,
  keep: KEEP_ALL,
  compress: false,
  force: false,
})

/** Why the witness is not the one that was frozen. Pure. */
export function problemOf(
  token: string,
  before: Testimony | undefined,
  after: Testimony | undefined,
  later: Testimony | undefined,
): string | undefined {
  if (before?.token !== token) return 'the witness said nothing before the freeze'
  if (after === undefined) return 'the witness says nothing any more'
  if (after.token !== token) return 'the witness has another token'
  if (after.count < before.count) return `the witness counts from ${after.count} again, and had come to ${before.count}`
  if (later === undefined || later.count <= after.count) return `the witness stopped counting at ${after.count}`
  return undefined
}

/** Interrupted while it slept: the test put it to sleep, and the test wakes it. */
async function wake(context: CriuContext, vmid: number, error: unknown): Promise<void> {
  if (!isCmuxError(error, 'interrupted')) return
  const { signal: _aborted, onProgress: _progress, ...patient } = context
  await restoreInstance(patient, String(vmid), { verify: false, force: false }).catch((problem: unknown) => {
    if (!isCmuxError(problem, 'conflict', 'not-found')) throw problem
  })
}

/** Only a container that runs needs its checkpoints no more. */
async function cleanUp(context: CriuContext, ct: NamedContainer, witness: Witness, prefix: string): Promise<void> {
  try {
    if ((await context.client.containers.status(ct)).status !== 'running') return
    await witness.stop()
    const shell = await context.nodeShell(ct.node)
    const stored = await listCheckpoints(shell, ct.node, ct.vmid)
    const own = stored.map(({ name }) => name).filter((name) => name.startsWith(prefix))
    if (own.length > 0) await removeCheckpoints(shell, ct.vmid, own)
  } catch (error) {
    context.onWarning?.(
      `Something of the test is left in ${describe(ct)}: ${error instanceof Error ? error.message : error}`,
    )
  }
}

function withCycles(error: unknown, ct: NamedContainer, cycles: readonly Cycle[]): unknown {
  if (!isCmuxError(error)) return error
  const known = typeof error.data === 'object' ? error.data : {}
  return new CmuxError(error.code, error.message, {
    exitCode: error.exitCode,
    data: { vmid: ct.vmid, node: ct.node, passed: false, cycles, ...known },
    cause: error,
    ...(error.hint !== undefined && { hint: error.hint }),
  })
}
