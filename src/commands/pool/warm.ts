import { Args, Flags } from '@oclif/core'
import { CmuxError } from '../../lib/errors.js'
import { dryRunFlag, poolWaitFlags } from '../../lib/ui/flags.js'
import { PoolCommand, patience } from '../../lib/ui/pool-command.js'
import { templateVmid } from '../../lib/ui/template-argument.js'

export default class PoolWarm extends PoolCommand<typeof PoolWarm> {
  static override summary = 'Have containers of a template made ready, once, beyond its target if need be.'
  static override description =
    `No more than its maximum: when fewer than asked for can be ready, it makes those, says how many they are and why, and ends with exit code 6,
unless they are not waited for. What is taken of them is made again only up
to the target. While the pool is paused or drains it is refused.`
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
    ...poolWaitFlags('so many are ready'),
    ...dryRunFlag,
  }

  async run() {
    const { cutText, queuedText } = await import('../../lib/ui/warm-text.js')
    const { count, wait, timeout } = this.flags
    const template = templateVmid(this.args.template ?? (await this.settings()).templateVmid)
    const call = { method: 'POST', path: `/warm/${template}`, ...(count !== undefined && { parameters: { count } }) }
    return this.change(call, async (pool) => {
      const progress = this.output.progress(`Warming template ${template}`)
      const outcome = await pool.warm(template, count, { signal: this.signal, timeout: patience(timeout) })
      const { possible, asked } = outcome
      if (!wait) {
        if (possible < asked) this.output.warn(cutText(outcome))
        progress.succeed(queuedText(outcome))
        return outcome
      }
      const { ready } = await this.until(
        ({ mode, templates }) => {
          if (mode === 'draining') throw new CmuxError('draining', 'The pool is being drained: no more are made')
          const status = templates.find((one) => one.template === template)
          if (status !== undefined && status.ready >= possible) return status
          progress.update(`Warming template ${template}: ${status?.ready ?? 0} of ${possible} ready`)
          return undefined
        },
        { timeout, template, goal: `${possible} of template ${template} are ready` },
      )
      progress.succeed(`${ready} of template ${template} are ready${possible < asked ? ` (asked for: ${asked})` : ''}`)
      if (ready < asked) throw fewer(cutText(outcome), { ...outcome, ready })
      return { ...outcome, ready }
    })
  }
}

const fewer = (message: string, data: object): CmuxError =>
  new CmuxError('exhausted', message, {
    hint: 'Ask for fewer with --count, give back or remove what is not needed, or raise the maximum of the template.',
    data,
  })
