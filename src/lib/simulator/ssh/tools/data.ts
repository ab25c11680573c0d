/** An answer of the API as an object; empty for anything else. */
export function fieldsOf(data: unknown): Readonly<Record<string, unknown>> {
  return typeof data === 'object' && data !== null && !Array.isArray(data) ? { ...data } : {}
}

/** An answer of the API as a list of objects. */
export function rowsOf(data: unknown): readonly Readonly<Record<string, unknown>>[] {
  return Array.isArray(data) ? data.map(fieldsOf) : []
}

/** A field as text; empty when it is missing. */
export function textOf(value: unknown): string {
  return value === undefined || value === null ? '' : String(value)
}
