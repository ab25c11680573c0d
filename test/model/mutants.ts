import type { Patch } from './patched-source.js'

/** A pool without one of its rules. */
export interface Mutant {
  /** The rule that is taken out. */
  readonly rule: string
  readonly patches: readonly Patch[]
  /** A seed that found out when this was written: it is tried first. */
  readonly seed?: number
  /** A test that finds out, where the model's adversary cannot be quick enough, or other rules keep the harm away. */
  readonly test?: { readonly file: string; readonly name: string }
}

const POOL = 'src/lib/pool'
const patch = (file: string, find: string, replace: string): Patch => ({ file: `${POOL}/${file}`, find, replace })

/** Every rule of the pool that a test can take out, one at a time. */
export const MUTANTS: readonly Mutant[] = [
  {
    rule: 'a write is bound to the digest of what was read',
    seed: 2,
    patches: [patch('records.ts', '        digest: member.digest,\n      })', '      })')],
  },
  {
    rule: 'a claim is verified after it was written',
    seed: 27,
    patches: [
      patch(
        'allocate/claim.ts',
        '/** The view learns at once what was written.',
        'const unproved = async (..._: unknown[]): Promise<string | undefined> => undefined\n\n/** The view learns at once what was written.',
      ),
      patch(
        'allocate/claim.ts',
        '  onClaimed?.()\n  const proof = await prove(',
        '  onClaimed?.()\n  const proof = await unproved(',
      ),
    ],
  },
  {
    rule: 'the generation grows with every write',
    seed: 52,
    patches: [patch('next-record.ts', 'generation: record.generation + 1,', 'generation: record.generation,')],
  },
  {
    rule: 'a ready container is in the run state in which it became ready',
    seed: 21,
    patches: [
      patch(
        'run-state.ts',
        "if (tier.kind === 'stopped') return !seen.running\n",
        "if (tier.kind === 'stopped' || seen.running !== undefined) return true\n",
      ),
    ],
  },
  {
    rule: 'a record is ours only when it was written for that container',
    seed: 3,
    patches: [patch('records.ts', ' || record.vmid !== address.vmid) return undefined', ') return undefined')],
  },
  {
    rule: 'what is destroyed was seen twice',
    test: {
      file: 'test/lib/pool/controller.test.ts',
      name: 'that somebody takes for himself after it was marked is seen a second time, and left alone',
    },
    patches: [
      patch(
        'act/destroy.ts',
        'const seenAgain = await records.look(marked)',
        'const seenAgain: Member | undefined = marked',
      ),
    ],
  },
  {
    rule: 'a record older than the boot of its node is not trusted',
    seed: 52,
    patches: [
      patch(
        'run-state.ts',
        'bootedAt !== undefined && since <= bootedAt + BOOT_SLACK',
        'bootedAt !== undefined && since < 0',
      ),
    ],
  },
  {
    rule: 'a VMID that exists is left to whoever has it, and another one is taken',
    seed: 2,
    patches: [
      patch(
        'act/fill.ts',
        'vmids.rest(vmid)\n      if (isCmuxError(error',
        'vmids.settle(vmid)\n      if (isCmuxError(error',
      ),
      patch('act/vmid-choice.ts', '!used.has(vmid) && !this.#taken', '!this.#taken'),
    ],
  },
  {
    rule: 'a caller who has left holds nothing',
    seed: 13,
    patches: [
      patch(
        'allocate/hand-out.ts',
        'void holdings.giveUp(won, own, error instanceof Error',
        'void ((..._: unknown[]) => undefined)(won, own, error instanceof Error',
      ),
    ],
  },
  {
    rule: 'an instance that has a container gets that one again',
    test: {
      file: 'test/lib/pool/allocate/idempotency.test.ts',
      name: 'an instance gets the same container again, without another write',
    },
    patches: [
      patch(
        'allocate/hand-out.ts',
        'const held = await this.#parts.before.find(order)',
        'const held: Member | undefined = await Promise.resolve(undefined)',
      ),
    ],
  },
]
