import type { Socket } from 'node:net'
import type { App } from './app.js'

/** Bytes of answers that wait on one connection for others to be read. */
const MOST_UNREAD = 256 * 1024

/** Cuts off a client that asks on and on without reading: its answers would fill the memory. */
export function limitUnreadAnswers(app: App): void {
  const unread = new WeakMap<Socket, number>()
  app.addHook('onSend', async ({ raw: { socket } }, { raw: response }, payload) => {
    const size = typeof payload === 'string' || Buffer.isBuffer(payload) ? Buffer.byteLength(payload) : 0
    const before = unread.get(socket) ?? 0
    unread.set(socket, before + size)
    response.once('close', () => unread.set(socket, (unread.get(socket) ?? 0) - size))
    if (before > MOST_UNREAD) socket.destroy()
  })
}
