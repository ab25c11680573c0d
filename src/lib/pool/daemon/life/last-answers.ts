import type { App } from '../http/app.js'
import type { Shift } from './shift.js'

/** Once the daemon is being stopped, each answer is the last of its connection, so that clients find another daemon. */
export function lastAnswers(app: App, shift: Shift): void {
  app.addHook('onSend', async (_request, reply) => {
    if (shift.ending.aborted) reply.header('connection', 'close')
  })
}
