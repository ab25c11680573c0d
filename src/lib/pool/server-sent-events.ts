/** One event of a `text/event-stream`. */
export interface ServerSentEvent {
  /** Its type, `message` where it says none. */
  readonly event: string
  readonly data: string
}

/** Characters that one event may have: whoever sends more is no pool. */
const LONGEST = 4 * 1024 * 1024

/** Takes a `text/event-stream` apart (WHATWG HTML, server-sent events); lines end with a line feed. What is not ended when the stream ends is no event. */
export async function* serverSentEvents(texts: AsyncIterable<string>): AsyncGenerator<ServerSentEvent> {
  let rest = ''
  let event = ''
  let data: string[] = []
  let size = 0
  for await (const text of texts) {
    size += text.length
    const lines = `${rest}${text}`.split(/\r?\n/)
    rest = lines.pop() ?? ''
    for (const line of lines) {
      if (line === '') {
        if (data.length > 0) yield { event: event === '' ? 'message' : event, data: data.join('\n') }
        event = ''
        data = []
        size = rest.length
      } else if (line.startsWith('event:')) event = fieldValue(line)
      else if (line.startsWith('data:')) data.push(fieldValue(line))
    }
    if (size > LONGEST) throw new Error(`an event of more than ${LONGEST} characters`)
  }
}

const fieldValue = (line: string): string => line.slice(line.indexOf(':') + 1).replace(/^ /, '')
