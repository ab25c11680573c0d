import { Flags } from '@oclif/core'
import { durationFlag } from '../../lib/ui/flags.js'
import { PoolCommand } from '../../lib/ui/pool-command.js'

const STATES = ['filling', 'ready', 'claimed', 'releasing', 'quarantined'] as const

export default class PoolList extends PoolCommand<typeof PoolList> {
  static override summary = 'List the containers of the pool, by template and VMID.'
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --state claimed --json',
    '<%= config.bin %> <%= command.id %> --template 9009 --watch',
  ]
  static override flags = {
    state: Flags.option({ options: STATES })({ summary: 'Only those in this state.' }),
    template: Flags.integer({ min: 100, summary: 'Only those of this template.', helpValue: '<vmid>' }),
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
    const { pooledColumns } = await import('../../lib/ui/pool-text.js')
    const { state, template, watch, interval = 2000 } = this.flags
    const pool = await this.pool()
    const look = async () => {
      const containers = (await pool.list({ signal: this.signal }))
        .filter((container) => state === undefined || container.state === state)
        .filter((container) => template === undefined || container.template === template)
        .toSorted((a, b) => a.template - b.template || a.vmid - b.vmid)
      if (watch) this.output.clear()
      await this.output.table(containers, pooledColumns(Date.now()), { empty: 'No containers.' })
      return containers
    }
    return watch ? this.repeat(look, interval) : look()
  }
}
