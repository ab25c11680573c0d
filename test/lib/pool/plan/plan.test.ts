import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Member } from '../../../../src/lib/pool/member.js'
import type { Action } from '../../../../src/lib/pool/plan/action.js'
import type { Observation, ObservedTemplate } from '../../../../src/lib/pool/plan/observation.js'
import { plan } from '../../../../src/lib/pool/plan/plan.js'
import type { PoolRecord, PoolState } from '../../../../src/lib/pool/record.js'
import { toVmid } from '../../../../src/lib/pve/client.js'

const NOW = 1_800_000_000_000
const ME = 'me'
const TEMPLATE = toVmid(9009)
const POLICY = { min: 1, target: 3, max: 6, hot: 0, release: 'rollback', probe: { kind: 'address' } } as const

const member = (
  vmid: number,
  state: PoolState,
  change: Partial<PoolRecord> = {},
  more: Partial<Member> = {},
): Member => ({
  vmid: toVmid(vmid),
  node: 'pve1',
  hostname: `pool-${vmid}`,
  digest: 'a'.repeat(40),
  description: '',
  tags: [],
  protection: true,
  whole: true,
  running: false,
  ...more,
  record: {
    version: 1,
    pool: 'default',
    vmid: toVmid(vmid),
    template: TEMPLATE,
    revision: 'r1',
    state,
    generation: 1,
    tier: { kind: 'stopped' },
    since: 1_799_999_000,
    owner: ME,
    pristine: 'cmux-pristine-1',
    ...(state === 'claimed' && {
      claim: { instanceId: `i${vmid}`, id: `c${vmid}`, request: 'r', at: 1, metadata: {} },
    }),
    ...change,
  },
})

const source = (vmid: number, lock?: string) => ({
  vmid: toVmid(vmid),
  node: 'pve1',
  memory: 64,
  reaches: ['pve1'],
  ...(lock !== undefined && { lock }),
})

const template = (change: Partial<ObservedTemplate> = {}): ObservedTemplate => ({
  template: TEMPLATE,
  policy: POLICY,
  revision: 'r1',
  sources: [source(9009)],
  begun: 0,
  waiting: 0,
  warm: 0,
  draining: false,
  breaker: 'closed',
  heatBreaker: 'closed',
  ...change,
})

const observed = (members: readonly Member[], change: Partial<Observation> = {}): Observation => ({
  now: NOW,
  owner: ME,
  mode: 'running',
  members,
  templates: [template()],
  nodes: [{ node: 'pve1', online: true }],
  unchangedFor: () => 0,
  sameLockFor: () => 0,
  strangers: [],
  isBusy: () => false,
  isUncertain: () => false,
  isOlderThanBoot: () => false,
  isAnswered: () => false,
  dirt: () => undefined,
  random: () => 0.5,
  ...change,
})

const brief = (actions: readonly Action[]) =>
  actions.map((action) => ('member' in action ? `${action.kind} ${action.member.vmid}` : action.kind))

describe('how many there shall be', () => {
  it('a fill begins from every free source until the target is met', () => {
    const templates = [template({ sources: [source(9009), source(9010), source(9011), source(9012, 'disk')] })]
    expect(brief(plan(observed([member(200, 'ready')], { templates })))).toEqual(['fill', 'fill'])
    expect(plan(observed([200, 201, 202].map((vmid) => member(vmid, 'ready'))))).toEqual([])
  })

  it('those who wait in line are added, and the maximum holds, claimed ones included', () => {
    const waiting = (count: number, members: readonly Member[]) =>
      brief(
        plan(
          observed(members, {
            templates: [template({ waiting: count, sources: [9009, 9010, 9011, 9012].map((vmid) => source(vmid)) })],
          }),
        ),
      )
    const ready = [200, 201, 202].map((vmid) => member(vmid, 'ready'))
    expect(waiting(2, ready)).toEqual(['fill', 'fill'])
    const claimed = [203, 204].map((vmid) => member(vmid, 'claimed'))
    expect(waiting(4, [...ready, ...claimed])).toEqual(['fill'])
    expect(waiting(4, [...ready, ...claimed, member(205, 'quarantined')])).toEqual([])
  })

  it('a source that others copy is waited for', () => {
    expect(brief(plan(observed([], { templates: [template({ sources: [source(9009, 'disk')] })] })))).toEqual(['wait'])
  })

  it('what is above the maximum goes, the highest VMIDs first, and what a job already takes away counts as gone', () => {
    const members = [200, 201, 202, 203, 204, 205, 206, 207].map((vmid) => member(vmid, 'ready'))
    expect(brief(plan(observed(members)))).toEqual(['retire 207', 'retire 206'])
    expect(brief(plan(observed(members, { isBusy: (vmid) => vmid === 207 })))).toEqual(['retire 206'])
  })

  it('a released one comes back while it is needed, else it goes', () => {
    const released = member(209, 'releasing')
    expect(brief(plan(observed([member(200, 'ready'), member(201, 'ready'), released])))).toEqual(['recycle 209'])
    const enough = [200, 201, 202].map((vmid) => member(vmid, 'ready'))
    expect(brief(plan(observed([...enough, released])))).toEqual(['destroy 209'])
  })

  it('never heats more than are to be hot, whatever jobs are under way', () => {
    const members = [200, 201, 202].map((vmid) => member(vmid, 'ready'))
    const templates = [template({ policy: { ...POLICY, hot: 2 } })]
    expect(brief(plan(observed(members, { templates })))).toEqual(['heat 200', 'heat 201'])
    expect(brief(plan(observed(members, { templates, isBusy: (vmid) => vmid < 202 })))).toEqual([])
  })
})

describe('what becomes of a single container', () => {
  const only = (one: Member, change: Partial<Observation> = {}) =>
    brief(plan(observed([one], { templates: [template({ policy: { ...POLICY, target: 0, min: 0 } })], ...change })))

  it('a dirty one is taken out before anyone gets it', () => {
    expect(only(member(200, 'ready'), { dirt: () => 'it runs' })).toEqual(['retire 200'])
  })

  it('a lease that has ended is ended, but for a moment in which clocks may differ', () => {
    const leased = (expires: number) =>
      member(200, 'claimed', { claim: { instanceId: 'a', id: 'b', request: 'c', at: 1, expires, metadata: {} } })
    expect(only(leased(NOW / 1000 - 10))).toEqual(['expire 200'])
    expect(only(leased(NOW / 1000 - 1))).toEqual([])
    expect(only(leased(NOW / 1000 + 10))).toEqual([])
    expect(only(member(200, 'claimed'))).toEqual([])
  })

  it('what another run has released is left to it for its time, and then destroyed, never made ready', () => {
    const others = member(200, 'releasing', { owner: 'other' })
    expect(only(others, { unchangedFor: () => 59_000 })).toEqual([])
    expect(only(others, { unchangedFor: () => 61_000 })).toEqual(['destroy 200'])
  })

  it('one whose earlier rollback got no answer is destroyed', () => {
    const needed = { templates: [template()], isUncertain: () => true }
    expect(brief(plan(observed([member(200, 'releasing')], needed)))).toContain('destroy 200')
  })

  it('a fill that a dead daemon left is finished, unless its node has booted since', () => {
    const left = member(200, 'filling', { owner: 'other' })
    const change = { unchangedFor: () => 61_000, templates: [template()] }
    expect(brief(plan(observed([left], change)))).toContain('finish 200')
    expect(brief(plan(observed([left], { ...change, isOlderThanBoot: () => true })))).toContain('retire 200')
  })

  it('nothing is done to a locked one, until the lock has stood long enough to be looked into', () => {
    const locked = member(200, 'releasing', {}, { lock: 'backup' })
    expect(only(locked)).toEqual([])
    expect(only(locked, { sameLockFor: () => 61_000 })).toEqual(['inspect'])
  })

  it('nothing but the end of leases happens while the pool is paused', () => {
    const members = [member(200, 'releasing'), member(201, 'filling'), member(202, 'ready')]
    expect(plan(observed(members, { mode: 'paused' }))).toEqual([])
  })

  it('while the pool is drained nothing is made, and what nobody holds goes', () => {
    const members = [member(200, 'releasing'), member(201, 'filling'), member(202, 'ready'), member(203, 'claimed')]
    expect(brief(plan(observed(members, { mode: 'draining' })))).toEqual(['destroy 200', 'retire 201', 'retire 202'])
  })
})

describe('a new build of the template', () => {
  const ready = (vmid: number, revision: string) => member(vmid, 'ready', { revision })

  it('takes old ones out only as new ones are ready', () => {
    const old = [200, 201, 202].map((vmid) => ready(vmid, 'r0'))
    expect(brief(plan(observed(old)))).toEqual(['fill'])
    expect(brief(plan(observed([...old, ready(203, 'r1')])))).toEqual(['fill', 'retire 200'])
    expect(brief(plan(observed([ready(202, 'r0'), ...[203, 204, 205].map((vmid) => ready(vmid, 'r1'))])))).toEqual([
      'retire 202',
    ])
  })

  it('makes room by one old one when there is none, but never below the minimum', () => {
    const claimed = [210, 211, 212, 213].map((vmid) => member(vmid, 'claimed'))
    expect(brief(plan(observed([ready(200, 'r0'), ready(201, 'r0'), ...claimed])))).toEqual(['retire 200'])
    expect(brief(plan(observed([ready(200, 'r0'), member(214, 'claimed'), ...claimed])))).toEqual([])
  })

  it('stops while fills fail', () => {
    const old = [200, 201, 202, 203].map((vmid) => ready(vmid, 'r0'))
    expect(plan(observed(old, { templates: [template({ breaker: 'open' })] }))).toEqual([])
  })
})

describe('whatever there is', () => {
  const state = fc.constantFrom<PoolState>('filling', 'ready', 'claimed', 'releasing', 'quarantined')
  const anyMembers = fc
    .array(fc.record({ state, mine: fc.boolean(), revision: fc.constantFrom('r0', 'r1'), lock: fc.boolean() }), {
      maxLength: 12,
    })
    .map((entries) =>
      entries.map(({ state, mine, revision, lock }, index) =>
        member(200 + index, state, { owner: mine ? ME : 'other', revision }, lock ? { lock: 'disk' } : {}),
      ),
    )
  const anyTemplate = fc
    .record({
      waiting: fc.nat(5),
      begun: fc.nat(2),
      breaker: fc.constantFrom('closed' as const, 'open' as const, 'half-open' as const),
      target: fc.nat(5),
      more: fc.nat(4),
      sources: fc.nat(4),
    })
    .map(({ target, more, sources, ...change }) =>
      template({
        ...change,
        policy: { ...POLICY, min: Math.min(1, target), target, max: Math.max(1, target + more) },
        sources: Array.from({ length: sources }, (_, index) => source(9009 + index)),
      }),
    )
  const age = fc.constantFrom(0, 100_000)

  it('a claimed one is never touched before its lease ends, nothing is done twice to one, and the maximum is never passed', () => {
    fc.assert(
      fc.property(anyMembers, anyTemplate, age, (members, kept, old) => {
        const actions = plan(observed(members, { templates: [kept], unchangedFor: () => old, sameLockFor: () => old }))
        const touched = actions.flatMap((action) => ('member' in action ? [action.member] : []))
        expect(touched.filter(({ record }) => record.state === 'claimed')).toEqual([])
        expect(touched.filter(({ lock }) => lock !== undefined)).toEqual([])
        expect(new Set(touched.map(({ vmid }) => vmid)).size).toBe(touched.length)
        const fills = actions.filter(({ kind }) => kind === 'fill').length
        if (fills > 0) expect(members.length + kept.begun + fills).toBeLessThanOrEqual(kept.policy.max)
        if (kept.breaker === 'open') expect(fills).toBe(0)
      }),
    )
  })

  it('one source is never copied twice at a time', () => {
    fc.assert(
      fc.property(anyMembers, anyTemplate, (members, kept) => {
        const copied = plan(observed(members, { templates: [kept] })).flatMap((action) =>
          action.kind === 'fill' ? [action.source.vmid] : [],
        )
        expect(new Set(copied).size).toBe(copied.length)
      }),
    )
  })

  it('every daemon picks the same, so that they meet at the digest and not side by side', () => {
    fc.assert(
      fc.property(anyMembers, anyTemplate, (members, kept) => {
        const seen = observed(members, { templates: [kept] })
        const retired = (given: Observation) => brief(plan(given)).filter((text) => text.startsWith('retire'))
        expect(retired({ ...seen, members: members.toReversed() }).toSorted()).toEqual(retired(seen).toSorted())
      }),
    )
  })
})
