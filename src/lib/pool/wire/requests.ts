import * as z from 'zod/mini'
import { flag, vmid, wholeNumber } from './values.js'

/** Milliseconds that an allocate waits in line unless the caller says otherwise: the original's clients leave after 120 s. */
export const DEFAULT_WAIT = 110_000

const LONGEST_WAIT_SECONDS = 600
const LONGEST_LEASE_SECONDS = 366 * 24 * 3600
/** What is kept of a caller's metadata stands in the container's description, which Proxmox limits to 8 KiB. */
const METADATA = { entries: 32, key: 64, value: 512, whole: 2048 }

/** An optional field that may also be null, and is left out then. */
const maybe = <T extends z.ZodMiniType>(schema: T) => z.optional(z.nullable(schema))

const metadata = z.record(z.string(), z.string()).check(
  z.refine(withinLimits, {
    error: `at most ${METADATA.entries} entries, names of ${METADATA.key} and values of ${METADATA.value} characters, ${METADATA.whole} in all`,
  }),
  z.describe('Kept with the container, readable for everyone who may see it: no secrets.'),
)

const environment = z
  .record(z.string().check(z.regex(/^[A-Za-z_]\w{0,127}$/)), z.string().check(z.regex(/^[^\0]*$/)))
  .check(
    z.refine((value) => Object.keys(value).length <= 256, { error: 'at most 256 variables' }),
    z.describe('Variables put into the container before it is answered. Needs an executor and start=true.'),
  )

const file = z
  .object({
    path: z.string().check(z.regex(/^\/[^\0]{1,4094}$/), z.describe('Absolute.')),
    content: z.optional(z.string().check(z.describe('Text.'))),
    content_base64: z.optional(z.base64().check(z.describe('Bytes; in place of content.'))),
    mode: z.optional(z.string().check(z.regex(/^[0-7]{3,4}$/), z.describe('Octal permission bits; default 0644.'))),
  })
  .check(
    z.refine(({ content, content_base64 }) => (content === undefined) !== (content_base64 === undefined), {
      error: 'needs content or content_base64, and not both',
    }),
  )

export const allocateBody = z.object({
  template_vmid: vmid().check(z.describe('Which template it shall be a clone of.')),
  instance_id: maybe(
    z
      .string()
      .check(
        z.maxLength(253),
        z.describe(
          'Becomes the hostname. One that holds a container already gets that one again. Absent: one is made up.',
        ),
      ),
  ),
  metadata: maybe(metadata),
  ttl_seconds: maybe(
    wholeNumber(1, LONGEST_LEASE_SECONDS).check(z.describe('Released after that, unless renewed. Absent: never.')),
  ),
  timeout_seconds: maybe(
    wholeNumber(1, LONGEST_WAIT_SECONDS).check(z.describe('How long to wait for one at most; default 110.')),
  ),
  environment: maybe(environment),
  files: maybe(z.array(file).check(z.maxLength(64), z.describe('Put into the container before it is answered.'))),
  command: maybe(
    z
      .array(z.string().check(z.regex(/^[^\0]*$/)))
      .check(z.minLength(1), z.maxLength(256), z.describe('Runs detached, once, after the files are there.')),
  ),
})
export type AllocateBody = z.output<typeof allocateBody>
export type WireFile = z.output<typeof file>

export const allocateQuery = z.object({
  start: z._default(flag(), true).check(z.describe('Answer when it runs.')),
})

export const containerParams = z.object({ vmid: vmid() })
export const templateParams = z.object({ template_vmid: vmid() })

/** An empty one would guard against nothing. */
const guard = () => z.string().check(z.minLength(1), z.describe('Refuse unless it is claimed by this instance.'))

/** `instance_id` guards against giving back what has become somebody else's. */
export const releaseQuery = z.object({
  instance_id: z.optional(guard()),
})

export const renewBody = z.object({
  ttl_seconds: wholeNumber(1, LONGEST_LEASE_SECONDS).check(z.describe('Counted from now.')),
  instance_id: maybe(guard()),
})

export const warmQuery = z.object({
  count: z.optional(wholeNumber(1, 10_000).check(z.describe('How many shall be ready. Default: the target.'))),
})

export const containersQuery = z.object({
  template_vmid: z.optional(vmid()),
  state: z.optional(z.enum(['filling', 'ready', 'claimed', 'releasing', 'quarantined'])),
  instance_id: z.optional(z.string()),
  fresh: z._default(flag(), false).check(z.describe('After another look at the cluster.')),
})

export const drainQuery = z.object({
  template_vmid: z.optional(vmid().check(z.describe('Only the ready ones of this template. Absent: of all.'))),
})

export const gcQuery = z.object({
  act: z._default(flag(), false).check(z.describe('Destroy what is provably ours and orphaned; otherwise only tell.')),
})

function withinLimits(value: Readonly<Record<string, string>>): boolean {
  const entries = Object.entries(value)
  const fits = entries.every(([key, { length }]) => key.length <= METADATA.key && length <= METADATA.value)
  const whole = entries.reduce((sum, [key, { length }]) => sum + key.length + length, 0)
  return fits && entries.length <= METADATA.entries && whole <= METADATA.whole
}
