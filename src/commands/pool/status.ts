import { Flags } from '@oclif/core'
import { durationFlag } from '../../lib/ui/flags.js'
import { PoolCommand } from '../../lib/ui/pool-command.js'

export default class PoolStatus extends PoolCommand<typeof PoolStatus> {
  static override summary = 'Show how many containers the pool has in which state, and what an operator should look at.'
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --watch',
    'PVE_POOL_URL=https://pve.example.com/pool <%= config.bin %> <%= command.id %> --json',
  ]
  static override flags = {
    watch: Flags.boolean({
      char: 'w',
      summary: 'Look again and again until interrupted; with --json one line each time.',
    }),
    interval: durationFlag({
      relationships: [{ type: 'all', flags: ['watch'] }],
      summary: 'Time between two looks. Default: 2s.',
    }),
  }

  async run() {
    const { TEMPLATE_COLUMNS, statusText } = await import('../../lib/ui/pool-text.js')
    const { watch, interval = 2000 } = this.flags
    const pool = await this.pool()
    const look = async () => {
      const status = await pool.status({ signal: this.signal })
      if (watch) this.output.clear()
      await this.output.table(status.templates, TEMPLATE_COLUMNS, { empty: 'The pool knows no template yet.' })
      for (const line of statusText(status, Date.now())) this.output.text(line)
      return status
    }
    return watch ? this.repeat(look, interval) : look()
  }
}
