import { type LineChange, LineTable } from './line-table.js'

/** One change of the store. `value` undefined: the key was deleted. */
export interface Change {
  readonly table: string
  readonly key: string
  readonly value: unknown
  /** Of a table of lines: what was done with the text. */
  readonly how?: LineChange
}

export interface TableOptions {
  /** A power cut can lose the last writes of this table, as a node's copy of /etc/pve can. */
  readonly losable?: boolean
}

/** A map of immutable JSON values by text key that tells its store of every change. */
export class Table<V> {
  readonly #values = new Map<string, V>()
  readonly #changed: (key: string, value: V | undefined, previous: V | undefined) => void

  constructor(changed: (key: string, value: V | undefined, previous: V | undefined) => void) {
    this.#changed = changed
  }

  get size(): number {
    return this.#values.size
  }

  get(key: string): V | undefined {
    return this.#values.get(key)
  }

  has(key: string): boolean {
    return this.#values.has(key)
  }

  set(key: string, value: V): this {
    const previous = this.#values.get(key)
    if (previous === value) return this
    this.#values.set(key, value)
    this.#changed(key, value, previous)
    return this
  }

  delete(key: string): boolean {
    const previous = this.#values.get(key)
    if (!this.#values.delete(key)) return false
    this.#changed(key, undefined, previous)
    return true
  }

  keys(): IterableIterator<string> {
    return this.#values.keys()
  }

  values(): IterableIterator<V> {
    return this.#values.values()
  }

  entries(): IterableIterator<[string, V]> {
    return this.#values.entries()
  }
}

interface Undo {
  readonly table: Table<unknown>
  readonly key: string
  readonly previous: unknown
}

/** How many writes a power cut can lose at most. */
const UNDO_LIMIT = 1000

/** Everything that outlives a process of the simulator: named tables of immutable JSON values. */
export class Store {
  readonly #tables = new Map<string, Table<unknown>>()
  readonly #lineTables = new Map<string, LineTable>()
  readonly #undo: Undo[] = []
  #listener: ((change: Change) => void) | undefined
  #undoing = false

  /** How many values all tables hold. */
  get size(): number {
    let size = 0
    for (const table of this.#tables.values()) size += table.size
    for (const table of this.#lineTables.values()) size += table.size
    return size
  }

  /** The table of that name; made on first use. The caller vouches for the type of its values. */
  table<V>(name: string, { losable = false }: TableOptions = {}): Table<V> {
    const existing = this.#tables.get(name)
    if (existing !== undefined) return existing as Table<V>
    const table = new Table<V>((key, value, previous) => {
      if (losable) this.#remember({ table: table as Table<unknown>, key, previous })
      this.#listener?.({ table: name, key, value })
    })
    this.#tables.set(name, table as Table<unknown>)
    return table
  }

  /** The table of lists of lines of that name; made on first use. */
  lines(name: string): LineTable {
    const existing = this.#lineTables.get(name)
    if (existing !== undefined) return existing
    const table = new LineTable((key, value, how) =>
      this.#listener?.({ table: name, key, value, ...(how === undefined ? {} : { how }) }),
    )
    this.#lineTables.set(name, table)
    return table
  }

  /** Makes a change that `changes` or a listener told. */
  apply({ table, key, value, how }: Change): void {
    if (how !== undefined) this.lines(table)[how](key, String(value))
    else if (value !== undefined) this.table(table).set(key, value)
    else {
      this.#tables.get(table)?.delete(key)
      this.#lineTables.get(table)?.delete(key)
    }
  }

  /** One listener (the journal) is told of every change, after it was made and before anyone else can act on it. */
  onChange(listener: ((change: Change) => void) | undefined): void {
    this.#listener = listener
  }

  /** Takes back the last writes of the tables that can lose them, newest first. Answers how many it took back. */
  undo(writes: number): number {
    const lost = this.#undo.splice(Math.max(0, this.#undo.length - writes))
    this.#undoing = true
    for (const { table, key, previous } of lost.reverse()) {
      if (previous === undefined) table.delete(key)
      else table.set(key, previous)
    }
    this.#undoing = false
    return lost.length
  }

  /** Everything, as the changes that lead to it. */
  *changes(): Iterable<Change> {
    for (const [name, table] of this.#tables) {
      for (const [key, value] of table.entries()) yield { table: name, key, value }
    }
    for (const [name, table] of this.#lineTables) {
      for (const [key, list] of table.entries()) {
        for (const value of list) yield { table: name, key, value, how: 'append' }
      }
    }
  }

  #remember(undo: Undo): void {
    if (this.#undoing) return
    this.#undo.push(undo)
    if (this.#undo.length > 2 * UNDO_LIMIT) this.#undo.splice(0, this.#undo.length - UNDO_LIMIT)
  }
}
