import { dryRunFlag } from '../../lib/ui/flags.js'
import { PoolCommand } from '../../lib/ui/pool-command.js'

export default class PoolResume extends PoolCommand<typeof PoolResume> {
  static override summary = 'End a pause or a drain.'
  static override examples = ['<%= config.bin %> <%= command.id %>']
  static override flags = { ...dryRunFlag }

  async run() {
    return this.change({ method: 'POST', path: '/resume' }, async (pool) => {
      const progress = this.output.progress('Resuming the pool')
      await pool.resume({ signal: this.signal })
      progress.succeed('The pool fills, recycles and hands out again')
      return { mode: 'running' }
    })
  }
}
