import { dryRunFlag } from '../../lib/ui/flags.js'
import { PoolCommand } from '../../lib/ui/pool-command.js'

export default class PoolPause extends PoolCommand<typeof PoolPause> {
  static override summary = 'Let the pool fill and recycle nothing for now; allocates go on.'
  static override examples = ['<%= config.bin %> <%= command.id %>']
  static override flags = { ...dryRunFlag }

  async run() {
    return this.change({ method: 'POST', path: '/pause' }, async (pool) => {
      const progress = this.output.progress('Pausing the pool')
      await pool.pause({ signal: this.signal })
      progress.succeed('Paused: nothing is filled or recycled until `cmux-pve pool resume`')
      return { mode: 'paused' }
    })
  }
}
