import { join } from 'node:path'
import { quoteArgv } from '../../executor/quoting.js'

/** One thing that an installation does. Paths are those of the machine, without the folder of `--root`. */
export type InstallStep =
  | { readonly kind: 'folder'; readonly path: string; readonly mode: number }
  | {
      readonly kind: 'file'
      readonly path: string
      readonly mode: number
      readonly content: string
      /** Never shown. */
      readonly secret: boolean
      /** It is there with other content or another mode. */
      readonly replaces: boolean
    }
  /** Copies the tool that runs now. */
  | { readonly kind: 'release'; readonly path: string }
  | { readonly kind: 'link'; readonly path: string; readonly target: string }
  | { readonly kind: 'remove'; readonly path: string }
  | { readonly kind: 'run'; readonly argv: readonly string[]; readonly otherwise?: readonly string[] }
  /** Makes the API token with `pveum` and writes it to `path`. */
  | { readonly kind: 'token'; readonly path: string; readonly argv: readonly string[] }

/** One line for people. `root`: the folder that everything is written below. */
export function stepText(given: InstallStep, root: string): string {
  const step = below(root, given)
  switch (step.kind) {
    case 'folder':
      return `make ${step.path} (${octal(step.mode)})`
    case 'file':
      return `${step.replaces ? 'replace' : 'write'} ${step.path} (${octal(step.mode)}${step.secret ? ', secret' : ''})`
    case 'release':
      return `copy this tool to ${step.path}`
    case 'link':
      return `point ${step.path} to ${step.target}`
    case 'remove':
      return `remove ${step.path}`
    case 'run':
      return `run ${[step.argv, ...(step.otherwise === undefined ? [] : [step.otherwise])].map(quoteArgv).join(' || ')}`
    case 'token':
      return `run ${quoteArgv(step.argv)} and write the token to ${step.path} (0600, secret)`
  }
}

/** The same for programs, without the content of files. */
export function stepData(given: InstallStep, root: string): Readonly<Record<string, unknown>> {
  const step = below(root, given)
  if (step.kind === 'folder') return { ...step, mode: octal(step.mode) }
  if (step.kind !== 'file') return { ...step }
  const { content, ...rest } = step
  return { ...rest, mode: octal(step.mode) }
}

/** Offline, systemctl works on the files below another folder. */
export const systemctlBelow = (root: string, argv: readonly string[]): readonly string[] =>
  argv[0] === 'systemctl' && root !== '/' ? ['systemctl', `--root=${root}`, ...argv.slice(1)] : argv

/** A step as it is where everything is written below another folder; a link leads to where it will lead there. */
const below = (root: string, step: InstallStep): InstallStep =>
  step.kind === 'run' ? { ...step, argv: systemctlBelow(root, step.argv) } : { ...step, path: join(root, step.path) }

const octal = (mode: number): string => mode.toString(8).padStart(4, '0')
