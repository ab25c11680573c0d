import { CmuxError } from '../../errors.js'
import { checkHostname } from '../../instance/hostname.js'
import type { AllocateRequest } from '../pool.js'
import { writtenLength } from '../record-codec.js'

/** Metadata stands in the container's description, which Proxmox limits to 8 KiB (PVE-FACTS 4.1). */
const METADATA_ENTRIES = 32
const METADATA_CHARACTERS = 2048
/** As written, with what must be escaped: the rest of the record and people's own notes need the remainder. */
const METADATA_WRITTEN = 6000
/** The whole of what is put inside passes through one process on the node. */
const INJECTED_BYTES = 1024 * 1024
const VARIABLE = /^[A-Za-z_][A-Za-z0-9_]*$/

/** Refuses what could not be done, before anything is. Errors: `invalid`, `unsupported`. Pure. */
export function checkRequest(request: AllocateRequest, hasGuestAccess: boolean): void {
  const { instanceId, metadata = {}, ttlSeconds, timeout } = request
  if (instanceId !== undefined) checkHostname(instanceId)
  if (ttlSeconds !== undefined) checkTtl(ttlSeconds)
  if (!(timeout > 0)) throw new CmuxError('invalid', `${timeout} ms is no time to wait`)
  const entries = Object.entries(metadata)
  const length = entries.reduce((sum, [key, value]) => sum + key.length + value.length, 0)
  if (entries.length > METADATA_ENTRIES || length > METADATA_CHARACTERS) {
    throw new CmuxError(
      'invalid',
      `the metadata is too much: at most ${METADATA_ENTRIES} entries of ${METADATA_CHARACTERS} characters in all`,
    )
  }
  if (writtenLength(metadata) > METADATA_WRITTEN) {
    throw new CmuxError(
      'invalid',
      'the metadata is too much: control characters, hyphens in a row and > count six times',
      {
        hint: `Encode them, in base64 for example: ${METADATA_WRITTEN} characters in all at most as they are written.`,
      },
    )
  }
  checkInjection(request, hasGuestAccess)
}

/** Whole seconds, at least one. */
export function checkTtl(seconds: number): void {
  if (!Number.isSafeInteger(seconds) || seconds < 1) {
    throw new CmuxError('invalid', `a lease of ${seconds} s cannot be: whole seconds, at least one`)
  }
}

/** Whether something is to be put into the container. */
export const injects = ({ environment = {}, files = [], command = [] }: AllocateRequest): boolean =>
  Object.keys(environment).length > 0 || files.length > 0 || command.length > 0

function checkInjection(request: AllocateRequest, hasGuestAccess: boolean): void {
  if (!injects(request)) return
  const { environment = {}, files = [], command = [], start } = request
  if (!hasGuestAccess) {
    throw new CmuxError('unsupported', 'environment, files and a command need a way into the container', {
      hint: 'Give the daemon SSH access to the nodes: PVE_SSH_HOST and PVE_SSH_KEY.',
    })
  }
  if (!start) {
    throw new CmuxError('invalid', 'environment, files and a command are for a container that runs', {
      hint: 'Allocate with start.',
    })
  }
  for (const [name, value] of Object.entries(environment)) {
    if (!VARIABLE.test(name)) throw new CmuxError('invalid', `'${name}' is not a name for an environment variable`)
    if (value.includes('\0')) throw new CmuxError('invalid', `the value of ${name} holds a NUL character`)
  }
  for (const { path, mode = 0o644 } of files) {
    if (!path.startsWith('/') || path.endsWith('/') || /[\0\n]/.test(path)) {
      throw new CmuxError('invalid', `'${path}' is not the absolute path of a file`)
    }
    if (!Number.isInteger(mode) || mode < 0 || mode > 0o7777) {
      throw new CmuxError('invalid', `${mode} is no mode of a file: permission bits`)
    }
  }
  if (command.some((word) => word.includes('\0'))) throw new CmuxError('invalid', 'the command holds a NUL character')
  const bytes = files.reduce((sum, { content }) => sum + content.byteLength, 0)
  if (bytes > INJECTED_BYTES) throw new CmuxError('invalid', `the files are ${bytes} bytes: at most ${INJECTED_BYTES}`)
}
