import { CmuxError, isCmuxError } from '../../errors.js'
import { isQuorumLoss } from '../../pve/errors.js'
import type { PoolContext } from '../context.js'
import type { Member } from '../member.js'

/** Milliseconds between two looks at a start, and as many more for each other one that this daemon watches. */
const POLL = 40
const POLL_EACH = 4
/**
 * Milliseconds before a second attempt: Proxmox tears a container down after its stop without holding the lock, and a start that comes in
 * between fails (the post-stop hook).
 */
const AGAIN = 500
/** Milliseconds for which somebody's lock (a snapshot, a backup) is waited for. */
const LOCK_PATIENCE = 10_000

/** Starts containers and waits until they run. */
export class PowerOn {
  readonly #context: PoolContext
  #watched = 0

  constructor(context: PoolContext) {
    this.#context = context
  }

  /**
   * Starts a stopped container; one that runs already is left alone. Rejects with the signal's reason as soon as it is aborted: the start then
   * goes on in Proxmox. Errors: `task-failed` and the like when it does not start.
   */
  async start(member: Member, signal: AbortSignal): Promise<void> {
    const { clock, emit, records, view } = this.#context
    const began = clock.now()
    for (let failures = 0; ; ) {
      try {
        await this.#once(member, signal)
        const known = view.find(member.vmid)
        if (known?.record.generation === member.record.generation) view.learn({ ...known, running: true })
        return
      } catch (error) {
        signal.throwIfAborted()
        if (!isCmuxError(error)) throw error
        if (await this.#runs(member)) return
        const locked = error.code === 'locked' && clock.now() - began < LOCK_PATIENCE
        if (locked) emit({ kind: 'lock-met', vmid: member.vmid, word: error.message })
        else failures++
        if (failures > 1 || isFinal(error)) throw error
        emit({ kind: 'retry', what: 'start' })
        await clock.sleep(AGAIN, signal)
        if ((await records.read(member))?.record.claim?.id === member.record.claim?.id) continue
        throw new CmuxError('changed', `container ${member.vmid} was taken away before it was started again`)
      }
    }
  }

  async #once(member: Member, signal: AbortSignal): Promise<void> {
    const { client, clock, writes } = this.#context
    const upid = await writes.run(member.node, () => {
      signal.throwIfAborted()
      return client.containers.start(member, { once: true })
    })
    this.#watched++
    try {
      let exitStatus: string | undefined
      while (exitStatus === undefined) {
        await clock.sleep(POLL + POLL_EACH * (this.#watched - 1), signal)
        const status = await client.tasks.status(upid)
        if (status.status === 'stopped') exitStatus = status.exitStatus ?? ''
      }
      // That of a lost answer may be another daemon's, of a moment before.
      if (exitStatus === 'OK' && !client.tasks.isAssumed(upid)) return
    } catch (error) {
      if (!isCmuxError(error, 'unavailable', 'timeout')) throw error
    } finally {
      this.#watched--
    }
    // This is patient with a node that is silent for a moment, and reads how the task ended, and why.
    await client.tasks.wait(upid, { signal })
    // While it was silent it may have gone down, and with it what had started.
    if (await this.#runs(member)) return
    throw new CmuxError(
      'failed',
      `container ${member.vmid} was started, and does not run: see why on node ${member.node}`,
    )
  }

  async #runs(member: Member): Promise<boolean> {
    try {
      return (await this.#context.client.containers.status(member)).status === 'running'
    } catch {
      return false
    }
  }
}

/** Nothing that another attempt would change. */
const isFinal = (error: CmuxError): boolean =>
  isCmuxError(error, 'forbidden', 'unauthorised', 'not-found', 'storage-full') || isQuorumLoss(error)
