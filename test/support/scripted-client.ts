import { onTestFinished } from 'vitest'
import { createPveClient, type PveClient, type PveClientOptions } from '../../src/lib/pve/client.js'
import { JumpingClock } from './jumping-clock.js'
import { type ScriptedServer, scriptedServer, TOKEN } from './scripted-server.js'

export interface ScriptedPve {
  readonly server: ScriptedServer
  readonly client: PveClient
  readonly clock: JumpingClock
  /** A UPID of a task of the client's token that began `ago` seconds before now, by the server's clock. */
  upid(
    type: string,
    id: string | number,
    options?: { readonly ago?: number; readonly user?: string; readonly node?: string },
  ): string
}

/** A client, and a server that answers what the test tells it to; both are closed when the test ends. */
export async function scriptedPve(options: PveClientOptions = {}): Promise<ScriptedPve> {
  const clock = new JumpingClock()
  // The node's clock is two hours ahead of ours.
  const nodeNow = () => clock.now() + 7_200_000
  const server = await scriptedServer({ now: nodeNow })
  const client = createPveClient(server.settings, { clock, random: () => 0, ...options })
  onTestFinished(async () => {
    await client.close()
    await server[Symbol.asyncDispose]()
  })
  server.on('GET /version', { data: { version: '9.2.11', release: '9.2', repoid: '0123456789abcdef' } })
  let pid = 0x1000
  return {
    server,
    client,
    clock,
    upid(type, id, { ago = 0, user = TOKEN.id, node = 'pve1' } = {}) {
      pid += 1
      const hex = (value: number) => value.toString(16).toUpperCase().padStart(8, '0')
      return `UPID:${node}:${hex(pid)}:${hex(pid)}:${hex(Math.floor(nodeNow() / 1000) - ago)}:${type}:${id}:${user}:`
    },
  }
}

/** An entry of a task list, as Proxmox makes it: ended tasks are told apart into user and token. */
export function taskEntry(upid: string, status?: string): Record<string, unknown> {
  const [, node, , , starttime = '0', type, id, user = ''] = upid.split(':')
  const [owner, tokenid] = user.split('!')
  const common = { upid, node, type, id, starttime: Number.parseInt(starttime, 16) }
  if (status === undefined) return { ...common, user, status: 'RUNNING', saved: '0' }
  return { ...common, user: owner, ...(tokenid && { tokenid }), endtime: common.starttime + 1, status }
}
