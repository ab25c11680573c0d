/** A call to the API that would change something. */
export interface Call {
  readonly method: string
  readonly path: string
  readonly parameters?: Readonly<Record<string, unknown>>
}

/** Something else that would be done. */
export interface PlannedAction {
  /** One line for people. */
  readonly text: string
  readonly data: unknown
}

/** One line for people: `POST /nodes/pve1/lxc/9000/clone newid=101 hostname=web`. Values with spaces are quoted. */
export function callText({ method, path, parameters = {} }: Call): string {
  const words = Object.entries(parameters)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}=${quoted(String(value))}`)
  return [method, path, ...words].join(' ')
}

const quoted = (value: string): string => (/^[\w@%+=:,./!-]+$/.test(value) ? value : JSON.stringify(value))
