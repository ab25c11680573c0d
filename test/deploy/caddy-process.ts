import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { connect } from 'node:tls'

export const CADDYFILE = join(import.meta.dirname, '../../deploy/Caddyfile')

export interface CaddyProcess {
  /** `https://NAME:PORT` */
  readonly url: string
  /** PEM of the CA that it made for itself. */
  readonly ca: string
  close(): Promise<void>
}

/** Debian's Caddy with deploy/Caddyfile on a loopback port, in front of `upstream` (`host:port`), with a CA of its own. */
export async function startCaddy(upstream: string, name = 'localhost'): Promise<CaddyProcess> {
  const folder = mkdtempSync(join(tmpdir(), 'cmux-caddy-'))
  const url = `https://${name}:${await freePort()}`
  const config = join(folder, 'Caddyfile')
  // What belongs to a machine and not to the pool: where certificates are kept, and that no other port is opened.
  writeFileSync(
    config,
    `{\n\tadmin off\n\tskip_install_trust\n\tlocal_certs\n\tauto_https disable_redirects\n\tstorage file_system ${folder}\n\tdefault_bind 127.0.0.1\n}\nimport ${CADDYFILE}\n`,
  )
  const child = spawn('caddy', ['run', '--adapter', 'caddyfile', '--config', config], {
    env: { PATH: process.env['PATH'], HOME: folder, POOL_SITE: url, POOL_UPSTREAM: upstream },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const ended = once(child, 'close')
  const close = async () => {
    child.kill('SIGTERM')
    await ended
    rmSync(folder, { recursive: true, force: true })
  }
  let log = ''
  const ready = new Promise<boolean>((resolve) => {
    child.stderr.on('data', (chunk: Buffer) => {
      log += chunk
      // Both, in either order.
      if (log.includes('serving initial configuration') && log.includes('certificate obtained successfully'))
        resolve(true)
    })
    child.once('close', () => resolve(false))
  })
  if (!(await ready)) {
    await close()
    throw new Error(`Caddy did not start: ${log}`)
  }
  const ca = readFileSync(join(folder, 'pki/authorities/local/root.crt'), 'utf8')
  // It says that it has the certificate a moment before it shows it.
  while (!(await handshake(url, ca))) await delay(20)
  return { url, ca, close }
}

async function handshake(url: string, ca: string): Promise<boolean> {
  const { hostname, port } = new URL(url)
  const socket = connect({ host: '127.0.0.1', port: Number(port), servername: hostname, ca })
  try {
    await once(socket, 'secureConnect')
    return true
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}
