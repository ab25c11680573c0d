import { Flags } from '@oclif/core'
import { yesFlag } from '../../lib/ui/flags.js'
import { PoolCommand } from '../../lib/ui/pool-command.js'

export default class PoolGc extends PoolCommand<typeof PoolGc> {
  static override summary =
    'Destroy leftovers that are provably the own ones; with --dry-run only say what is one, and why.'
  static override description =
    `A container is only destroyed when its VMID is in the pool's range, it has the pool's tag and a valid record that names this pool, and it
was seen so twice. Everything else that looks like a leftover is named, with the reason why it is left alone. Nothing is asked where nothing is to be destroyed.`
  static override examples = [
    '<%= config.bin %> <%= command.id %> --dry-run',
    '<%= config.bin %> <%= command.id %> --yes --json',
  ]
  static override flags = {
    ...yesFlag,
    'dry-run': Flags.boolean({ summary: 'Say what would be destroyed and what would not, and why. Destroy nothing.' }),
  }

  async run() {
    const { garbageQuestion, ORPHAN_COLUMNS, orphanText } = await import('../../lib/ui/pool-text.js')
    const { 'dry-run': dryRun, yes } = this.flags
    const pool = await this.pool()
    let orphans = await pool.collectGarbage({ act: yes && !dryRun, signal: this.signal })
    const ours = orphans.filter((orphan) => orphan.ours)
    if (!yes && !dryRun && ours.length > 0) {
      await this.confirm(garbageQuestion(ours))
      orphans = await pool.collectGarbage({ act: true, signal: this.signal })
    }
    if (dryRun && orphans.length === 0) this.output.note('Nothing is left behind.')
    if (dryRun) this.plan = orphans.map((orphan) => ({ text: orphanText(orphan), data: orphan }))
    await this.output.table(orphans, ORPHAN_COLUMNS, { empty: 'Nothing is left behind.' })
    return orphans
  }
}
