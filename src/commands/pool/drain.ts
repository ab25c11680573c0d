import { Flags } from '@oclif/core'
import type { PoolStatus } from '../../lib/pool/pool.js'
import { dryRunFlag, poolWaitFlags, yesFlag } from '../../lib/ui/flags.js'
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
    ...poolWaitFlags('none is left that nobody uses'),
    ...dryRunFlag,
  }

  async run() {
    const { wait, timeout } = this.flags
    const template = this.flags.template === undefined ? undefined : templateVmid(this.flags.template)
    const those = template === undefined ? 'the pool' : `template ${template} in the pool`
    await this.confirm(`Drain ${those}?`)
    const call = { method: 'POST', path: '/drain', ...(template !== undefined && { parameters: { template } }) }
    return this.change(call, async (pool) => {
      const progress = this.output.progress(`Draining ${those}`)
      await pool.drain(template, { signal: this.signal, timeout: patience(timeout) })
      const of = template === undefined ? {} : { template }
      const drained = (status: PoolStatus) => {
        const now = remains(status, template)
        return now.left === 0 ? now : undefined
      }
      const now = wait
        ? await this.until(drained, { ...of, timeout, goal: `${those} is drained` })
        : remains(await pool.status({ signal: this.signal, timeout: patience(timeout) }), template)
      const more = now.left === 0 ? '' : `, ${now.left} to go`
      progress.succeed(`${now.left === 0 ? 'Drained' : 'Draining'} ${those}${more}; \`cmux-pve pool resume\` ends it`)
      return { ...of, ...now }
    })
  }
}

/** The mode of the pool, how many are still there that nobody uses, and how many are left alone. */
function remains({ mode, templates }: PoolStatus, template: number | undefined) {
  const ours = templates.filter((one) => template === undefined || one.template === template)
  return {
    mode,
    left: ours.reduce((sum, { ready, filling, releasing }) => sum + ready + filling + releasing, 0),
    claimed: ours.reduce((sum, { claimed }) => sum + claimed, 0),
  }
}
