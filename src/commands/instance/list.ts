import { Flags } from '@oclif/core'
import { durationFlag } from '../../lib/ui/flags.js'
import { ServiceCommand } from '../../lib/ui/service-command.js'

export default class InstanceList extends ServiceCommand<typeof InstanceList> {
  static override summary = 'List the containers of the cluster, templates left out.'
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --status running --tag ci --json',
    '<%= config.bin %> <%= command.id %> --watch',
  ]
  static override flags = {
    node: Flags.string({ summary: 'Only those on this node.' }),
    status: Flags.option({ options: ['running', 'stopped', 'asleep'] as const })({
      summary: 'Only those in this state.',
    }),
    tag: Flags.string({
      multiple: true,
      multipleNonGreedy: true,
      summary: 'Only those with this tag; repeat it for several.',
    }),
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
    const { listInstances } = await import('../../lib/instance/list.js')
    const { CONTAINER_COLUMNS } = await import('../../lib/ui/container-text.js')
    const { node, status, tag: tags, watch, interval = 2000 } = this.flags
    const client = await this.connect()
    const look = async () => {
      const instances = await listInstances(client, { node, status, tags })
      if (watch) this.output.clear()
      await this.output.table(instances, CONTAINER_COLUMNS, { empty: 'No containers.' })
      return instances
    }
    return watch ? this.repeat(look, interval) : look()
  }
}
