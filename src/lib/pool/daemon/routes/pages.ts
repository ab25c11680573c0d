import { createHash } from 'node:crypto'
import type { App } from '../http/app.js'
import { DOCS_PAGE } from '../pages/docs.js'
import type { Page } from '../pages/page.js'
import { STATUS_PAGE } from '../pages/status.js'

/** For people with a browser. The pages hold nothing themselves; what they fetch is guarded like everything else. */
export function pageRoutes(app: App): void {
  app.get(
    '/openapi.json',
    { config: { open: true }, schema: { tags: ['status'], summary: 'This description.', hide: true } },
    // Relative to where it was fetched: it may stand behind any sub-path.
    async () => ({ ...app.swagger(), servers: [{ url: '.' }] }),
  )
  for (const [path, page] of [
    ['/', STATUS_PAGE],
    ['/docs', DOCS_PAGE],
  ] as const) {
    const policy = contentPolicy(page)
    const text = render(page)
    app.get(path, { config: { open: true }, schema: { hide: true } }, async (_request, reply) => {
      reply.headers({
        'content-type': 'text/html; charset=utf-8',
        'content-security-policy': policy,
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
      })
      return text
    })
  }
}

/** Runs the one script and uses the one style that are in the page, and speaks with nobody else. */
function contentPolicy({ script, style }: Page): string {
  const hash = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`
  return [
    "default-src 'none'",
    `script-src ${hash(script)}`,
    `style-src ${hash(style)}`,
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ')
}

const render = ({ title, body, script, style }: Page): string => `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${title}</title><style>${style}</style></head>
<body>${body}<script type="module">${script}</script></body>
</html>
`
