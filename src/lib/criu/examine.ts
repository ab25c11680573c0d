import { CmuxError } from '../errors.js'
import type { Executor } from '../executor/executor.js'
import { describe } from '../instance/find.js'
import type { ContainerRef } from '../pve/client.js'
import { checkCheckpointName } from './checkpoint-name.js'
import { endedMeanwhile } from './ended-meanwhile.js'
import { type ContainerProcess, type Manifest, parseManifest } from './manifest.js'
import { EXAMINE_SCRIPT } from './node/examine-script.js'
import { type Facts, runScript } from './node/run-script.js'
import { busyError, CHECKPOINTS } from './store.js'

/** What a look at a container on its node has found. */
export type Examined =
  | {
      readonly state: 'running'
      /** Unfinished checkpoints that were removed. */
      readonly removed: readonly string[]
      /** Processes that were there when the dumps of those began (see endedMeanwhile). */
      readonly ended: readonly ContainerProcess[]
    }
  | {
      readonly state: 'stopped'
      readonly name: string
      readonly manifest: Manifest
      readonly restored?: number
      readonly disk?: string
      readonly kernel: string
      readonly criu?: string
    }

/**
 * Looks at a container and at one of its checkpoints, by default the newest, and compares the sums of all images. `settle` also finishes,
 * or removes, what killed commands have left. Errors: `not-found`, `invalid` for images that are not what was written, `failed` for a checkpoint that was never finished, `locked`,
 * `usage` for what cannot be a name. `sleepsIn`: the checkpoint that the container is marked as asleep in, which decides on the way out.
 */
export async function examine(
  shell: Executor,
  ct: ContainerRef,
  name: string | undefined,
  depth: 'look' | 'settle',
  sleepsIn?: string,
): Promise<Examined> {
  // It becomes part of a path on the node, which must not lead to another container's.
  if (name !== undefined) checkCheckpointName(name)
  const facts = await runScript(shell, EXAMINE_SCRIPT, [String(ct.vmid), name ?? '-', depth])
  if (facts.get('status') === 'running') {
    return { state: 'running', removed: facts.all('removed'), ended: endedMeanwhile(facts) }
  }
  const refused = facts.get('refused')
  if (refused !== undefined) throw refusal(ct, facts.get('name') ?? name, refused, sleepsIn)
  const checkpoint = facts.get('name') ?? ''
  const manifest = parseManifest(facts.get('manifest') ?? '')
  if (manifest?.vmid !== ct.vmid) throw damaged(ct, checkpoint, ['manifest.json'], sleepsIn)
  const changed = changedImages(manifest, facts)
  if (changed.length > 0) throw damaged(ct, checkpoint, changed, sleepsIn)
  const [restored, disk, criu] = ['restored', 'disk', 'criu'].map((word) => facts.get(word) || undefined)
  return {
    state: 'stopped',
    name: checkpoint,
    manifest,
    kernel: facts.get('kernel') ?? '',
    ...(restored !== undefined && { restored: Number(restored) }),
    ...(disk !== undefined && { disk }),
    ...(criu !== undefined && { criu }),
  }
}

/** Names of images whose sum is another one, that are missing, or that were not there. */
function changedImages({ files }: Manifest, facts: Facts): readonly string[] {
  const found = new Map(
    facts.all('sum').map((line) => {
      const [sum = '', ...name] = line.split('  ')
      return [name.join('  '), sum] as const
    }),
  )
  const expected = new Map(files.map(({ name, sha256 }) => [name, sha256]))
  return [...new Set([...expected.keys(), ...found.keys()])].filter((name) => expected.get(name) !== found.get(name))
}

function damaged(ct: ContainerRef, checkpoint: string, files: readonly string[], sleepsIn?: string): CmuxError {
  const message = `Checkpoint ${checkpoint} of ${describe(ct)} is damaged: ${files.join(', ')} is not what was written`
  return new CmuxError('invalid', message, {
    hint: `It will not be restored. ${wayOut(ct, checkpoint, sleepsIn)}`,
    data: { vmid: ct.vmid, node: ct.node, checkpoint, damaged: files },
  })
}

function refusal(ct: ContainerRef, name: string | undefined, reason: string, sleepsIn?: string): CmuxError {
  if (reason === 'busy') return busyError(ct.vmid)
  if (reason === 'storage') {
    return new CmuxError('failed', `Node ${ct.node} cannot write to ${CHECKPOINTS}`, {
      hint: 'Is its file system full or read-only?',
    })
  }
  if (reason === 'unfinished') {
    const message = `Checkpoint ${name} of ${describe(ct)} was never finished: its images are not complete, or there is no room to finish it`
    return new CmuxError('failed', message, {
      hint: `If node ${ct.node} has room below ${CHECKPOINTS}, what it held is lost. ${wayOut(ct, name, sleepsIn)}`,
    })
  }
  const which = name === undefined ? 'has no checkpoint' : `has no checkpoint ${name}`
  return new CmuxError('not-found', `${describe(ct)} ${which} on this node`, {
    hint: `See what there is: cmux-pve criu list ${ct.vmid}`,
  })
}

/** What is left to do when a checkpoint cannot be used: memory that is still in another one must not be thrown away for it. */
export const wayOut = ({ vmid }: ContainerRef, checkpoint: string | undefined, sleepsIn: string | undefined): string =>
  sleepsIn === undefined || sleepsIn === checkpoint
    ? `Boot without its memory: cmux-pve instance start ${vmid} --discard-checkpoint`
    : `It sleeps in ${sleepsIn}: cmux-pve criu restore ${vmid}`
