import { Flags } from '@oclif/core'
import { containerArgument } from '../../lib/ui/arguments.js'
import { CriuCommand, nodeFlags } from '../../lib/ui/criu-command.js'
import { dryRunFlag, yesFlag } from '../../lib/ui/flags.js'

export default class CriuTest extends CriuCommand<typeof CriuTest> {
  static override summary =
    'Prove that a running container can sleep and wake: freeze it, restore it, and ask a witness inside.'
  static override description =
    `The witness is a small process that holds a token and counts, in its memory only. After the restore it has to know the token
and to have counted on. Everything that the test made is removed; interrupted, it wakes the container first.`
  static override examples = [
    '<%= config.bin %> <%= command.id %> 101',
    '<%= config.bin %> <%= command.id %> web --cycles 20 --yes --json',
  ]
  static override args = {
    instance: containerArgument({ required: true, description: 'VMID or hostname.' }),
  }
  static override flags = {
    cycles: Flags.integer({ default: 1, min: 1, summary: 'How many times to freeze and restore it.' }),
    ...yesFlag,
    ...nodeFlags,
    ...dryRunFlag,
  }

  async run() {
    const { testInstance } = await import('../../lib/criu/cycle-test.js')
    const { refuseUnlessPossible } = await import('../../lib/criu/checkpoint.js')
    const { CYCLE_COLUMNS, cycleTestText } = await import('../../lib/ui/criu-text.js')
    const { instance } = this.args
    const context = await this.criu('Testing')
    await refuseUnlessPossible(context, instance)
    await this.confirm(`Freeze ${instance} and restore it? If it cannot be restored, what runs in it is lost.`)
    const outcome = await testInstance(context, instance, this.flags)
    if (outcome === undefined) return undefined
    this.done(cycleTestText(outcome))
    await this.output.table(outcome.cycles, CYCLE_COLUMNS)
    return outcome
  }
}
