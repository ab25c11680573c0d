import { type ContainerProcess, parseProcesses } from './manifest.js'
import type { Facts } from './node/run-script.js'
import { missingProcesses } from './process-tree.js'

/**
 * Processes that ran when a dump began that was broken off, and do not any more. Where criu itself was killed, the one that it was at
 * work in dies of the code that criu had put into it; anything may also have ended by itself. Nothing is said of what had run for less than two seconds.
 */
export function endedMeanwhile(facts: Facts): readonly ContainerProcess[] {
  const after = decode(facts.get('processes') ?? '')
  if (after.length === 0) return []
  const missing = facts.all('before').flatMap((before) => missingProcesses(decode(before), after))
  return [...new Map(missing.map((process) => [process.pid, process])).values()]
}

/** `process 7 (nginx) has ended meanwhile`; undefined without any. */
export function endedText(processes: readonly ContainerProcess[]): string | undefined {
  if (processes.length === 0) return undefined
  const names = processes.map(({ pid, name }) => `${pid} (${name})`).join(', ')
  return processes.length === 1 ? `process ${names} has ended meanwhile` : `processes ${names} have ended meanwhile`
}

const decode = (text: string): readonly ContainerProcess[] => parseProcesses(Buffer.from(text, 'base64').toString())
