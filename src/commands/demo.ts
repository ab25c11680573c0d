import type { Burst } from '../lib/demo/burst.js'
import type { Bursts, StepResult } from '../lib/demo/step.js'
import { formatDuration } from '../lib/duration.js'
import { CmuxError } from '../lib/errors.js'
import { BaseCommand } from '../lib/ui/base-command.js'

export default class Demo extends BaseCommand<typeof Demo> {
  static override summary =
    'Show the main job on an embedded node: build a template, clone, run, roll back, and hand out of a pool.'
  static override description =
    `Starts a simulated Proxmox VE node inside this process: it needs no host and touches none. Each step goes through the services that
the commands use, over real HTTPS and SSH on the loopback interface, and is checked. Ends with 1 when a step did not do what it says.`
  static override examples = ['<%= config.bin %> <%= command.id %>']

  async run(): Promise<{ readonly steps: readonly StepResult[]; readonly bursts: readonly unknown[] }> {
    const [{ openStage }, { playDemo }] = await Promise.all([
      import('../lib/demo/stage.js'),
      import('../lib/demo/demo.js'),
    ])
    this.output.note('Starting an embedded, simulated Proxmox VE node.')
    const stage = await openStage(this.signal)
    try {
      const steps = await playDemo(stage, (title) => this.output.progress(title))
      await this.#summarise(steps, stage.bursts)
      return { steps, bursts: stage.bursts.map(burstsData) }
    } finally {
      await stage.close()
    }
  }

  async #summarise(steps: readonly StepResult[], bursts: readonly Bursts[]): Promise<void> {
    const { BURST_COLUMNS } = await import('../lib/ui/burst-text.js')
    await this.output.table(steps, [
      { header: 'STEP', value: ({ title }) => title },
      { header: 'RESULT', value: ({ ok }) => (ok ? 'ok' : 'FAILED') },
      { header: 'TIME', value: ({ milliseconds }) => formatDuration(milliseconds), align: 'right' },
      { header: 'AS A COMMAND', value: ({ command }) => command },
    ])
    this.output.text('')
    await this.output.table(bursts, BURST_COLUMNS)
    const failed = steps.find(({ ok }) => !ok)
    if (failed === undefined) return
    throw new CmuxError('failed', `The step '${failed.title}' did not do what it says: ${failed.detail}`, {
      data: { steps },
    })
  }
}

/** Times in milliseconds. */
const burstsData = ({ without, pooled }: Bursts) => ({
  without: burstData(without),
  ...(pooled !== undefined && { pooled: burstData(pooled) }),
})

const burstData = ({ failures, ...burst }: Burst) => ({ ...burst, failures: Object.fromEntries(failures) })
