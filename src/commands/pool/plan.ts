import { PoolCommand } from '../../lib/ui/pool-command.js'

export default class PoolPlan extends PoolCommand<typeof PoolPlan> {
  static override summary = 'Show what the pool would do now, and why. Changes nothing.'
  static override examples = ['<%= config.bin %> <%= command.id %>', '<%= config.bin %> <%= command.id %> --json']

  async run() {
    const { PLAN_COLUMNS } = await import('../../lib/ui/pool-text.js')
    const pool = await this.pool()
    const steps = await pool.plan({ signal: this.signal })
    await this.output.table(steps, PLAN_COLUMNS, { empty: 'There is nothing to do.' })
    return steps
  }
}
