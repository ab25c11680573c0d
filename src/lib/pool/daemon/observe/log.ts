import { once } from 'node:events'
import { destination, type Logger, pino } from 'pino'

export type LogLevel = 'debug' | 'info' | 'warn' | 'error'

export interface LogOptions {
  readonly level: LogLevel
  /** Texts that no line may hold, whoever wrote it. */
  readonly secrets: readonly string[]
  /** Takes whole lines. Absent: standard error. */
  readonly write?: (line: string) => void
}

export interface Log {
  readonly log: Logger
  /** Resolves when every line is written; nothing may be logged after that. */
  end(): Promise<void>
}

/** Fields that hold secrets, should a whole request or its settings ever be logged. */
const SECRET_FIELDS = [
  'authorization',
  'token',
  'tokens',
  'secret',
  'password',
  'environment',
  'files',
  'content',
  'content_base64',
]

/** One JSON object a line. */
export function createLog({ level, secrets, write }: LogOptions): Log {
  const stream = write === undefined ? destination({ fd: 2, sync: false }) : undefined
  const target = stream ?? { write: write ?? (() => undefined) }
  const log = pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: SECRET_FIELDS.flatMap((field) => [field, `*.${field}`, `*.*.${field}`]),
      serializers: { err: pino.stdSerializers.err },
      hooks: { streamWrite: concealing(secrets) },
    },
    target,
  )
  return { log, end: () => written(stream) }
}

/** Takes the secrets out of a line of JSON, as they stand there. */
function concealing(secrets: readonly string[]): (line: string) => string {
  const written = secrets.map((secret) => JSON.stringify(secret).slice(1, -1)).filter((secret) => secret !== '')
  return (line) => written.reduce((rest, secret) => rest.replaceAll(secret, '[Redacted]'), line)
}

async function written(stream: ReturnType<typeof destination> | undefined): Promise<void> {
  if (stream === undefined) return
  const closed = once(stream, 'close')
  stream.end()
  await closed
}
