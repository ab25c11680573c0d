import { Flags } from '@oclif/core'
import { checkCheckpointName } from '../criu/checkpoint-name.js'
import { formatDuration, parseDuration } from '../duration.js'
import { CmuxError } from '../errors.js'
import { checkVolume } from '../instance/disk-size.js'
import { checkHostname } from '../instance/hostname.js'
import { checkOwner } from '../instance/owner.js'
import { checkTags } from '../instance/tags.js'
import { checkAddress, checkBridge, checkGateway } from '../template/network-address.js'
import { asUsage } from './command-error.js'
import { parseSize, type SizeUnit } from './size.js'

/** A flag that takes `90s`, `5m`, `1h` or `500ms` and gives milliseconds. */
export const durationFlag = Flags.custom<number>({
  helpValue: '<duration>',
  parse: async (text, _context, options) => parseDuration(text, `value for --${options.name}`),
})

/** How long a lease lasts; what the daemon would refuse is refused under the name of the flag. */
export const leaseFlag = Flags.custom<number>({
  helpValue: '<duration>',
  parse: async (text, _context, options) =>
    within(parseDuration(text, `value for --${options.name}`), options.name, text, { least: 1, most: LONGEST_LEASE }),
})

/** How long a caller waits in line: whole seconds, of which one that has begun counts. */
export const lineFlag = Flags.custom<number>({
  helpValue: '<duration>',
  parse: async (text, _context, options) =>
    Math.ceil(within(parseDuration(text, `value for --${options.name}`), options.name, text, WAIT) / 1000) * 1000,
})

/** Milliseconds. */
const LONGEST_LEASE = 366 * 86_400_000
const WAIT = { least: 1_000, most: 600_000 }

function within(
  value: number,
  name: string,
  text: string,
  { least, most }: { readonly least: number; readonly most: number },
): number {
  if (value >= least && value <= most) return value
  const shortest = least > 1 ? `${formatDuration(least)} at least` : 'longer than nothing'
  const limit = value > most ? `${formatDuration(most)} at most` : shortest
  throw new CmuxError('usage', `'${text}' is not a value for --${name}: it must be ${limit}`)
}

/** A flag whose text must pass a check of a service: what that refuses is refused before anything is asked of a server. */
const checkedFlag = (check: (text: string) => void) =>
  Flags.custom<string>({
    parse: async (text, _context, options) => {
      asUsage(() => check(text), `--${options.name}`)
      return text
    },
  })

export const hostnameFlag = checkedFlag(checkHostname)

export const tagFlag = checkedFlag((text) => checkTags([text]))

/** The name of a checkpoint. */
export const checkpointFlag = checkedFlag(checkCheckpointName)

/** The address of a container's network card, with the length of its prefix. */
export const addressFlag = checkedFlag(checkAddress)
export const gatewayFlag = checkedFlag(checkGateway)
export const bridgeFlag = checkedFlag(checkBridge)

/** To whom a file in a container belongs. */
export const ownerFlag = checkedFlag(checkOwner)

/** A disk of a container. */
export const volumeFlag = checkedFlag(checkVolume)

/**
 * A flag that takes `4096`, `512M`, `4G` and gives a whole number of `unit` (`MiB` for memory, `GiB` for disks), `least` (default: one) or more.
 */
export const sizeFlag = Flags.custom<number, { unit: SizeUnit; least?: number }>({
  helpValue: '<size>',
  parse: async (text, _context, { unit, least, name }) => parseSize(text, { unit, least, what: `value for --${name}` }),
})

/** Memory of a container in MiB; Proxmox takes no less (PVE-FACTS 4.2). */
export const memoryFlag = (options: { readonly summary: string }) => sizeFlag({ unit: 'MiB', least: 16, ...options })

/** For every command that starts a task: `flags.wait`, `flags.timeout` (milliseconds). */
export const waitFlags = {
  wait: Flags.boolean({
    allowNo: true,
    default: true,
    summary: 'Wait for the task to end. With --no-wait print its UPID and leave it to itself.',
  }),
  timeout: durationFlag({
    default: 600_000,
    defaultHelp: async () => '10m',
    summary: 'How long to wait, such as 90s or 5m. Exit code 124 when it was not enough; the task goes on.',
  }),
}

/** The same for what the pool's daemon does by itself: there is no task. `goal` follows "Wait until". */
export const poolWaitFlags = (goal: string) => ({
  wait: Flags.boolean({
    allowNo: true,
    default: true,
    summary: `Wait until ${goal}. With --no-wait end once the daemon has agreed; it goes on by itself.`,
  }),
  timeout: durationFlag({
    default: 600_000,
    defaultHelp: async () => '10m',
    summary: 'How long to wait, such as 90s or 5m. Exit code 124 when it was not enough; the daemon goes on.',
  }),
})

/** Under `--dry-run` BaseCommand prints the calls that would change something in place of the command's own output. */
export const dryRunFlag = {
  'dry-run': Flags.boolean({ summary: 'Print the API calls that would be made to change something, and make none.' }),
}

/** For commands that call `this.confirm()`. */
export const yesFlag = {
  yes: Flags.boolean({ char: 'y', summary: 'Do not ask. Needed where nobody can answer: in scripts and with --json.' }),
}

/** A flag that takes octal permissions. */
export const modeFlag = Flags.custom<string>({
  helpValue: '<octal>',
  parse: async (text, _context, options) => {
    if (/^0?[0-7]{3,4}$/.test(text)) return text
    throw new CmuxError(
      'usage',
      `'${text}' is not a value for --${options.name}: it takes octal permissions such as 644`,
    )
  },
})
