import * as z from 'zod/mini'
import { fitsSocketAddress, LONGEST_SOCKET_PATH } from './socket-path.js'
import type { Variable } from './variables.js'

const variable = <T>(schema: Variable<T>['schema'], allowed: string): Variable<T> => ({ schema, allowed })

const text = (pattern: RegExp) => z.string().check(z.regex(pattern))

const count = (minimum: number, maximum: number) =>
  variable(
    () =>
      z.pipe(text(/^\d{1,9}$/), z.pipe(z.transform(Number), z.number().check(z.minimum(minimum), z.maximum(maximum)))),
    `a whole number from ${minimum} to ${maximum}`,
  )

/** In seconds, kept in milliseconds. */
const seconds = (minimum: number, maximum: number) =>
  variable(
    () =>
      z.pipe(
        z.pipe(
          text(/^\d{1,9}(?:\.\d{1,3})?$/),
          z.pipe(z.transform(Number), z.number().check(z.minimum(minimum), z.maximum(maximum))),
        ),
        z.transform((value: number) => Math.round(value * 1000)),
      ),
    `a number of seconds from ${minimum} to ${maximum}`,
  )

/** How a hot container shows that it is ready. */
export type ProbeText = { readonly kind: 'address' } | { readonly kind: 'tcp'; readonly port: number }

const PROBE = /^(?:address|tcp:([1-9]\d{0,4}))$/

const probe: Variable<ProbeText> = variable(
  () =>
    z.pipe(
      text(PROBE).check(z.refine((value) => Number(PROBE.exec(value)?.[1] ?? 1) <= 65_535)),
      z.transform((value): ProbeText => {
        const port = PROBE.exec(value)?.[1]
        return port === undefined ? { kind: 'address' } : { kind: 'tcp', port: Number(port) }
      }),
    ),
  'address, or tcp:PORT (a command can be given in the file of POOL_CONFIG)',
)

/** A template's VMID and, if it was given, how many of it shall be ready. */
export interface TemplateTarget {
  readonly template: number
  readonly target?: number
}

const TARGET = /^([1-9]\d{2,8})(?::(\d{1,6}))?$/

const parts = (value: string): readonly string[] => value.split(/[\s,]+/).filter((part) => part !== '')

/** What is wrong, entry by entry; nothing: all is right. */
function mistakesIn(value: string): readonly string[] {
  const found = parts(value)
  if (found.length === 0) return ['it names none']
  const seen = new Set<string>()
  return found.flatMap((part) => {
    const [vmid = '', target] = part.split(':')
    const again = seen.has(vmid)
    seen.add(vmid)
    if (!/^[1-9]\d{2,8}$/.test(vmid)) return [`in '${part}', '${vmid}' is no VMID (a whole number from 100 on)`]
    if (again) return [`${vmid} stands there twice`]
    if (TARGET.test(part)) return []
    return [`in '${part}', '${target ?? ''}' is no number of containers (a whole number from 0 on)`]
  })
}

const templateTargets: Variable<readonly TemplateTarget[]> = {
  mistakesIn,
  allowed: 'VMIDs of templates, each once, with how many shall be ready: 9009:5,9010:2',
  schema: () =>
    z.pipe(
      z.string().check(z.refine((value) => mistakesIn(value).length === 0)),
      z.transform((value: string): readonly TemplateTarget[] =>
        parts(value).map((part) => {
          const [, template = '', target] = TARGET.exec(part) ?? []
          return { template: Number(template), ...(target !== undefined && { target: Number(target) }) }
        }),
      ),
    ),
}

/** The pool's variables. The first three and the last ones mean what they meant in the service that this one replaces. */
export const POOL_VARIABLES = {
  POOL_TARGET_SIZE: count(0, 100_000),
  POOL_MIN_SIZE: count(0, 100_000),
  POOL_MAX_SIZE: count(1, 100_000),
  POOL_HOT_SIZE: count(0, 100_000),
  POOL_RELEASE: variable(() => z.enum(['rollback', 'destroy', 'reuse']), 'one of rollback, destroy, reuse'),
  POOL_TEMPLATES: templateTargets,
  POOL_CONFIG: variable(() => z.string(), 'the path of a file'),
  POOL_PROBE: probe,
  POOL_NAME: variable(
    () => text(/^[a-z0-9](?:[a-z0-9_.-]{0,38}[a-z0-9])?$/),
    'up to 40 lower-case letters, digits and inner hyphens, dots or underscores',
  ),
  POOL_HOST: variable(
    () => text(/^(?:[a-z0-9](?:[\w.-]*[a-z0-9])?|\[?[0-9a-f:.]*:[0-9a-f:.]*\]?)$/i),
    'an address or name of this machine',
  ),
  POOL_PORT: count(0, 65_535),
  POOL_SOCKET: variable(
    () => text(/^\/./).check(z.refine(fitsSocketAddress)),
    `the absolute path of a Unix socket, at most ${LONGEST_SOCKET_PATH} bytes`,
  ),
  CONTAINER_HOSTNAME_PREFIX: variable(
    () => text(/^[a-z0-9][a-z0-9-]{0,39}$/i),
    'what hostnames begin with: up to 40 letters, digits and hyphens, a letter or digit first',
  ),
  CLONE_MAX_RETRIES: count(0, 100),
  CLONE_RETRY_DELAY_SECONDS: seconds(0, 3600),
  CLONE_RETRY_JITTER_SECONDS: seconds(0, 3600),
  REPLENISH_INTERVAL_SECONDS: seconds(1, 86_400),
  REPLENISH_BATCH_SIZE: count(1, 10_000),
} as const satisfies Readonly<Record<string, Variable>>
