import { CmuxError } from '../../errors.js'
import { quoteArgv } from '../../executor/quoting.js'
import type { ContainerAddress } from '../../pve/client.js'
import type { GuestAccess } from '../guest-access.js'
import type { AllocateRequest } from '../pool.js'

type Injection = Pick<AllocateRequest, 'environment' | 'files' | 'command'>

/** Milliseconds for one step inside. */
const STEP = 30_000
/** Shells that people log in to read it, and so does the command. */
const ENVIRONMENT_FILE = '/etc/profile.d/cmux-pve-environment.sh'
const COMMAND_FILE = '/etc/cmux-pve/command'
const COMMAND_LOG = '/var/log/cmux-pve-command.log'

/**
 * Puts files, environment and the start command into a running container, in this order. Content, values and the words of the command go through standard input:
 * they never stand in an argument list. Answers whether the start command is there to be started: if it is not, that is the caller's mistake, and no
 * fault of the container. Errors: `failed`, and those of the way in.
 */
export async function inject(
  guests: GuestAccess,
  ct: ContainerAddress,
  { environment = {}, files = [], command = [] }: Injection,
  signal: AbortSignal,
): Promise<{ readonly commandFound: boolean }> {
  const put = (path: string, content: string | Uint8Array, mode: number) =>
    write(guests, ct, path, content, mode, signal)
  for (const { path, content, mode = 0o644 } of files) await put(path, content, mode)
  const variables = Object.entries(environment)
  if (variables.length > 0) {
    await put(
      ENVIRONMENT_FILE,
      variables.map(([name, value]) => `export ${name}=${quoteArgv([value])}\n`).join(''),
      0o644,
    )
  }
  const [program] = command
  if (program === undefined) return { commandFound: true }
  const read = variables.length > 0 ? `. ${ENVIRONMENT_FILE}\n` : ''
  const check = `if [ "$1" = check ]; then command -v ${quoteArgv([program])} >/dev/null 2>&1; exit; fi\n`
  await put(COMMAND_FILE, `#!/bin/sh\n${read}${check}exec ${quoteArgv(command)}\n`, 0o700)
  const argv = ['sh', '-c', DETACH, 'sh', COMMAND_FILE, COMMAND_LOG]
  return { commandFound: (await run(guests, ct, argv, 'the start command', signal, { may: NOT_FOUND })) !== NOT_FOUND }
}

/** The name that the container itself knows: a new one shows inside only after the next start (PVE-FACTS 9). */
export async function setHostname(
  guests: GuestAccess,
  ct: ContainerAddress,
  hostname: string,
  signal: AbortSignal,
): Promise<void> {
  await run(guests, ct, ['hostname', hostname], 'the hostname', signal)
}

/** What DETACH ends with when there is no such program: no shell of its own would. */
const NOT_FOUND = 64
/** It must outlive the connection, and hold none of its streams. What is not found is started all the same: the log inside says so then. */
const DETACH = `"$1" check </dev/null >/dev/null 2>&1; found=$?; (setsid "$1" </dev/null >"$2" 2>&1 &); [ "$found" -eq 0 ] || exit ${NOT_FOUND}`

/** A file appears under its name when all of it is there. The length is compared: a connection that breaks looks like the end of the file. */
const WRITE = `
path=$1 mode=$2 length=$3
mkdir -p "\${path%/*}/" || exit 1
umask 077
file=$path.cmux-pve-new
cat >"$file" && [ "$(wc -c <"$file")" -eq "$length" ] && chmod "$mode" "$file" && mv -f "$file" "$path" && exit 0
rm -f "$file"
exit 1
`

async function write(
  guests: GuestAccess,
  ct: ContainerAddress,
  path: string,
  content: string | Uint8Array,
  mode: number,
  signal: AbortSignal,
): Promise<void> {
  const argv = ['sh', '-c', WRITE, 'sh', path, mode.toString(8), String(Buffer.byteLength(content))]
  await run(guests, ct, argv, path, signal, { input: content })
}

async function run(
  guests: GuestAccess,
  ct: ContainerAddress,
  argv: readonly string[],
  what: string,
  signal: AbortSignal,
  { input, may }: { readonly input?: string | Uint8Array; readonly may?: number } = {},
): Promise<number> {
  const { exitCode, stderr } = await guests.run(ct, argv, {
    timeout: STEP,
    signal,
    ...(input !== undefined && { input }),
  })
  if (exitCode === 0 || exitCode === may) return exitCode
  const said = stderr.trim().split('\n').at(-1) ?? ''
  throw new CmuxError('failed', `${what} could not be set in container ${ct.vmid}: ${said || `status ${exitCode}`}`)
}
