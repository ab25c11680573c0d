import type { ContainerProcess } from './manifest.js'

/** Seconds: what is younger may have ended between the look at the processes and the freeze. */
const LASTING = 2

/** Processes that were there before and are not there again, with the same id, name and parent. */
export function missingProcesses(
  before: readonly ContainerProcess[],
  after: readonly ContainerProcess[],
): readonly ContainerProcess[] {
  const there = new Map(after.map((process) => [process.pid, process]))
  return before.filter(({ pid, name, parent, age }) => {
    const now = there.get(pid)
    return age >= LASTING && (now?.name !== name || now.parent !== parent)
  })
}
