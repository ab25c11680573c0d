import { CmuxError } from '../errors.js'
import type { Executor } from '../executor/executor.js'
import { type CheckpointIntent, type Manifest, parseIntent, parseManifest } from './manifest.js'
import { runScript } from './node/run-script.js'
import { LIST_SCRIPT, REMOVE_SCRIPT } from './node/store-scripts.js'

/** Where a node keeps checkpoints: `VMID/NAME/` with manifest.json, which is written last, and `images/`. Nobody but root gets in. */
export const CHECKPOINTS = '/var/lib/cmux-pve/checkpoints'

interface StoredBase {
  readonly node: string
  readonly vmid: number
  readonly name: string
  /** Bytes that it takes on the node's disk. */
  readonly bytes: number
  /** A command is at work on this container right now. */
  readonly busy: boolean
}

/**
 * A checkpoint as it lies on a node. `unfinished`: no manifest, because a command is at work or was killed; `complete` then says that
 * all images are there, so that it can still be finished. `damaged`: its manifest cannot be read.
 */
export type StoredCheckpoint =
  | (StoredBase & {
      readonly state: 'finished'
      readonly manifest: Manifest
      /** When it was last restored, or that began: seconds since the epoch. */
      readonly restored?: number
    })
  | (StoredBase & { readonly state: 'unfinished'; readonly intent?: CheckpointIntent; readonly complete: boolean })
  | (StoredBase & { readonly state: 'damaged' })

/** What a node holds of one container or of all, by VMID and time, the newest last. One round trip. */
export async function listCheckpoints(
  shell: Executor,
  node: string,
  vmid?: number,
  signal?: AbortSignal,
): Promise<readonly StoredCheckpoint[]> {
  const { lines } = await runScript(shell, LIST_SCRIPT, [vmid === undefined ? '-' : String(vmid)], {
    ...(signal !== undefined && { signal }),
  })
  const entries: Map<string, string>[] = []
  for (const [word, value] of lines) {
    if (word === 'checkpoint') entries.push(new Map())
    entries.at(-1)?.set(word, value)
  }
  return entries
    .map((facts) => stored(node, facts))
    .toSorted((a, b) => a.vmid - b.vmid || createdAt(a) - createdAt(b) || a.name.localeCompare(b.name))
}

/** Removes checkpoints, finished or not; those that are not there are no error. `locked` when a command is at work on the container. */
export async function removeCheckpoints(shell: Executor, vmid: number, names: readonly string[]): Promise<void> {
  const facts = await runScript(shell, REMOVE_SCRIPT, [String(vmid), ...names])
  const refused = facts.get('refused')
  if (refused === 'busy') throw busyError(vmid)
  if (refused !== undefined) {
    throw new CmuxError('failed', `The checkpoints of container ${vmid} cannot be removed on ${shell.target}`, {
      hint: `Look at ${CHECKPOINTS}/${vmid} on that node.`,
    })
  }
}

/** Another command holds the container's lock on the node. */
export const busyError = (vmid: number): CmuxError =>
  new CmuxError('locked', `Another command is at work on the checkpoints of container ${vmid}`, {
    hint: `Wait for it to end; \`cmux-pve criu list ${vmid}\` shows the checkpoints and what is done with them.`,
  })

function stored(node: string, facts: ReadonlyMap<string, string>): StoredCheckpoint {
  const [vmid, name = '', busy, kibibytes] = (facts.get('checkpoint') ?? '').split(' ')
  const base = { node, vmid: Number(vmid), name, bytes: Number(kibibytes) * 1024, busy: busy === '1' }
  const [text, restored] = [facts.get('manifest'), facts.get('restored')]
  if (text !== undefined) {
    const manifest = parseManifest(text)
    if (manifest === undefined) return { ...base, state: 'damaged' }
    return { ...base, state: 'finished', manifest, ...(restored !== undefined && { restored: Number(restored) }) }
  }
  const intent = parseIntent(facts.get('intent') ?? '')
  return { ...base, state: 'unfinished', complete: facts.has('complete'), ...(intent !== undefined && { intent }) }
}

function createdAt(checkpoint: StoredCheckpoint): number {
  if (checkpoint.state === 'finished') return checkpoint.manifest.created
  return checkpoint.state === 'unfinished' ? (checkpoint.intent?.created ?? 0) : 0
}
