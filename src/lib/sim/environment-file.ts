import { readFile, rename, rm, writeFile } from 'node:fs/promises'
import { basename, resolve } from 'node:path'
import { CmuxError } from '../errors.js'
import { fileError, refuseDevice } from './file-error.js'

/** The first line of an environment file, by which the next simulator knows that it may replace it. */
const ENVIRONMENT_MARK =
  '# Settings of a SIMULATED Proxmox VE, written by `cmux-pve sim serve`; replaced when it starts again.'

/** Where the settings and what they name are: the key and the known hosts beside the environment file. Absolute paths. */
export const filesBeside = (envFile: string) => ({
  keyFile: resolve(`${envFile}.ssh-key`),
  knownHostsFile: resolve(`${envFile}.known_hosts`),
})

/**
 * Someone's own files are never replaced. The environment file must be missing, empty, or have been written here; the files beside it must be
 * missing, empty, or named in one that was. Errors: `exists`, `usage` for a device or a pipe, and those of `fileError`.
 */
export async function refuseForeign(envFile: string): Promise<void> {
  await refuseDevice(envFile, `--env-file: ${envFile} is no file`)
  const text = await textOf(envFile)
  const isOurs = text.startsWith(ENVIRONMENT_MARK)
  if (text.trim() !== '' && !isOurs) {
    throw new CmuxError('exists', `${envFile} holds settings that are not of a simulated cluster`, {
      hint: 'Name another file with --env-file, or move this one away.',
    })
  }
  for (const path of Object.values(filesBeside(envFile))) {
    const isNamed = isOurs && text.includes(`${quoted(`/${basename(path)}`).slice(1)}\n`)
    if (isNamed || (await textOf(path)).trim() === '') continue
    throw new CmuxError(
      'exists',
      `${path} is there, and ${envFile} does not say that a simulated cluster has made it`,
      {
        hint: 'Name another file with --env-file, or move this one away.',
      },
    )
  }
}

/** What an environment file holds. */
export const markedText = (environment: Readonly<Record<string, string>>): string =>
  `${ENVIRONMENT_MARK}\n${environmentText(environment)}`

/** `NAME='value'` lines, for a shell and for dotenv alike. */
export function environmentText(environment: Readonly<Record<string, string>>, prefix = ''): string {
  return Object.entries(environment)
    .map(([name, value]) => `${prefix}${name}=${quoted(value)}\n`)
    .join('')
}

/** Writes files that only their owner may read, by path and text: all of them, or none. Errors: those of `fileError`. */
export async function writeAll(files: readonly (readonly [path: string, text: string])[]): Promise<void> {
  const written: string[] = []
  try {
    for (const [path, text] of files) {
      await writeSecret(path, text)
      written.push(path)
    }
  } catch (error) {
    for (const path of written) await rm(path, { force: true })
    throw error
  }
}

async function writeSecret(path: string, text: string): Promise<void> {
  const temporary = `${path}.${process.pid}`
  try {
    await writeFile(temporary, text, { mode: 0o600 })
    await rename(temporary, path)
  } catch (error) {
    await rm(temporary, { force: true })
    throw fileError(error, path, `${path} cannot be written`)
  }
}

const quoted = (value: string): string => `'${value.replaceAll("'", `'\\''`)}'`

/** Nothing, where there is no file. */
async function textOf(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    // What is no file cannot be replaced either: writing says so.
    if (code === 'ENOENT' || code === 'EISDIR') return ''
    throw fileError(error, path, `${path} cannot be read`)
  }
}
