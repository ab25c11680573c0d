import { Args, Flags } from '@oclif/core'
import { toVmid } from '../../lib/pve/vmid.js'
import { dryRunFlag, waitFlags } from '../../lib/ui/flags.js'
import { PoolCommand } from '../../lib/ui/pool-command.js'

export default class PoolWarm extends PoolCommand<typeof PoolWarm> {
  static override summary = 'Have containers of a template made ready, once, beyond its target if need be.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> 9009',
    '<%= config.bin %> <%= command.id %> 9009 --count 20 --timeout 5m',
    '<%= config.bin %> <%= command.id %> 9009 --count 20 --no-wait',
  ]
  static override args = {
    template: Args.string({ description: 'VMID of the template. Default: PVE_TEMPLATE_VMID, 9000.' }),
  }
  static override flags = {
    count: Flags.integer({ min: 1, max: 10_000, summary: 'How many shall be ready. Default: its target.' }),
    ...waitFlags,
    ...dryRunFlag,
  }

  async run() {
    const { templateVmid } = await this.settings()
    const { count, wait, timeout } = this.flags
    const template = toVmid(this.args.template ?? templateVmid)
    const call = { method: 'POST', path: `/warm/${template}`, ...(count !== undefined && { parameters: { count } }) }
    return this.change(call, async (pool) => {
      const progress = this.output.progress(`Warming template ${template}`)
      const outcome = await pool.warm(template, count, { signal: this.signal })
      if (!wait) {
        progress.succeed(`${outcome.queued} more of template ${template} are on their way`)
        return outcome
      }
      const wanted = outcome.current + outcome.queued
      const { ready } = await this.until(
        async () => {
          const status = (await pool.status({ signal: this.signal })).templates.find((one) => one.template === template)
          progress.update(`Warming template ${template}: ${status?.ready ?? 0} of ${wanted} ready`)
          return status !== undefined && status.ready >= wanted ? status : undefined
        },
        { timeout, goal: `${wanted} of template ${template} are ready` },
      )
      progress.succeed(`${ready} of template ${template} are ready`)
      return { ...outcome, ready }
    })
  }
}
