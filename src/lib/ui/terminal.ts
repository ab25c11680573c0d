import type { Readable, Writable } from 'node:stream'
import { Chalk } from 'chalk'

/** Where a command reads and writes: the process's own streams, or a test's. */
export interface Terminal {
  readonly stdin: Readable & { readonly isTTY?: boolean }
  readonly stdout: Writable & { readonly isTTY?: boolean; readonly columns?: number }
  readonly stderr: Writable & { readonly isTTY?: boolean; readonly columns?: number }
  readonly environment: Readonly<Record<string, string | undefined>>
}

/** The streams of this process. Node opens each when it is first asked for, which takes time: so that is left for later. */
export function processTerminal(): Terminal {
  return {
    get stdin() {
      return process.stdin
    },
    get stdout() {
      return process.stdout
    },
    get stderr() {
      return process.stderr
    },
    environment: process.env,
  }
}

type Colour = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan'

/** Paints a text for one stream, or leaves it as it is where colours are not wanted. */
export type Paint = (colour: Colour, text: string) => string

/** Colours only on a terminal that can show them, unless FORCE_COLOR asks for them; never when NO_COLOR is set (no-color.org). */
export function painter(stream: { readonly isTTY?: boolean }, environment: Terminal['environment']): Paint {
  const { NO_COLOR, FORCE_COLOR, TERM } = environment
  const forced = FORCE_COLOR !== undefined && FORCE_COLOR !== '0' && FORCE_COLOR !== 'false'
  const wanted = NO_COLOR ? false : forced || (stream.isTTY === true && TERM !== 'dumb' && FORCE_COLOR === undefined)
  const chalk = new Chalk({ level: wanted ? 1 : 0 })
  return (colour, text) => chalk[colour](text)
}
