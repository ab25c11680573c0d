import { CmuxError } from '../errors.js'
import type { Executor } from '../executor/executor.js'
import { describe } from '../instance/find.js'
import type { ContainerRef } from '../pve/client.js'
import { type Manifest, parseManifest } from './manifest.js'
import { EXAMINE_SCRIPT } from './node/examine-script.js'
import { type Facts, runScript } from './node/run-script.js'
import { busyError, CHECKPOINTS } from './store.js'

/** What a look at a container on its node has found. */
export type Examined =
  | {
      readonly state: 'running'
      /** Unfinished checkpoints that were removed. */
      readonly removed: readonly string[]
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
 * or removes, what killed commands have left. Errors: `not-found`, `invalid` for images that are not what was written, `failed` for a checkpoint that was never finished, `locked`.
 */
export async function examine(
  shell: Executor,
  ct: ContainerRef,
  name: string | undefined,
  depth: 'look' | 'settle',
): Promise<Examined> {
  const facts = await runScript(shell, EXAMINE_SCRIPT, [String(ct.vmid), name ?? '-', depth])
  if (facts.get('status') === 'running') return { state: 'running', removed: facts.all('removed') }
  const refused = facts.get('refused')
  if (refused !== undefined) throw refusal(ct, facts.get('name') ?? name, refused)
  const checkpoint = facts.get('name') ?? ''
  const manifest = parseManifest(facts.get('manifest') ?? '')
  if (manifest === undefined) throw damaged(ct, checkpoint, ['manifest.json'])
  const changed = changedImages(manifest, facts)
  if (changed.length > 0) throw damaged(ct, checkpoint, changed)
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

function damaged(ct: ContainerRef, checkpoint: string, files: readonly string[]): CmuxError {
  const message = `Checkpoint ${checkpoint} of ${describe(ct)} is damaged: ${files.join(', ')} is not what was written`
  return new CmuxError('invalid', message, {
    hint: `It will not be restored. Boot without its memory: cmux-pve instance start ${ct.vmid} --discard-checkpoint`,
    data: { vmid: ct.vmid, node: ct.node, checkpoint, damaged: files },
  })
}

function refusal(ct: ContainerRef, name: string | undefined, reason: string): CmuxError {
  if (reason === 'busy') return busyError(ct.vmid)
  if (reason === 'storage') {
    return new CmuxError('failed', `Node ${ct.node} cannot write to ${CHECKPOINTS}`, {
      hint: 'Is its file system full or read-only?',
    })
  }
  if (reason === 'unfinished') {
    const message = `Checkpoint ${name} of ${describe(ct)} was never finished: its images are not complete, or there is no room to finish it`
    return new CmuxError('failed', message, {
      hint: `If node ${ct.node} has room below ${CHECKPOINTS}, its memory is lost: cmux-pve instance start ${ct.vmid} --discard-checkpoint`,
    })
  }
  const which = name === undefined ? 'has no checkpoint' : `has no checkpoint ${name}`
  return new CmuxError('not-found', `${describe(ct)} ${which} on this node`, {
    hint: `See what there is: cmux-pve criu list ${ct.vmid}`,
  })
}
