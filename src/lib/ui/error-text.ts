import { stripVTControlCharacters } from 'node:util'
import type { CmuxError, FailedTask } from '../errors.js'
import type { Paint } from './terminal.js'

/** An error for people: what happened, what Proxmox said, what to do. Never a stack trace. */
export function errorText(error: CmuxError, paint: Paint): string {
  const lines = [`${paint('red', 'Error:')} ${stripVTControlCharacters(error.message)}`]
  if (error.task !== undefined) lines.push(...taskLines(error.task, paint))
  if (error.hint !== undefined) lines.push(`${paint('cyan', 'Hint:')} ${error.hint}`)
  return lines.join('\n')
}

function taskLines(task: FailedTask, paint: Paint): readonly string[] {
  const log = task.log.map((line) => `  ${paint('dim', stripVTControlCharacters(line))}`)
  return [`Task ${task.upid} on ${task.node}${log.length > 0 ? ':' : ''}`, ...log]
}
