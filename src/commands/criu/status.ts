import { Flags } from '@oclif/core'
import type { CriuContext } from '../../lib/criu/criu-context.js'
import type { CriuStatus as Status } from '../../lib/criu/status.js'
import { containerArgument } from '../../lib/ui/arguments.js'
import { CriuCommand, nodeFlags } from '../../lib/ui/criu-command.js'
import { dryRunFlag, yesFlag } from '../../lib/ui/flags.js'
import { painter, processTerminal } from '../../lib/ui/terminal.js'

export default class CriuStatus extends CriuCommand<typeof CriuStatus> {
  static override summary = 'Say what the nodes can do with checkpoints, and what stands in the way of a container.'
  static override description =
    `Without a container: all nodes. With containers: their nodes, and for each container everything that would make a checkpoint
fail or lose something, with the way out, or that there is none today. Freezes nothing. With --fix the harmless ways out are taken
after a question: terminals and console are turned off, which counts from the container's next start.`
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> web --fix',
    '<%= config.bin %> <%= command.id %> web --json | jq -e .data.containers[0].possible',
  ]
  static override args = {
    instance: containerArgument({ multiple: true, description: 'VMIDs or hostnames. Default: none, only the nodes.' }),
  }
  static override flags = {
    all: Flags.boolean({ summary: 'Every container of the cluster.' }),
    fix: Flags.boolean({ summary: 'Take the harmless ways out.' }),
    ...nodeFlags,
    ...yesFlag,
    ...dryRunFlag,
  }

  async run() {
    const { criuStatus } = await import('../../lib/criu/status.js')
    const context = await this.criu('Looking')
    const request = { references: this.args.instance ?? [], all: this.flags.all }
    const status = await criuStatus(context, request)
    this.progress?.end()
    await this.#show(status)
    if (!this.flags.fix) return status
    const fixed = await this.#fix(context, status)
    if (fixed.length === 0) return { ...status, fixed }
    const after = await criuStatus(context, request)
    return { ...after, fixed }
  }

  async #show({ nodes, containers }: Status): Promise<void> {
    const { nodeReportText, preflightText } = await import('../../lib/ui/criu-status-text.js')
    const { stdout, environment } = processTerminal()
    const paint = painter(stdout, environment)
    for (const node of nodes) for (const line of nodeReportText(node, paint)) this.output.text(line)
    for (const container of containers) for (const line of preflightText(container, paint)) this.output.text(line)
  }

  async #fix(context: CriuContext, { containers }: Status) {
    const { applyFix, fixText, plannedFix } = await import('../../lib/criu/fix.js')
    const fixes = containers.flatMap((report) => plannedFix(report) ?? [])
    if (fixes.length === 0) {
      this.output.note('There is nothing that could be fixed without harm.')
      return fixes
    }
    const list = fixes.map((fix) => `${fixText(fix)} of container ${fix.vmid} (${fix.name})`).join('; ')
    await this.confirm(`Set ${list}?`)
    for (const fix of fixes) {
      await applyFix(context, fix)
      const what = `${fixText(fix)} of container ${fix.vmid} (${fix.name})`
      this.output.note(
        context.client.dryRun
          ? `Would set ${what}.`
          : `Set ${what}. If it runs, restart it: cmux-pve instance restart ${fix.vmid}`,
      )
    }
    return fixes
  }
}
