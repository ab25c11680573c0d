import { CmuxError } from '../errors.js'
import type { Executor } from '../executor/executor.js'

/** What the witness says: a token that it was told at its start, and a number that grows all the time. Both are in its memory only. */
export interface Testimony {
  readonly token: string
  readonly count: number
}

/** Milliseconds for one command in the container. */
const PATIENCE = 30_000

/** Files that are memory, and so no help to a process that has lost its own. */
const START = `
umask 077
for place in /dev/shm /run /dev none; do
  if grep -q " $place tmpfs " /proc/mounts; then break; fi
done
[ $place != none ] || exit 91
command -v setsid >/dev/null 2>&1 || exit 92
folder=$place/$1
mkdir "$folder" || exit 93
read -r token
printf '%s\\n' "$token" | setsid sh -c "$2" cmux-witness "$folder" >/dev/null 2>&1 &
tries=0
while [ ! -s "$folder/state" ] && [ $tries -lt 100 ]; do sleep 0.05; tries=$((tries + 1)); done
[ -s "$folder/state" ] || exit 94
echo "$folder"
`

/** Ends by itself when its folder is gone. Nothing of it is left open to the outside, which would stand in criu's way. */
const WITNESS = `
read -r token
exec </dev/null
echo $$ >"$1/pid"
count=0
while :; do
  count=$((count + 1))
  echo "$token $count" >"$1/state" || exit 0
  sleep 0.1 || sleep 1
done
`

/** Takes the folder away, ends the witness, and waits for its end: a process on its way out would be missed after a restore. */
const STOP = `
read -r pid <"$1/pid" || pid=
rm -rf "$1"
[ -n "$pid" ] || exit 0
kill "$pid" 2>/dev/null
tries=0
while kill -0 "$pid" 2>/dev/null && [ $tries -lt 100 ]; do sleep 0.05; tries=$((tries + 1)); done
exit 0
`

/** The file is empty for a moment whenever the witness writes: nothing is not more than anything. */
const COUNTS = `
tries=0
while [ $tries -lt 50 ]; do
  read -r _ now <"$1"
  if [ "$now" -gt "$2" ] 2>/dev/null; then exit 0; fi
  sleep 0.1
  tries=$((tries + 1))
done
exit 1
`

const PROBLEMS: Readonly<Record<number, string>> = {
  91: 'it has no file system in memory (/dev/shm, /run or /dev) that the witness could speak through',
  92: 'it has no setsid, without which nothing can be started that outlives the command that did it',
  93: 'another test of it is going on, or was killed: the folder of its witness is still in the container',
  94: 'the witness did not begin to count',
}

/** A small process in a running container that proves whether its memory has survived. */
export class Witness {
  readonly #shell: Executor
  readonly #vmid: number
  readonly #folder: string

  private constructor(shell: Executor, vmid: number, folder: string) {
    this.#shell = shell
    this.#vmid = vmid
    this.#folder = folder
  }

  /** Starts one. `token`: letters and digits. Errors: `unsupported` when the container lacks what it takes. */
  static async start(shell: Executor, vmid: number, token: string): Promise<Witness> {
    const argv = ['sh', '-c', START, 'sh', `cmux-witness-${token.slice(0, 8)}`, WITNESS]
    const { exitCode, stdout, stderr } = await inside(shell, vmid, argv, `${token}\n`)
    if (exitCode === 0) return new Witness(shell, vmid, stdout.trim())
    const problem = PROBLEMS[exitCode] ?? (stderr.trim() || `status ${exitCode}`)
    throw new CmuxError('unsupported', `No witness can be started in container ${vmid}: ${problem}`, {
      hint: `It can be checkpointed and restored all the same: cmux-pve criu checkpoint ${vmid}`,
    })
  }

  /** Undefined: it does not say anything, or what it says makes no sense. */
  async ask(): Promise<Testimony | undefined> {
    // It may be just about to write.
    for (let attempt = 0; attempt < 5; attempt++) {
      const { stdout } = await inside(this.#shell, this.#vmid, ['cat', `${this.#folder}/state`])
      const [, token, count] = /^(\w+) (\d+)\n$/.exec(stdout) ?? []
      if (token !== undefined) return { token, count: Number(count) }
    }
    return undefined
  }

  /** What it says when it has counted on from `count`; undefined when it has not within a moment. */
  async counts(count: number): Promise<Testimony | undefined> {
    const { exitCode } = await inside(this.#shell, this.#vmid, [
      'sh',
      '-c',
      COUNTS,
      'sh',
      `${this.#folder}/state`,
      String(count),
    ])
    return exitCode === 0 ? this.ask() : undefined
  }

  async stop(): Promise<void> {
    await inside(this.#shell, this.#vmid, ['sh', '-c', STOP, 'sh', this.#folder])
  }
}

const inside = (shell: Executor, vmid: number, argv: readonly string[], stdin = '') =>
  shell.run(['pct', 'exec', String(vmid), '--keep-env', '0', '--', ...argv], { stdin, timeout: PATIENCE })
