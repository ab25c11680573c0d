import { Args, Flags } from '@oclif/core'
import { dryRunFlag, hostnameFlag, leaseFlag, lineFlag } from '../../lib/ui/flags.js'
import { PoolCommand } from '../../lib/ui/pool-command.js'

const repeatable = { multiple: true, multipleNonGreedy: true } as const

export default class PoolAllocate extends PoolCommand<typeof PoolAllocate> {
  static override summary = 'Take a container out of the pool. Prints its VMID.'
  static override description =
    `TEMPLATE is the VMID of a template; default: PVE_TEMPLATE_VMID, 9000. The container's hostname is the instance id. Asked again with the same instance id, the pool answers with the same container. When none is ready it
waits in line for one. What follows \`--\` is started in the container, once, after variables and files are there; these three need a
daemon that can get into containers. What becomes of the command is not waited for: its output is in /var/log/cmux-pve-command.log inside, and
the daemon's log names one that was not found.`
  static override examples = [
    '<%= config.bin %> <%= command.id %> 9009',
    '<%= config.bin %> <%= command.id %> 9009 --instance-id web-1 --ttl 1h --metadata owner=ci --json',
    '<%= config.bin %> <%= command.id %> 9009 --variable MODE=test --file ./config.json:/etc/app.json -- /usr/local/bin/app --once',
  ]
  // Several words make oclif show each argument as one that may be repeated, unless they are described elsewhere.
  static override strict = false
  static override usage = 'pool allocate [TEMPLATE] [FLAGS] [-- COMMAND...]'
  static override args = {
    template: Args.string(),
    command: Args.string(),
  }
  static override flags = {
    'instance-id': hostnameFlag({ summary: 'Hostname it shall get. Default: one is made up.' }),
    start: Flags.boolean({ allowNo: true, default: true, summary: 'Answer when it runs.' }),
    ttl: leaseFlag({ summary: 'Lease: given back after this time unless renewed. Default: never.' }),
    metadata: Flags.string({ ...repeatable, summary: 'NAME=VALUE kept with it, readable for all; no secrets.' }),
    variable: Flags.string({ ...repeatable, summary: 'NAME=VALUE for its environment.' }),
    file: Flags.string({ ...repeatable, summary: 'LOCAL:PATH: a file to put into it.', helpValue: '<local:path>' }),
    timeout: lineFlag({
      default: 110_000,
      defaultHelp: async () => '110s',
      summary:
        'How long to wait for one, from 1s to 10m. Exit code 124 when it was not enough; nothing is left behind then.',
    }),
    ...dryRunFlag,
  }

  async run() {
    const { allocateRequest, inFlags, shownParameters } = await import('../../lib/ui/allocate-request.js')
    const { allocationText } = await import('../../lib/ui/pool-text.js')
    const { templateVmid } = await this.settings()
    const dashes = this.argv.indexOf('--')
    const command = dashes === -1 ? [] : this.argv.slice(dashes + 1)
    const words = this.rest.slice(0, this.rest.length - command.length)
    const { template, options } = await allocateRequest(words, command, this.flags, templateVmid)
    const call = { method: 'POST', path: '/allocate', parameters: shownParameters(template, options) }
    const allocation = await this.change(call, async (pool) => {
      const progress = this.output.progress(`Waiting for a container of template ${template}`)
      const asked = pool.allocate(template, { ...options, signal: this.signal })
      const answer = await this.attended(asked, template).catch((error: unknown) => Promise.reject(inFlags(error)))
      progress.succeed(allocationText(answer))
      return answer
    })
    if (allocation !== undefined) this.output.text(String(allocation.vmid))
    return allocation
  }
}
