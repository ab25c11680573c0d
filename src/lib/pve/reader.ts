/**
 * Small hand-written checks of what a server sent. (A schema library costs a third of the start-up time of a whole
 * command.) Each reader takes an unknown value and either returns what it promises or throws a WireError that says
 * which field was not as Proxmox sends it.
 */
export type Reader<T> = (value: unknown, where: string) => T

/** The answer is not what Proxmox sends. The caller adds which call it answered. */
export class WireError extends Error {
  override readonly name = 'WireError'
}

function wrong(where: string, expected: string, value: unknown): never {
  throw new WireError(`${where} is ${shorten(value)}, expected ${expected}`)
}

function shorten(value: unknown): string {
  const text = asJson(value)
  return text.length > 60 ? `${text.slice(0, 60)}…` : text
}

/** Nested without end, a value can be parsed but not printed. */
function asJson(value: unknown): string {
  try {
    return JSON.stringify(value) ?? typeof value
  } catch {
    return Array.isArray(value) ? 'a list' : typeof value
  }
}

export const text: Reader<string> = (value, where) =>
  typeof value === 'string' ? value : typeof value === 'number' ? String(value) : wrong(where, 'text', value)

/** Numbers; older servers send some of them as text (PVE-FACTS 3.1, 5). */
export const number: Reader<number> = (value, where) => {
  const parsed = typeof value === 'string' && value.trim() !== '' ? Number(value) : value
  return typeof parsed === 'number' && Number.isFinite(parsed) ? parsed : wrong(where, 'a number', value)
}

/** Perl's truth: 1 or 0, as a number or as text; absent is false. */
export const flag: Reader<boolean> = (value, where) => {
  if (value === undefined || value === null || value === '') return false
  if (typeof value === 'boolean') return value
  return Number(value) === 1 || (Number(value) === 0 ? false : wrong(where, '1 or 0', value))
}

export const scalar: Reader<string | number> = (value, where) => {
  if (typeof value === 'string' || typeof value === 'number') return value
  return typeof value === 'boolean' ? Number(value) : wrong(where, 'text or a number', value)
}

export const nothing: Reader<void> = () => undefined

export const oneOf =
  <const T extends string>(...words: readonly T[]): Reader<T> =>
  (value, where) =>
    words.find((word) => word === value) ?? wrong(where, `one of ${words.join(', ')}`, value)

export const listOf =
  <T>(item: Reader<T>): Reader<readonly T[]> =>
  (value, where) =>
    Array.isArray(value)
      ? value.map((entry, index) => item(entry, `${where}[${index}]`))
      : wrong(where, 'a list', value)

export const nullOr =
  <T>(reader: Reader<T>): Reader<T | null> =>
  (value, where) =>
    value === null ? null : reader(value, where)

/** Names joined with separators, as Proxmox keeps tags (`;`) and contents (`,`). An emptied `tags` is one space (PVE-FACTS 4.1). */
export const words: Reader<readonly string[]> = (value, where) =>
  value === undefined || value === null
    ? []
    : text(value, where)
        .split(/[;,\s]+/)
        .filter((word) => word !== '')

/** The fields of an object, read one by one. */
export class Fields {
  readonly #fields: Readonly<Record<string, unknown>>
  readonly #where: string

  constructor(value: unknown, where: string) {
    if (!isRecord(value)) wrong(where, 'an object', value)
    this.#fields = value
    this.#where = where
  }

  get<T>(name: string, reader: Reader<T>): T {
    return reader(Object.hasOwn(this.#fields, name) ? this.#fields[name] : undefined, `${this.#where}.${name}`)
  }

  /** `{ [name]: value }` when the field is there, else `{}`: for spreading optional fields. */
  optional<K extends string, T>(name: K, reader: Reader<T>): { readonly [P in K]?: T } {
    return this.rename(name, name, reader)
  }

  /** Like `optional`, under a name of ours. */
  rename<K extends string, T>(name: string, to: K, reader: Reader<T>): { readonly [P in K]?: T } {
    const value = this.maybe(name, reader)
    return (value === undefined ? {} : { [to]: value }) as { readonly [P in K]?: T }
  }

  maybe<T>(name: string, reader: Reader<T>): T | undefined {
    const value = Object.hasOwn(this.#fields, name) ? this.#fields[name] : undefined
    return value === undefined || value === null ? undefined : reader(value, `${this.#where}.${name}`)
  }

  entries(): readonly (readonly [string, unknown])[] {
    return Object.entries(this.#fields)
  }
}

/** A reader of objects from a function over its fields. */
export const object =
  <T>(read: (fields: Fields) => T): Reader<T> =>
  (value, where) =>
    read(new Fields(value, where))

export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
