import { Flags } from '@oclif/core'
import { BaseCommand } from '../../lib/ui/base-command.js'

export default class PoolServe extends BaseCommand<typeof PoolServe> {
  static override summary = 'Keep containers ready and hand them out over HTTP, until interrupted.'
  static override description =
    `Any number of daemons with the same settings share a pool: all that they know stands in the containers' own
configuration. On 127.0.0.1 no token is needed; on any other address POOL_TOKEN must be set. SIGTERM lets running requests end; containers
that were handed out stay. The log goes to standard error, one JSON object a line.`
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    'POOL_TEMPLATES=9000:5 <%= config.bin %> <%= command.id %> --port 8080',
    'POOL_TOKEN_FILE=/etc/pool.token <%= config.bin %> <%= command.id %> --host 0.0.0.0',
    '<%= config.bin %> <%= command.id %> --socket /run/cmux-pve/pool.sock',
  ]
  static override flags = {
    host: Flags.string({ summary: 'Address to listen on. Default: POOL_HOST, else 127.0.0.1.' }),
    port: Flags.integer({
      min: 0,
      max: 65_535,
      summary: 'Port to listen on; 0 takes any. Default: POOL_PORT, else 8007.',
    }),
    socket: Flags.string({
      summary: 'Listen on this Unix socket (mode 0660) instead. Default: POOL_SOCKET.',
      helpValue: '<path>',
    }),
    'log-level': Flags.option({ options: ['debug', 'info', 'warn', 'error'] as const })({
      default: 'info',
      summary: 'The least important lines that the log shall hold.',
    }),
  }
  /** The service's own patience adds up to 24 s. */
  static override interruptGrace = 25_000

  async run(): Promise<unknown> {
    const { host, port, socket } = this.flags
    const settings = await this.settings({
      ...(host !== undefined && { POOL_HOST: host }),
      ...(port !== undefined && { POOL_PORT: String(port) }),
      ...(socket !== undefined && { POOL_SOCKET: socket }),
    })
    const { servePool } = await import('../../lib/pool/daemon/serve.js')
    await servePool({
      settings,
      environment: process.env,
      version: this.config.version,
      logLevel: this.flags['log-level'],
      signal: this.signal,
      ...((host ?? socket) !== undefined && { misplaced: 'usage' }),
      onListening: (url) => {
        this.output.text(`Listening on ${url}`)
        this.output.item({ url })
      },
    })
    return undefined
  }
}
