export interface ListedSnapshot {
  readonly name: string
  readonly parent: string | undefined
  /** Seconds since the epoch; undefined for `current`. */
  readonly time: number | undefined
  readonly description: string
}

/** The tree that `pct listsnapshot` draws (PVE-FACTS 7.2): each level one blank further in, siblings by time, `current` last. */
export function snapshotLines(snapshots: readonly ListedSnapshot[]): string[] {
  const names = new Set(snapshots.map(({ name }) => name))
  const roots = snapshots.filter(({ parent }) => parent === undefined || !names.has(parent))
  return ordered(roots).flatMap((root) => branch(root, 0))

  function branch(snapshot: ListedSnapshot, depth: number): string[] {
    const children = snapshots.filter(({ parent, name }) => parent === snapshot.name && name !== snapshot.name)
    return [line(snapshot, depth), ...ordered(children).flatMap((child) => branch(child, depth + 1))]
  }
}

function line({ name, time, description }: ListedSnapshot, depth: number): string {
  const prefix = `${' '.repeat(depth)}\`->`
  const [first = ''] = description.split('\n')
  const shown = first === '' ? 'no-description' : first
  return `${prefix} ${name.padEnd(30 - prefix.length)} ${(time === undefined ? '' : localTime(time)).padEnd(23)} ${shown}\n`
}

function ordered(snapshots: readonly ListedSnapshot[]): readonly ListedSnapshot[] {
  const rank = ({ time }: ListedSnapshot) => time ?? Number.POSITIVE_INFINITY
  return [...snapshots].sort((a, b) => (rank(a) === rank(b) ? (a.name < b.name ? -1 : 1) : rank(a) - rank(b)))
}

function localTime(seconds: number): string {
  const at = new Date(seconds * 1000)
  const two = (value: number) => String(value).padStart(2, '0')
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`
}
