import type { App } from './app.js'
import { HttpRefusal } from './refusal.js'
import { forbiddenName, notJson } from './validation.js'

/**
 * JSON bodies. An empty one is none, whatever its type says; one without a type is taken for JSON, as the original service did. Anything
 * else is refused: a web page can send it without asking first.
 */
export function readJson(app: App): void {
  const parse = app.getDefaultJsonParser('error', 'error')
  app.removeAllContentTypeParsers()
  app.addContentTypeParser(['application/json', '*'], { parseAs: 'string' }, (request, body: string, done) => {
    const type = request.headers['content-type']
    if (body === '') return done(null, undefined)
    if (type !== undefined && !/^application\/(?:[\w.+-]+\+)?json\s*(?:;|$)/i.test(type)) {
      return done(new HttpRefusal(415, 'invalid', 'The body must be application/json'))
    }
    void parse(request, body, (error: Error | null, value?: unknown) =>
      error ? done(unreadable(body)) : done(null, value),
    )
  })
}

/** The parser refuses names that reach into the prototypes of what they are read into, and says of both that it is no JSON. */
function unreadable(body: string): HttpRefusal {
  try {
    JSON.parse(body)
    return forbiddenName()
  } catch {
    return notJson()
  }
}
