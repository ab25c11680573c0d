import { z } from 'zod'

const whereSchema = z
  .strictObject({ vmid: z.number().int(), node: z.string(), storage: z.string() })
  .partial()
  .describe('attributes that the event must have')

const ruleSchema = z.strictObject({
  on: z.string().min(1),
  where: whereSchema.optional(),
  nth: z.number().int().min(1).default(1),
  times: z.number().int().min(1).or(z.literal('always')).default(1),
  do: z.enum([
    'fail',
    'drop-answer',
    'drop-before',
    '596',
    '596-late',
    'kill-worker',
    'delay',
    'power-cut',
    'exit',
    'lose-quorum',
  ]),
  message: z.string().optional(),
  status: z.number().int().min(100).max(999).optional(),
  ms: z.number().min(0).optional(),
  writes: z.number().int().min(0).optional(),
  code: z.number().int().min(0).max(255).optional(),
})

/** One rule of a fault script, with its defaults filled in. */
export type FaultRule = z.infer<typeof ruleSchema>

/** What is to be done at a point. `rule` is the number of the rule in the script, from 0. */
export type FaultAction = Readonly<Pick<FaultRule, 'do' | 'message' | 'status' | 'ms' | 'writes' | 'code'>> & {
  readonly rule: number
}

export type FaultAttributes = Readonly<Record<string, string | number>>

/** A rule that did its work. */
export interface AppliedFault {
  readonly rule: number
  readonly do: FaultRule['do']
  readonly point: string
  readonly attributes: FaultAttributes
}

interface CountedRule {
  readonly rule: FaultRule
  readonly pattern: RegExp
  seen: number
  applied: number
}

/**
 * A deterministic script of misfortunes. Whoever reaches a point where something can go wrong asks `at`; the answer depends only on
 * the script and on how often each rule's pattern and attributes matched before.
 *
 * Points: `POST /nodes/pve1/lxc/9000/clone` (requests), `task:vzclone` (a worker begins), `step:vzclone.copy` (inside one),
 * `storage:snapshot`, `post-stop`, `exec:apt-get update`. In a pattern `*` stands for any text, in requests for any text without `/`.
 */
export class Faults {
  readonly #rules: readonly CountedRule[]
  readonly #applied: AppliedFault[] = []

  constructor(rules: readonly FaultRule[] = []) {
    this.#rules = rules.map((rule) => ({ rule, pattern: patternOf(rule.on), seen: 0, applied: 0 }))
  }

  /** Reads a script, an array of rules. Throws an Error that names the rule and the field which are wrong. */
  static parse(script: unknown): Faults {
    const parsed = z.array(ruleSchema).safeParse(script)
    if (parsed.success) return new Faults(parsed.data)
    const problems = parsed.error.issues.map(({ path: [rule, ...field], message }) =>
      rule === undefined
        ? message
        : `rule ${Number(rule) + 1}${field.length > 0 ? `, ${field.join('.')}` : ''}: ${message}`,
    )
    throw new Error(`fault script: ${problems.join('; ')}`)
  }

  /** What is to be done here and now. Every rule that matches counts the event; the first one that is due acts. */
  at(point: string, attributes: FaultAttributes = {}): FaultAction | undefined {
    let action: FaultAction | undefined
    for (const [index, counted] of this.#rules.entries()) {
      if (!counted.pattern.test(point) || !hasAll(attributes, counted.rule.where)) continue
      counted.seen++
      if (action !== undefined || !isDue(counted)) continue
      counted.applied++
      const { do: deed, message, status, ms, writes, code } = counted.rule
      this.#applied.push({ rule: index, do: deed, point, attributes })
      action = { rule: index, do: deed, message, status, ms, writes, code }
    }
    return action
  }

  /** What happened so far, in order. */
  get applied(): readonly AppliedFault[] {
    return this.#applied
  }

  /** The rules that never did anything: often a sign that a pattern is wrong. */
  get unused(): readonly FaultRule[] {
    return this.#rules.filter(({ applied }) => applied === 0).map(({ rule }) => rule)
  }
}

const isDue = ({ rule, seen, applied }: CountedRule) =>
  seen >= rule.nth && (rule.times === 'always' || applied < rule.times)

function hasAll(attributes: FaultAttributes, where: FaultRule['where']): boolean {
  return Object.entries(where ?? {}).every(([name, value]) => String(attributes[name]) === String(value))
}

function patternOf(on: string): RegExp {
  const any = /^[A-Z*]+ \//.test(on) ? '[^/]*' : '.*'
  const literal = on.split('*').map((part) => part.replace(/[\\^$.+?()[\]{}|]/g, '\\$&'))
  return new RegExp(`^${literal.join(any)}$`, 's')
}
