import { Flags } from '@oclif/core'
import type { PoolStatus } from '../../lib/pool/pool.js'
import { dryRunFlag, waitFlags, yesFlag } from '../../lib/ui/flags.js'
import { PoolCommand, patience } from '../../lib/ui/pool-command.js'
import { templateVmid } from '../../lib/ui/template-argument.js'

export default class PoolDrain extends PoolCommand<typeof PoolDrain> {
  static override summary =
    'Refuse new allocates and destroy the containers that are ready. Those in use are left alone.'
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --template 9009 --yes',
  ]
  static override flags = {
    template: Flags.integer({ min: 100, summary: 'Only those of this template.', helpValue: '<vmid>' }),
    ...yesFlag,
    ...waitFlags,
    ...dryRunFlag,
  }

  async run() {
    const { wait, timeout } = this.flags
    const template = this.flags.template === undefined ? undefined : templateVmid(this.flags.template)
    const those = template === undefined ? 'the pool' : `template ${template} in the pool`
    await this.confirm(`Drain ${those}?`)
    const call = { method: 'POST', path: '/drain', ...(template !== undefined && { parameters: { template } }) }
    await this.change(call, async (pool) => {
      const progress = this.output.progress(`Draining ${those}`)
      await pool.drain(template, { signal: this.signal, timeout: patience(timeout) })
      if (wait)
        await this.until((status) => (left(status, template) === 0 ? true : undefined), {
          ...(template !== undefined && { template }),
          timeout,
          goal: `${those} is drained`,
        })
      progress.succeed(`${wait ? 'Drained' : 'Draining'} ${those}; \`cmux-pve pool resume\` ends it`)
    })
    return {}
  }
}

/** How many are still there that nobody uses. */
const left = ({ templates }: PoolStatus, template: number | undefined): number =>
  templates
    .filter((one) => template === undefined || one.template === template)
    .reduce((sum, { ready, filling, releasing }) => sum + ready + filling + releasing, 0)
