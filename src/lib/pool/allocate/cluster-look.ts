import { CmuxError, isCmuxError } from '../../errors.js'
import type { ClusterResource } from '../../pve/client.js'
import type { PoolContext } from '../context.js'
import type { Member } from '../member.js'
import { instanceTag, POOL_TAG } from '../record-tags.js'

/** Lists that are asked for in a row, should they be empty. */
const ATTEMPTS = 3

/**
 * Finds the containers that an instance holds, in the cluster as it is now: tags in the index are live (PVE-FACTS 5). However many ask, one list is
 * under way at a time, and everybody gets one that was asked for after they asked.
 */
export class ClusterLook {
  readonly #context: PoolContext
  #running: Promise<readonly Tagged[]> | undefined
  #next: Promise<readonly Tagged[]> | undefined

  constructor(context: PoolContext) {
    this.#context = context
  }

  /** Those whose tags say that they are the instance's. Rejects with UnknownHolding when there is no list. */
  async taggedFor(instanceId: string): Promise<readonly Tagged[]> {
    const tag = instanceTag(instanceId)
    const list = await this.#list().catch((error: unknown) => {
      throw unknown(instanceId, error)
    })
    return list.filter(({ tags }) => tags.some((one) => one.startsWith(tag)))
  }

  /** Those of them that are the instance's. Rejects with UnknownHolding when one cannot be read: whose it is, is not known then. */
  async claimedBy(instanceId: string, tagged: readonly Tagged[]): Promise<readonly Member[]> {
    const { records } = this.#context
    const read = await Promise.all(
      tagged.map((one) =>
        records.read(one).catch((error: unknown) => {
          throw unknown(instanceId, error)
        }),
      ),
    )
    return read
      .filter((member) => member?.record.claim?.instanceId === instanceId)
      .filter((member) => member !== undefined)
  }

  #list(): Promise<readonly Tagged[]> {
    if (this.#running === undefined) return this.#begin()
    this.#next ??= this.#running.then(
      () => this.#begin(),
      () => this.#begin(),
    )
    return this.#next
  }

  #begin(): Promise<readonly Tagged[]> {
    this.#next = undefined
    const running = this.#read().finally(() => {
      if (this.#running === running) this.#running = undefined
    })
    this.#running = running
    return running
  }

  async #read(): Promise<readonly Tagged[]> {
    return (await this.#containers()).flatMap(({ vmid, node, tags }) =>
      vmid !== undefined && node !== undefined && tags.includes(POOL_TAG) ? [{ vmid, node, tags }] : [],
    )
  }

  /** A cluster with a template is never empty: such an answer says nothing, and is asked for again. */
  async #containers(): Promise<readonly ClusterResource[]> {
    for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
      const list = await this.#context.client.cluster.resources('vm')
      if (list.length > 0) return list
    }
    throw new CmuxError('unavailable', 'the cluster says that it has no container at all, not even a template')
  }
}

/** Whether the instance holds a container already could not be found out: it must not get a second one. */
export class UnknownHolding extends CmuxError {
  constructor(instanceId: string, why: string) {
    super('unavailable', `whether instance ${instanceId} holds a container already could not be found out: ${why}`, {
      hint: 'Ask again in a moment.',
    })
  }
}

const unknown = (instanceId: string, error: unknown): unknown =>
  isCmuxError(error) ? new UnknownHolding(instanceId, error.message) : error

/** A container of a pool, as the index has it. */
export interface Tagged {
  readonly vmid: number
  readonly node: string
  readonly tags: readonly string[]
}
