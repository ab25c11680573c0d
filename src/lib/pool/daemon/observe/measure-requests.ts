import type { App } from '../http/app.js'
import type { Metrics } from './metrics.js'

/** By route, never by URL: a scanner cannot make the number of series grow. */
export function measureRequests(app: App, metrics: Metrics): void {
  app.addHook('onResponse', async ({ method, routeOptions }, { statusCode, elapsedTime }) => {
    const known =
      routeOptions.url === undefined ? { method: 'any', route: 'unknown' } : { method, route: routeOptions.url }
    metrics.answered({ ...known, status: statusCode }, elapsedTime / 1000)
  })
}
