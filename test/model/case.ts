import fc from 'fast-check'

/** Everything that happens in one run: the same case gives the same run, to the last request. */
export interface Case {
  /** For what is left to chance: delays of the network, choices of the pools. */
  readonly seed: number
  readonly nodes: 1 | 2
  readonly policy: {
    readonly min: number
    readonly target: number
    readonly max: number
    readonly hot: number
    readonly release: 'rollback' | 'destroy'
  }
  readonly steps: readonly Step[]
}

/** What happens next, `wait` milliseconds after the step before. */
export type Step = { readonly wait: number } & (ClientStep | Misfortune)

/** `daemon` is 0, 1 or 2; `pick` chooses among those there are, modulo their number. */
export type ClientStep =
  | {
      readonly do: 'allocate'
      readonly daemon: number
      /** Absent: the pool makes up an instance id. */
      readonly instance?: number
      readonly start: boolean
      /** Seconds. */
      readonly ttl?: number
      /** Milliseconds that the client is ready to wait. */
      readonly timeout: number
      /** Milliseconds after which it goes away without a word. */
      readonly leaves?: number
      /** How often it tries again, at the next daemon, when the connection ends or the pool is not available. */
      readonly retries: number
    }
  | { readonly do: 'release' | 'remove'; readonly daemon: number; readonly pick: number }
  | { readonly do: 'renew'; readonly daemon: number; readonly pick: number; readonly ttl: number }
  | { readonly do: 'tenant'; readonly pick: number; readonly what: 'stop' | 'start' | 'snapshot' | 'exit' }

export type WireFault =
  | 'refused'
  | 'lost-request'
  | 'lost-answer'
  | 'late-request'
  | 'late-answer'
  | '596-never'
  | '596-applied'
  | '596-late'
  | 'crash-before'
  | 'crash-after'
  | 'crash-late'
  /** A list is answered with an empty one. */
  | 'empty'

/** Which request a fault of the network hits. */
export type WireTarget = 'any' | 'change' | 'config' | 'clone' | 'power' | 'rollback' | 'snapshot' | 'destroy' | 'list'

export type ForeignKind =
  /** Nothing of ours on it. */
  | 'plain'
  /** Our tags, but no record. */
  | 'tagged'
  /** The description of one of ours, without the tags. */
  | 'described'
  /** Somebody cloned one of ours: description and tags are the same. */
  | 'copy'
  /** As a copy, with the name of another pool. */
  | 'other-pool'

export type Misfortune =
  | { readonly do: 'crash'; readonly daemon: number; readonly down: number }
  | {
      readonly do: 'wire'
      readonly daemon: number
      readonly target: WireTarget
      readonly fault: WireFault
      /** It hits the nth such request from now on. */
      readonly nth: number
      /** Milliseconds of whatever is late, or down. */
      readonly ms: number
    }
  | { readonly do: 'lock'; readonly pick: number; readonly word: 'disk' | 'snapshot' | 'backup' | 'rollback' }
  | { readonly do: 'unlock' }
  | { readonly do: 'foreign'; readonly kind: ForeignKind; readonly offset: number }
  | { readonly do: 'snapshot'; readonly pick: number }
  | { readonly do: 'edit'; readonly pick: number; readonly what: 'notes' | 'tags' | 'hostname' | 'memory' }
  /** An operator takes one that nobody holds for himself: neither tags nor record are left. */
  | { readonly do: 'adopt'; readonly pick: number }
  | { readonly do: 'clock'; readonly daemon: number; readonly ms: number }
  | { readonly do: 'power-cut'; readonly writes: number; readonly down: number }
  | { readonly do: 'reboot'; readonly node: number; readonly down: number }
  | { readonly do: 'post-stop'; readonly ms: number }
  | { readonly do: 'kill-worker'; readonly pick: number }
  | { readonly do: 'storage'; readonly operation: 'linked-clone' | 'rollback' | 'snapshot' | 'free' }
  | { readonly do: 'start-fails'; readonly times: number }
  | { readonly do: 'guest'; readonly pick: number; readonly what: 'exit' | 'start' | 'stop' }
  | { readonly do: 'empty-list'; readonly daemon: number }

const daemon = fc.nat(2)
const pick = fc.nat(7)
const wait = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: 0, max: 4 }) },
  { weight: 4, arbitrary: fc.integer({ min: 5, max: 60 }) },
  { weight: 3, arbitrary: fc.integer({ min: 200, max: 3_000 }) },
  { weight: 3, arbitrary: fc.integer({ min: 4_000, max: 25_000 }) },
)
const late = fc.oneof(
  fc.integer({ min: 1, max: 50 }),
  fc.integer({ min: 100, max: 5_000 }),
  fc.integer({ min: 6_000, max: 30_000 }),
)
const down = fc.integer({ min: 1, max: 20_000 })
/** No node comes up again within seconds. */
const reboot = fc.integer({ min: 6_000, max: 20_000 })

const step = <T extends Record<string, unknown>>(weight: number, fields: { [K in keyof T]: fc.Arbitrary<T[K]> }) => ({
  weight,
  arbitrary: fc.record({ wait, ...fields }),
})
const word = <T extends string>(...words: readonly T[]) => fc.constantFrom(...words)

const allocate = {
  weight: 30,
  arbitrary: fc.record(
    {
      wait,
      do: word('allocate'),
      daemon,
      instance: fc.nat(3),
      start: fc.boolean(),
      ttl: fc.integer({ min: 1, max: 40 }),
      timeout: fc.integer({ min: 500, max: 40_000 }),
      leaves: fc.oneof(fc.integer({ min: 0, max: 15 }), fc.integer({ min: 16, max: 9_000 })),
      retries: fc.nat(3),
    },
    { requiredKeys: ['wait', 'do', 'daemon', 'start', 'timeout', 'retries'] },
  ),
}

const anyStep = fc.oneof(
  allocate,
  step(16, { do: word('release'), daemon, pick }),
  step(2, { do: word('remove'), daemon, pick }),
  step(3, { do: word('renew'), daemon, pick, ttl: fc.integer({ min: 1, max: 40 }) }),
  step(4, { do: word('tenant'), pick, what: word('stop', 'start', 'snapshot', 'exit') }),
  step(5, { do: word('crash'), daemon, down }),
  step(20, {
    do: word('wire'),
    daemon,
    target: word('any', 'change', 'config', 'clone', 'power', 'rollback', 'snapshot', 'destroy', 'list'),
    fault: word(
      'refused',
      'lost-request',
      'lost-answer',
      'late-request',
      'late-answer',
      '596-never',
      '596-applied',
      '596-late',
      'crash-before',
      'crash-after',
      'crash-late',
    ),
    nth: fc.integer({ min: 1, max: 4 }),
    ms: late,
  }),
  step(4, { do: word('lock'), pick, word: word('disk', 'snapshot', 'backup', 'rollback') }),
  step(2, { do: word('unlock') }),
  step(4, { do: word('foreign'), kind: word('plain', 'tagged', 'described', 'copy', 'other-pool'), offset: fc.nat(9) }),
  step(2, { do: word('snapshot'), pick }),
  step(2, { do: word('edit'), pick, what: word('notes', 'tags', 'hostname', 'memory') }),
  step(2, { do: word('adopt'), pick }),
  step(2, { do: word('clock'), daemon, ms: fc.constantFrom(-3_600_000, -20_000, -1_500, 1_500, 20_000, 3_600_000) }),
  step(2, { do: word('power-cut'), writes: fc.nat(6), down: reboot }),
  step(2, { do: word('reboot'), node: fc.nat(1), down: reboot }),
  step(3, { do: word('post-stop'), ms: fc.integer({ min: 1, max: 400 }) }),
  step(2, { do: word('kill-worker'), pick }),
  step(2, { do: word('storage'), operation: word('linked-clone', 'rollback', 'snapshot', 'free') }),
  step(3, { do: word('start-fails'), times: fc.integer({ min: 1, max: 2 }) }),
  step(3, { do: word('guest'), pick, what: word('exit', 'start', 'stop') }),
  step(1, { do: word('empty-list'), daemon }),
)

const policy = fc
  .record({
    target: fc.integer({ min: 1, max: 4 }),
    more: fc.nat(5),
    hot: fc.nat(3),
    min: fc.nat(2),
    destroy: fc.nat(3),
  })
  .map(({ target, more, hot, min, destroy }) => ({
    min: Math.min(min, target),
    target,
    max: target + more,
    hot: Math.min(hot, target),
    release: destroy === 0 ? ('destroy' as const) : ('rollback' as const),
  }))

/** Any case. Small ones are as likely as long ones. */
export const anyCase: fc.Arbitrary<Case> = fc.record({
  seed: fc.nat(0xffff),
  nodes: fc.constantFrom(1 as const, 2 as const),
  policy,
  steps: fc.array(anyStep, { minLength: 3, maxLength: 32, size: 'max' }) as fc.Arbitrary<readonly Step[]>,
})
