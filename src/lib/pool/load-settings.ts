import { CmuxError } from '../errors.js'
import { type ReadFile, readSettingsFile } from '../settings/files.js'
import type { PoolOptions, Settings } from '../settings/settings.js'
import { readPoolFile } from './pool-file.js'
import type { DaemonSettings, PoolSettings, TemplatePolicy } from './settings.js'

/**
 * The settings of a pool, from the environment and, where POOL_CONFIG names one, the file with its templates. Throws `not-configured` that names every
 * value which does not fit the others, and what would.
 */
export async function loadPoolSettings(
  settings: Settings,
  readFile: ReadFile = readSettingsFile,
): Promise<PoolSettings> {
  const { poolOptions: options, vmids } = settings
  const problems: string[] = []
  const defaults = defaultPolicy(options)
  if (options.file !== undefined && options.templates !== undefined) {
    problems.push('POOL_TEMPLATES and POOL_CONFIG are both set: say in one place which templates there are')
  }
  const templates =
    options.file === undefined
      ? listedTemplates(options, defaults, problems)
      : await readPoolFile(options.file, readFile, { ...defaults, fixedMax: options.max }, problems)
  // Only what is used must fit: with a list of templates that say everything themselves the rest is of no account.
  const usesDefaults =
    options.file === undefined && (options.templates?.some(({ target }) => target === undefined) ?? true)
  if (usesDefaults) checkDefaults(options, defaults, problems)
  const most = [...(templates?.values() ?? [defaults])].reduce((sum, { max }) => sum + max, 0)
  const room = vmids.end - vmids.start + 1
  if (most > room) {
    problems.push(
      `${most} containers may be made, but CONTAINER_VMID_START to CONTAINER_VMID_END has only ${room} VMIDs: widen that range, or lower the maximum`,
    )
  }
  if (problems.length > 0) throw invalid(problems)
  return {
    name: options.name ?? 'default',
    ...(templates !== undefined && { templates }),
    defaults,
    interval: options.interval ?? 30_000,
    vmids,
    hostnamePrefix: options.hostnamePrefix ?? 'pool-',
    cloneRetries: {
      attempts: (options.cloneRetries ?? 3) + 1,
      delay: options.cloneDelay ?? 2_000,
      jitter: options.cloneJitter ?? 1_000,
    },
    ...(options.batch !== undefined && { batch: options.batch }),
  }
}

/** Where the daemon listens, and whom it lets in. */
export function daemonSettings({ poolOptions }: Settings): DaemonSettings {
  const { host = '127.0.0.1', port = 8007, socket, tokens } = poolOptions
  return { listen: socket === undefined ? { host, port } : { socket }, tokens }
}

function defaultPolicy(options: PoolOptions): TemplatePolicy {
  const { min = 3, target = 5, max = 10, hot = 0, release = 'rollback', probe = { kind: 'address' } } = options
  return { min, target, max, hot, release, probe }
}

function checkDefaults(options: PoolOptions, { min, target, max, hot }: TemplatePolicy, problems: string[]): void {
  const name = (variable: string, value: number, given: number | undefined) =>
    `${variable}=${value}${given === undefined ? ' (the default)' : ''}`
  const [minimum, aim, most] = [
    name('POOL_MIN_SIZE', min, options.min),
    name('POOL_TARGET_SIZE', target, options.target),
    name('POOL_MAX_SIZE', max, options.max),
  ]
  if (min > target) problems.push(`${minimum} must not be greater than ${aim}: lower the one or raise the other`)
  if (target > max) problems.push(`${aim} must not be greater than ${most}: lower the one or raise the other`)
  if (hot > target)
    problems.push(`POOL_HOT_SIZE=${hot} must not be greater than ${aim}: hot containers are some of the ready ones`)
}

/** A target that is all that is said of a template takes the other numbers with it, but for a maximum that was set. */
function listedTemplates(
  { templates, max }: PoolOptions,
  defaults: TemplatePolicy,
  problems: string[],
): ReadonlyMap<number, TemplatePolicy> | undefined {
  for (const { template, target } of templates ?? []) {
    if (max !== undefined && target !== undefined && target > max)
      problems.push(
        `POOL_TEMPLATES: the ${target} of ${template}:${target} must not be greater than POOL_MAX_SIZE=${max}: lower the one or raise the other`,
      )
  }
  if (templates === undefined) return undefined
  return new Map(
    templates.map(({ template, target = defaults.target }) => [
      template,
      {
        ...defaults,
        target,
        min: Math.min(defaults.min, target),
        max: Math.max(defaults.max, target),
        hot: Math.min(defaults.hot, target),
      },
    ]),
  )
}

const invalid = (problems: readonly string[]): CmuxError =>
  new CmuxError(
    'not-configured',
    problems.length === 1
      ? `Invalid setting: ${problems[0]}`
      : `${problems.length} invalid settings:\n${problems.map((text) => `  ${text}`).join('\n')}`,
  )
