import { Args, Flags } from '@oclif/core'
import { systemClock } from '../../lib/clock.js'
import { CmuxError } from '../../lib/errors.js'
import { dryRunFlag, durationFlag, lineFlag } from '../../lib/ui/flags.js'
import { PoolCommand } from '../../lib/ui/pool-command.js'
import { templateVmid } from '../../lib/ui/template-argument.js'

export default class PoolBench extends PoolCommand<typeof PoolBench> {
  static override summary = 'Measure the pool: how many requests found one ready, and how long each stage took.'
  static override description =
    `Without --burst requests come by chance at the given rate, whether or not those before were answered. Times count from the moment at
which a request was due. Everything that was handed out is given back, also after Ctrl-C.`
  static override examples = [
    '<%= config.bin %> <%= command.id %> 9009 --burst 10',
    '<%= config.bin %> <%= command.id %> 9009 --rate 5 --duration 1m --hold 10s --json',
  ]
  static override args = {
    template: Args.string({ description: 'VMID of the template. Default: PVE_TEMPLATE_VMID, 9000.' }),
  }
  static override flags = {
    burst: Flags.integer({
      min: 1,
      max: 10_000,
      relationships: [{ type: 'none', flags: ['rate', 'duration'] }],
      summary: 'So many requests at once.',
    }),
    rate: Flags.string({ default: '1', summary: 'Requests a second.', helpValue: '<number>' }),
    duration: durationFlag({
      default: 30_000,
      defaultHelp: async () => '30s',
      summary: 'For how long requests come.',
    }),
    hold: durationFlag({ default: 0, defaultHelp: async () => '0s', summary: 'How long a container is kept.' }),
    start: Flags.boolean({ allowNo: true, default: true, summary: 'Ask for running ones.' }),
    timeout: lineFlag({
      default: 110_000,
      defaultHelp: async () => '110s',
      summary: 'How long a request waits in line, from 1s to 10m.',
    }),
    ...dryRunFlag,
  }
  /** What was handed out is given back first. */
  static override interruptGrace = 20_000

  async run() {
    const { burst, openLoop } = await import('../../lib/pool/load/arrivals.js')
    const { runLoad } = await import('../../lib/pool/load/run.js')
    const { reportOf } = await import('../../lib/pool/load/report.js')
    const { loadText, STAGE_COLUMNS, stageRows } = await import('../../lib/ui/load-text.js')
    const { duration, hold, start, timeout } = this.flags
    const template = templateVmid(this.args.template ?? (await this.settings()).templateVmid)
    const arrivals =
      this.flags.burst === undefined
        ? openLoop(rateOf(this.flags.rate), duration, Math.random)
        : burst(this.flags.burst)
    const call = { method: 'POST', path: '/allocate', parameters: { template_vmid: template, times: arrivals.length } }
    return this.change(call, async (pool) => {
      const progress = this.output.progress(`Asking ${arrivals.length} times for a container of template ${template}`)
      let answered = 0
      const onSample = () => progress.detail(`${++answered} of ${arrivals.length} answered`)
      const options = { template, arrivals, start, hold, timeout, clock: systemClock, signal: this.signal, onSample }
      const report = reportOf(await runLoad(pool, options))
      progress.succeed(loadText(report))
      await this.output.table(stageRows(report), STAGE_COLUMNS)
      return report
    })
  }
}

function rateOf(text: string): number {
  const rate = Number(text)
  if (rate > 0 && rate <= 10_000) return rate
  throw new CmuxError('usage', `--rate ${text}: not a number greater than zero, 10000 at most`)
}
