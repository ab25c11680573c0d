import type { ContainerProcess } from './manifest.js'

/** A process tree as lines, children below their parents and further in: `1 init`, `  7 sshd`. A process without a parent in it is a root. */
export function processLines(processes: readonly ContainerProcess[]): readonly string[] {
  const pids = new Set(processes.map(({ pid }) => pid))
  const shown = new Set<number>()
  const below = (parent: number | undefined, indent: string): readonly string[] =>
    processes
      .filter((process) => (parent === undefined ? !pids.has(process.parent) : process.parent === parent))
      .toSorted((a, b) => a.pid - b.pid)
      .flatMap(({ pid, name }) => {
        if (shown.has(pid)) return []
        shown.add(pid)
        return [`${indent}${pid} ${name}`, ...below(pid, `${indent}  `)]
      })
  return below(undefined, '')
}
