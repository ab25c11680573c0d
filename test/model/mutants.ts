import type { Patch } from './bundle.js'

/** A pool without one of its rules. */
export interface Mutant {
  /** The rule that is taken out. */
  readonly rule: string
  readonly patches: readonly Patch[]
}

const POOL = 'src/lib/pool'
const patch = (file: string, find: string, replace: string): Patch => ({ file: `${POOL}/${file}`, find, replace })

/** Every rule of the pool that a test can take out, one at a time. */
export const MUTANTS: readonly Mutant[] = [
  {
    rule: 'a write is bound to the digest of what was read',
    patches: [patch('records.ts', '        digest: member.digest,\n      })', '      })')],
  },
  {
    rule: 'a claim is verified after it was written',
    patches: [
      patch(
        'allocate/claim.ts',
        '  const proof = await prove(context, member, claim)\n  return proof === undefined\n',
        '  const proof = await unproved()\n  return proof === undefined\n',
      ),
      patch(
        'allocate/claim.ts',
        '/** The view learns at once what was written.',
        'const unproved = async (): Promise<string | undefined> => undefined\n\n/** The view learns at once what was written.',
      ),
    ],
  },
  {
    rule: 'the generation grows with every write',
    patches: [patch('next-record.ts', 'generation: record.generation + 1,', 'generation: record.generation,')],
  },
  {
    rule: 'a ready container is in the run state in which it became ready',
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
    patches: [patch('records.ts', ' || record.vmid !== address.vmid) return undefined', ') return undefined')],
  },
  {
    rule: 'what is destroyed was seen twice',
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
    patches: [
      patch(
        'act/fill.ts',
        "if (isCmuxError(error, 'exists')) attempt++",
        "if (isCmuxError(error, 'exists')) throw error",
      ),
    ],
  },
  {
    rule: 'a caller who has left holds nothing',
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
    patches: [
      patch(
        'allocate/hand-out.ts',
        'const held = await this.#held(order)',
        'const held: Member | undefined = await Promise.resolve(undefined)',
      ),
    ],
  },
]
