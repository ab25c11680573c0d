import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { basename } from 'node:path'
import type { Readable, Writable } from 'node:stream'
import { CmuxError } from '../errors.js'
import { pullFile } from '../executor/pull-file.js'
import { pushFile } from '../executor/push-file.js'
import { type ExecContext, inInstance } from './exec.js'
import type { NamedContainer } from './find.js'
import { writeLocalFile } from './local-file.js'

export interface TransferOptions {
  /** Octal permissions of the new file. */
  readonly mode?: string | undefined
  /** Milliseconds. */
  readonly timeout?: number | undefined
}

export interface PushRequest extends TransferOptions {
  /** `USER[:GROUP]` as the container has them. */
  readonly owner?: string | undefined
}

export interface TransferOutcome extends NamedContainer {
  /** In the container. */
  readonly path: string
  readonly bytes: number
}

/**
 * Copies a local file, or what a stream gives, into a running container. A folder as the path means a file of the same name in it. Errors:
 * `usage` for a local file that is not there, `invalid` for what cannot be copied, and see `pushFile`.
 */
export async function pushToInstance(
  context: ExecContext,
  source: string | Readable,
  reference: string,
  path: string,
  request: PushRequest,
): Promise<TransferOutcome> {
  const { mode, owner, timeout } = request
  const local = typeof source === 'string' ? await lookAt(source) : undefined
  const options = {
    ...(typeof source === 'string' && { name: basename(source) }),
    ...(local?.mode !== undefined && { newMode: local.mode }),
    ...(mode !== undefined && { mode }),
    ...(owner !== undefined && { owner }),
    ...limits(context, timeout),
  }
  return inInstance(context, reference, async (shell) => {
    const stream = typeof source === 'string' ? createReadStream(source) : source
    try {
      return await pushFile(shell, stream, path, options)
    } finally {
      stream.destroy()
    }
  })
}

/**
 * Copies a file of a running container to a local one (or into a local folder), or into a stream. The local file appears when all of it
 * is there. Errors: see `pullFile` and `writeLocalFile`.
 */
export async function pullFromInstance(
  context: ExecContext,
  reference: string,
  path: string,
  destination: string | Writable,
  request: TransferOptions,
): Promise<TransferOutcome & { readonly file?: string }> {
  const { mode, timeout } = request
  const wanted = mode === undefined ? undefined : Number.parseInt(mode, 8)
  return inInstance(context, reference, async (shell) => {
    const pull = (sink: Writable) => pullFile(shell, path, sink, limits(context, timeout))
    if (typeof destination !== 'string') return { path, bytes: (await pull(destination)).bytes }
    const { file, result } = await writeLocalFile(destination, basename(path), wanted, pull)
    return { path, bytes: result.bytes, file }
  })
}

async function lookAt(file: string): Promise<{ readonly mode: string | undefined }> {
  const info = await stat(file).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT' && error.code !== 'ENOTDIR')
      throw new CmuxError('failed', `${file} cannot be read: ${error.message}`)
    throw new CmuxError('usage', `${file} cannot be read: there is no such file`, {
      hint: 'Name a file of this machine, or - for standard input.',
    })
  })
  if (info.isDirectory()) {
    throw new CmuxError('invalid', `${file} is a folder, and only single files are copied`, {
      hint: `Send it as an archive: tar c -C ${file} . | cmux-pve instance exec CONTAINER -- tar x -C /PATH`,
    })
  }
  // Of a pipe or a device they say nothing.
  return { mode: info.isFile() ? (info.mode & 0o755).toString(8) : undefined }
}

const limits = ({ signal }: ExecContext, timeout: number | undefined) => ({
  ...(signal !== undefined && { signal }),
  ...(timeout !== undefined && { timeout }),
})
