import { dirname, join, resolve } from 'node:path'
import { parse } from 'dotenv'
import type { ReadFile } from './files.js'
import { VARIABLES, type VariableName } from './variables.js'

/** A text and where it came from. */
export interface Found {
  readonly text: string
  /** `flag`, `environment`, or the path of a file. */
  readonly source: string
  /** The folder that relative paths in `text` start from. */
  readonly base: string
}

export interface SourceOptions {
  readonly environment: Readonly<Record<string, string | undefined>>
  /** Values given on the command line. */
  readonly flags: Readonly<Partial<Record<VariableName, string>>>
  readonly cwd: string
  readonly readFile: ReadFile
  /** The file named with `--env-file`; it must exist. */
  readonly envFile?: string | undefined
}

export interface Sources {
  readonly found: ReadonlyMap<VariableName, Found>
  /** What is wrong with the files: one sentence each. */
  readonly problems: readonly string[]
}

interface Layer {
  readonly values: Readonly<Record<string, string | undefined>>
  readonly source: string
  readonly base: string
}

/** Looks every variable up: flag, environment, systemd credential, `.env`. An empty text counts as not set. */
export function findSources(options: SourceOptions): Sources {
  const { environment, flags, cwd, readFile } = options
  const problems: string[] = []
  const layers: Layer[] = [
    { values: flags, source: 'flag', base: cwd },
    { values: environment, source: 'environment', base: cwd },
  ]
  const envFile = readEnvFile(options, problems)
  if (envFile !== undefined) layers.push(envFile)

  const found = new Map<VariableName, Found>()
  for (const name of Object.keys(VARIABLES) as VariableName[]) {
    const value = lookUp(name, layers, environment['CREDENTIALS_DIRECTORY'], readFile, problems)
    if (value !== undefined) found.set(name, value)
  }
  return { found, problems }
}

function lookUp(
  name: VariableName,
  layers: readonly Layer[],
  credentials: string | undefined,
  readFile: ReadFile,
  problems: string[],
): Found | undefined {
  const secret = 'secret' in VARIABLES[name]
  for (const { values, source, base } of layers) {
    const text = values[name]?.trim()
    if (text) return { text, source, base }
    if (!secret) continue

    const file = values[`${name}_FILE`]?.trim()
    if (file) return readSecret(`${name}_FILE`, resolve(base, file), readFile, problems)
    const credential = source === 'environment' && credentials ? join(credentials, name) : undefined
    if (credential !== undefined && attempt(credential, readFile, problems) !== undefined) {
      return readSecret(name, credential, readFile, problems)
    }
  }
  return undefined
}

/** A file that holds a secret must be closed to other users. */
function readSecret(name: string, path: string, readFile: ReadFile, problems: string[]): Found | undefined {
  const file = attempt(path, readFile, problems, () => problems.push(`${name}: there is no file ${path}`))
  if (file === undefined) return undefined
  if ((file.mode & 0o007) !== 0) {
    problems.push(`${name}: the secret in ${path} can be read by every user: run \`chmod 600 ${path}\``)
    return undefined
  }
  return { text: file.text.trim(), source: path, base: dirname(path) }
}

/** `--env-file`, else the nearest `.env` in the working directory or above it. */
function readEnvFile({ envFile, cwd, readFile }: SourceOptions, problems: string[]): Layer | undefined {
  if (envFile !== undefined) {
    const path = resolve(cwd, envFile)
    const file = attempt(path, readFile, problems, () => problems.push(`--env-file: there is no file ${path}`))
    return file && { values: parse(file.text), source: path, base: dirname(path) }
  }
  for (let folder = resolve(cwd); ; folder = dirname(folder)) {
    const path = join(folder, '.env')
    const file = attempt(path, readFile, problems)
    if (file !== undefined) return { values: parse(file.text), source: path, base: folder }
    if (dirname(folder) === folder) return undefined
  }
}

function attempt(path: string, readFile: ReadFile, problems: string[], onMissing?: () => void) {
  try {
    const file = readFile(path)
    if (file === undefined) onMissing?.()
    return file
  } catch (error) {
    problems.push(`${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`)
    return undefined
  }
}
