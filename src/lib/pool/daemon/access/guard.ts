import type { App } from '../http/app.js'
import { HttpRefusal } from '../http/refusal.js'
import { type Access, denialOf } from './access.js'

/** Lets requests in before anything of their body is read. */
export function guard(app: App, access: Access): void {
  app.addHook('onRequest', async ({ routeOptions, headers }) => {
    if (routeOptions.config.open) return
    const denial = denialOf(access, headers)
    if (denial === undefined) return
    throw new HttpRefusal(denial.status, denial.status === 401 ? 'unauthorised' : 'forbidden', denial.message, {
      hint: denial.hint,
      headers: { connection: 'close', ...(denial.status === 401 && { 'www-authenticate': 'Bearer realm="pool"' }) },
    })
  })
}
