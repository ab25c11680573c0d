import { once } from 'node:events'
import { lstatSync, rmSync, statSync } from 'node:fs'
import { type AddressInfo, connect } from 'node:net'
import { dirname } from 'node:path'
import { CmuxError, type ErrorCode } from '../../errors.js'
import type { DaemonSettings } from '../settings.js'
import type { App } from './http/app.js'

/** The owner and the group of the socket's file may use it. */
const SOCKET_MODE = 0o660

/**
 * Lets the service listen; answers its URL. Errors: `in-use`, `forbidden`, `failed`, and `misplaced` for a place where nothing can listen.
 *
 * @param misplaced `usage` when the command line has named the place
 */
export async function listen(
  app: App,
  where: DaemonSettings['listen'],
  misplaced: ErrorCode = 'not-configured',
): Promise<string> {
  const { level } = app.log
  // Fastify says where it listens for each address; the daemon says it once, with more.
  app.log.level = 'warn'
  try {
    if ('socket' in where) return await listenOnSocket(app, where.socket, misplaced)
    await app.listen({ host: where.host, port: where.port, backlog: 1024 })
    return urlOf(app.server.address())
  } catch (error) {
    throw listenFailure(error, 'socket' in where ? where.socket : `${where.host}:${where.port}`, misplaced)
  } finally {
    app.log.level = level
  }
}

async function listenOnSocket(app: App, path: string, misplaced: ErrorCode): Promise<string> {
  checkFolder(dirname(path), misplaced)
  await removeDeadSocket(path, misplaced)
  // Closed from its first moment on, as a chmod afterwards would not be.
  const before = process.umask(0o777 & ~SOCKET_MODE)
  try {
    await app.listen({ path, backlog: 1024 })
  } finally {
    process.umask(before)
  }
  return `unix:${path}`
}

/** Without the folder the system says the same as of one that may not be written. */
function checkFolder(folder: string, misplaced: ErrorCode): void {
  let problem: string | undefined
  try {
    if (!statSync(folder).isDirectory()) problem = `${folder} is not a folder`
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code === 'ENOENT') problem = `There is no folder ${folder}`
    if (code === 'ENOTDIR') problem = `${folder} is not a folder`
  }
  if (problem === undefined) return
  throw new CmuxError(misplaced, `${problem} for the socket`, { hint: 'Make it, or name a socket elsewhere.' })
}

/** A daemon that was killed leaves its socket behind. Anything that is none, or that answers, stays. */
async function removeDeadSocket(path: string, misplaced: ErrorCode): Promise<void> {
  const found = lstatSync(path, { throwIfNoEntry: false })
  if (found === undefined) return
  if (!found.isSocket()) {
    throw new CmuxError(misplaced, `${path} is there and is no socket`, {
      hint: 'Name another one, or move what is there away.',
    })
  }
  const probe = connect(path)
  try {
    await once(probe, 'connect')
  } catch {
    return rmSync(path, { force: true })
  } finally {
    probe.destroy()
  }
  throw new CmuxError('in-use', `A daemon listens on ${path} already`, {
    hint: 'End it first, or choose another socket with --socket.',
  })
}

function urlOf(address: AddressInfo | string | null): string {
  if (address === null || typeof address === 'string') throw new CmuxError('internal', 'The service has no address')
  const { family, address: host, port } = address
  return `http://${family === 'IPv6' ? `[${host}]` : host}:${port}`
}

function listenFailure(error: unknown, place: string, misplaced: ErrorCode): unknown {
  if (!(error instanceof Error) || !('code' in error)) return error
  switch (error.code) {
    case 'EADDRINUSE':
      return new CmuxError('in-use', `Something listens on ${place} already`, {
        hint: 'Choose another with --port, or POOL_PORT; 0 takes any that is free.',
        cause: error,
      })
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return new CmuxError(misplaced, `${place} is no address of this machine`, {
        hint: 'Choose another with --host, or POOL_HOST: 127.0.0.1, or 0.0.0.0 for all that it has.',
        cause: error,
      })
    case 'EACCES':
      return new CmuxError('forbidden', `This user may not listen on ${place}`, {
        hint: 'Choose another place with --port or --socket, or run it as a user who may.',
        cause: error,
      })
    default:
      return error
  }
}
