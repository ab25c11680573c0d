import type { Source } from '../observe/templates.js'
import type { Observation, ObservedTemplate } from './observation.js'

/** Where a clone is made from, and on which node it shall be. */
export interface Placement {
  readonly source: Source
  readonly node: string
}

const MIB = 1024 * 1024
const GIB = 1024 * MIB

/**
 * Up to `count` placements, each with another source, as Proxmox lets one clone at a time read a source. A node is the better the fewer of
 * the pool it holds for its memory, then the more memory it has free; one without room for the container comes last.
 */
export function placements(template: ObservedTemplate, count: number, observation: Observation): readonly Placement[] {
  const held = new Map<string, number>()
  for (const { node } of observation.members) held.set(node, (held.get(node) ?? 0) + 1)
  const sources = [...template.sources.filter(({ lock }) => lock === undefined)]
  const limit = template.policy.nodes
  const made: Placement[] = []
  while (made.length < count && sources.length > 0) {
    const [best] = sources
      .flatMap((source) =>
        source.reaches
          .filter((node) => limit === undefined || limit.includes(node))
          .map((node) => ({ source, node, rank: rank(node, source, held, observation) })),
      )
      .toSorted((a, b) => compare(a.rank, b.rank))
    if (best === undefined) break
    made.push({ source: best.source, node: best.node })
    held.set(best.node, (held.get(best.node) ?? 0) + 1)
    sources.splice(sources.indexOf(best.source), 1)
  }
  return made
}

function rank(
  name: string,
  source: Source,
  held: ReadonlyMap<string, number>,
  { nodes, random }: Observation,
): readonly number[] {
  const node = nodes.find((entry) => entry.node === name)
  const count = held.get(name) ?? 0
  if (node?.maxmem === undefined || node.mem === undefined) return [0, count, 0, random()]
  const free = node.maxmem - node.mem
  const crowded = free < source.memory * MIB ? 1 : 0
  return [crowded, count / (node.maxmem / GIB), -free, random()]
}

function compare(a: readonly number[], b: readonly number[]): number {
  for (const [index, value] of a.entries()) {
    const difference = value - (b[index] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}
