import * as z from 'zod/mini'

/** What the original service answers comes first in each object, under its own names; what follows was added. */

const number = z.number()
const text = z.string()
const instant = z.string().check(z.describe('ISO 8601, UTC.'))
const tier = z.enum(['stopped', 'hot'])
const poolState = z.enum(['filling', 'ready', 'claimed', 'releasing', 'quarantined'])

export const health = z.object({ status: z.literal('healthy'), timestamp: instant })

export const readiness = z.object({ status: z.literal('ready') })

export const allocation = z.object({
  vmid: number,
  hostname: text.check(z.describe('Equal to instance_id.')),
  instance_id: text,
  template_vmid: number,
  allocated_from_pool: z.boolean().check(z.describe('False when it was made for this request.')),
  node: text,
  tier,
  status: z.enum(['running', 'stopped']),
  claim_id: text,
  expires_at: z.nullable(instant),
  stages: z
    .object({ queue: number, claim: number, start: number, inject: number })
    .check(z.describe('Milliseconds spent waiting in line, claiming, starting, injecting.')),
})

const statusContainer = z.object({
  vmid: number,
  hostname: text,
  state: z.enum(['creating', 'ready', 'allocated', 'failed']),
  created_at: instant.check(z.describe('When it came into its state.')),
  allocated_to: z.nullable(text),
})

const templateStatus = z.object({
  template_vmid: number,
  ready_count: number,
  allocated_count: number,
  creating_count: number.check(z.describe('Being filled or being cleaned.')),
  target_size: number,
  containers: z.array(statusContainer),
  revision: text,
  hot_count: number,
  filling_count: number,
  releasing_count: number,
  quarantined_count: number,
  min_size: number,
  max_size: number,
  breaker: z.enum(['closed', 'open']),
  missing: z.nullable(z.enum(['absent', 'no-template']).check(z.describe('Why it cannot be cloned.'))),
  fill_milliseconds: z.nullable(number.check(z.describe('What one fill takes, as measured lately.'))),
})

export const alarm = z.object({
  kind: z.enum([
    'breaker',
    'stuck-lock',
    'quarantine',
    'unreachable',
    'no-quorum',
    'missing-template',
    'refused',
    'destroy-refused',
    'unknown-node',
  ]),
  message: text,
  vmid: z.nullable(number),
  template_vmid: z.nullable(number),
  remedy: z.nullable(text),
})

export const status = z.object({
  templates: z.record(z.string(), templateStatus),
  total_ready: number,
  total_allocated: number,
  total_creating: number,
  clone_queue_length: number.check(z.describe('Allocates that wait for a container.')),
  mode: z.enum(['running', 'paused', 'draining']),
  observed_at: z.nullable(instant),
  cluster: z.object({
    reachable: z.boolean(),
    quorate: z.boolean(),
    refuses: z.nullable(
      z.enum(['token', 'privilege']).check(z.describe('What Proxmox refuses; the alarm says which.')),
    ),
  }),
  alarms: z.array(alarm),
})
export type StatusAnswer = z.output<typeof status>

const container = z.object({
  vmid: number,
  node: text,
  hostname: text,
  template_vmid: number,
  revision: text,
  state: poolState,
  tier,
  since: instant,
  instance_id: z.nullable(text),
  expires_at: z.nullable(instant),
  metadata: z.record(z.string(), z.string()),
  reason: z.nullable(text),
})

export const containers = z.object({ containers: z.array(container) })

export const released = z.object({
  status: z.literal('released'),
  vmid: number,
  node: text,
  instance_id: z.nullable(text.check(z.describe('Who held it.'))),
  already: z.boolean().check(z.describe('It was given back before.')),
})

export const removed = z.object({ ...released.shape, status: z.literal('removed') })

export const lease = z.object({
  status: z.literal('renewed'),
  vmid: number,
  instance_id: text,
  expires_at: instant,
})

export const warming = z.object({
  status: z.literal('warming'),
  template_vmid: number,
  queued: number,
  current: number,
  target: number,
  asked: number,
  possible: number.check(z.describe('As many of those asked for as can be ready.')),
  max_size: number,
  taken: number.check(z.describe('How many of max_size are in use or set aside.')),
})

export const plan = z.object({
  steps: z.array(
    z.object({
      action: text,
      vmid: z.nullable(number),
      node: z.nullable(text),
      template_vmid: z.nullable(number),
      why: text,
    }),
  ),
})

export const garbage = z.object({
  orphans: z.array(z.object({ vmid: number, node: text, ours: z.boolean(), why: text, destroyed: z.boolean() })),
})

/** What an event of the stream says beside its kind. */
export const stateEvent = z.object({
  vmid: number,
  template_vmid: number,
  from: z.nullable(poolState),
  to: z.union([poolState, z.literal('gone')]),
})
export const filledEvent = z.object({ vmid: number, template_vmid: number, milliseconds: number })
export const lockEvent = z.object({ vmid: number, word: text })
export const retryEvent = z.object({ what: text })
export const requested = z.object({ request_id: text })

export const mode = z.object({ status: z.enum(['paused', 'running', 'draining']) })

export const refusal = z.object({
  detail: z.union([text, z.array(z.object({ loc: z.array(z.union([text, number])), msg: text, type: text }))]),
  code: text,
  hint: z.optional(text),
  because: z.optional(
    text.check(
      z.describe('Of an unavailable: unauthorised, forbidden (Proxmox refuses the pool) or not-found (the template).'),
    ),
  ),
})
export type Refusal = z.output<typeof refusal>
