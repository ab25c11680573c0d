import { existsSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { CmuxError, type ErrorCode } from '../errors.js'

interface FileProblem {
  readonly code: ErrorCode
  readonly why: string
  readonly hint: string
}

/**
 * A file that was named and cannot be used, in words for people. Errors of the system are `usage` where another name helps,
 * `storage-full` or `failed` where it is the machine; any other is `failed` with its own message.
 *
 * @param beginning words that `: ` and the reason follow
 * @param otherwise the hint where the system has nothing against the file
 */
export function fileError(error: unknown, path: string, beginning: string, otherwise?: string): CmuxError {
  const problem = problemOf(codeOf(error), path)
  const why = problem?.why ?? (error instanceof Error ? error.message : String(error))
  const hint = problem?.hint ?? otherwise
  const details = { ...(hint !== undefined && { hint }), cause: error }
  return new CmuxError(problem?.code ?? 'failed', `${beginning}: ${why}`, details)
}

/** Refuses devices and pipes (`usage`): some have no end when they are read, and all of them are lost when a file takes their place. */
export async function refuseDevice(path: string, message: string): Promise<void> {
  const file = await stat(path).catch(() => undefined)
  if (file === undefined || file.isFile() || file.isDirectory()) return
  throw new CmuxError('usage', message, { hint: 'Name a file.' })
}

function problemOf(code: string | undefined, path: string): FileProblem | undefined {
  const folder = dirname(path)
  switch (code) {
    case 'ENOENT':
      if (existsSync(folder)) return { code: 'usage', why: 'there is no such file', hint: 'Name one that is there.' }
      return { code: 'usage', why: `there is no folder ${folder}`, hint: 'Make it, or name a file elsewhere.' }
    case 'ENOTDIR':
      return { code: 'usage', why: `${folder} is not a folder`, hint: 'Name a file elsewhere.' }
    case 'EISDIR':
      return { code: 'usage', why: `${path} is a folder`, hint: 'Name a file.' }
    case 'EACCES':
    case 'EPERM':
      return {
        code: 'failed',
        why: 'permission denied',
        hint: 'Name a file that you may use, in a folder that you may.',
      }
    case 'EROFS':
      return { code: 'failed', why: 'its disk is read-only', hint: 'Name a file on another disk.' }
    case 'ENOSPC':
    case 'EDQUOT':
      return { code: 'storage-full', why: 'its disk is full', hint: 'Make room there, or name a file on another disk.' }
    default:
      return undefined
  }
}

const codeOf = (error: unknown): string | undefined =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
