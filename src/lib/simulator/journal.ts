import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { dirname } from 'node:path'
import { z } from 'zod'
import type { Change, Store } from './store.js'

/** First line of a state file. */
const HEADER = JSON.stringify({ cmuxPveSimulatorState: 1 })

/** `[table, key]` deletes, `[table, key, value]` sets, and a fourth element says what to do with a line. */
const lineSchema = z.union([
  z.tuple([z.string(), z.string()]),
  z.tuple([z.string(), z.string(), z.unknown()]),
  z.tuple([z.string(), z.string(), z.string(), z.enum(['append', 'amend'])]),
])

/** A file is written anew when it has this many lines more than the store has values. */
const COMPACT_AFTER = 20_000

/** Told when changes can no longer be written, with the error, and without one when all of them are in the file again. */
export type OnUnwritten = (error: Error | undefined) => void

/**
 * Keeps a store in a file. Each change is one line, handed to the operating system before the call that made it goes on, so that
 * an answer never tells of something a kill -9 could lose; a line that was cut short at the end is ignored on load. While the file cannot
 * be written (a full disk) the store changes without it, for what is half done must be finished or taken back: `onUnwritten` tells.
 */
export class Journal {
  readonly #path: string
  readonly #store: Store
  readonly #onUnwritten: OnUnwritten
  #file: number | undefined
  #lines = 0
  #torn = false

  private constructor(path: string, store: Store, onUnwritten: OnUnwritten) {
    this.#path = path
    this.#store = store
    this.#onUnwritten = onUnwritten
  }

  /** Loads the file into the store, if there is one, and writes every later change to it. Throws an Error on a file that is none of ours. */
  static open(path: string, store: Store, onUnwritten: OnUnwritten = () => {}): Journal {
    const journal = new Journal(path, store, onUnwritten)
    if (existsSync(path)) journal.#load()
    journal.compact()
    store.onChange((change) => journal.#append(change))
    return journal
  }

  /** Writes the file anew, with nothing in it but what is; a reader finds the old or the new one, never half. */
  compact(): void {
    const temporary = `${this.#path}.new`
    const file = openSync(temporary, 'w', 0o600)
    try {
      this.#writeAll(file)
      renameSync(temporary, this.#path)
    } catch (error) {
      closeSync(file)
      rmSync(temporary, { force: true })
      throw error
    }
    if (this.#file !== undefined) closeSync(this.#file)
    this.#file = file
    this.#torn = false
    syncDirectory(dirname(this.#path))
  }

  /** What a full disk has kept out of the file is written now; throws where it still cannot be. */
  close(): void {
    this.#store.onChange(undefined)
    try {
      if (this.#torn) this.compact()
    } finally {
      if (this.#file !== undefined) closeSync(this.#file)
      this.#file = undefined
    }
  }

  #writeAll(file: number): void {
    this.#lines = 0
    let text = `${HEADER}\n`
    for (const change of this.#store.changes()) {
      text += line(change)
      this.#lines++
      if (text.length > 1 << 20) {
        writeFileSync(file, text)
        text = ''
      }
    }
    writeFileSync(file, text)
    fsyncSync(file)
  }

  /** After a line that could not be written the file lacks a change and may end in half a line: it is written anew first. */
  #append(change: Change): void {
    if (this.#file === undefined) return
    const wasTorn = this.#torn
    try {
      if (wasTorn) this.compact()
      else writeFileSync(this.#file, line(change))
    } catch (error) {
      this.#torn = true
      if (!wasTorn) this.#onUnwritten(asError(error))
      return
    }
    if (wasTorn) this.#onUnwritten(undefined)
    if (++this.#lines > COMPACT_AFTER + 2 * this.#store.size) this.#shorten()
  }

  /** The line is in the file already: that a second file cannot be written costs nothing but room. */
  #shorten(): void {
    try {
      this.compact()
    } catch {
      this.#lines = 0
    }
  }

  #load(): void {
    const text = readFileSync(this.#path, 'utf8')
    const whole = text.slice(0, text.lastIndexOf('\n') + 1)
    if (whole.length < text.length) truncateSync(this.#path, Buffer.byteLength(whole))
    const [header, ...lines] = whole.split('\n')
    if (header !== HEADER) throw new Error(`${this.#path} is not a state file of this simulator`)
    for (const [index, entry] of lines.slice(0, -1).entries()) {
      this.#store.apply(this.#parse(entry, index + 2))
    }
  }

  #parse(entry: string, number: number): Change {
    try {
      const [table, key, value, how] = lineSchema.parse(JSON.parse(entry))
      return { table, key, value, ...(how === undefined ? {} : { how }) }
    } catch (error) {
      throw new Error(`${this.#path}, line ${number}: not a change of the state`, { cause: error })
    }
  }
}

const asError = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)))

function line({ table, key, value, how }: Change): string {
  const change = value === undefined ? [table, key] : [table, key, value]
  return `${JSON.stringify(how === undefined ? change : [...change, how])}\n`
}

function syncDirectory(path: string): void {
  const directory = openSync(path, 'r')
  try {
    fsyncSync(directory)
  } finally {
    closeSync(directory)
  }
}
