import { Flags } from '@oclif/core'
import { CmuxError } from '../../lib/errors.js'
import { containerArgument } from '../../lib/ui/arguments.js'
import { ConfigureCommand, recipeFlag } from '../../lib/ui/configure-command.js'
import { executionFlags } from '../../lib/ui/execution-flags.js'
import { durationFlag } from '../../lib/ui/flags.js'

export default class TemplateConfigure extends ConfigureCommand<typeof TemplateConfigure> {
  static override summary = 'Install what a template needs in a container, from a recipe.'
  static override description =
    `Starts the container if needed, waits for its network, and runs the steps of the recipe in it. Steps that are done already are
skipped, so it can be repeated; after a failure or Ctrl-C it goes on where it was. A container that was stopped is stopped again. All
output is kept in a file, whose path is printed.`
  static override examples = [
    '<%= config.bin %> <%= command.id %> 9000',
    '<%= config.bin %> <%= command.id %> 9000 --from docker',
    '<%= config.bin %> <%= command.id %> 9000 --recipe ./recipe.yaml --validate',
    '<%= config.bin %> <%= command.id %> --list-steps',
  ]
  static override args = {
    container: containerArgument({ description: 'VMID or hostname.' }),
  }
  static override flags = {
    ...recipeFlag,
    'list-steps': Flags.boolean({ summary: 'Print the steps of the recipe, and do nothing.' }),
    from: Flags.string({ helpValue: '<step>', exclusive: ['only'], summary: 'Begin with this step.' }),
    only: Flags.string({ helpValue: '<step>', summary: 'Run this step alone, even when it is done already.' }),
    validate: Flags.boolean({ summary: "Run the recipe's own checks afterwards: programs answer, services run." }),
    timeout: durationFlag({
      default: 7_200_000,
      defaultHelp: async () => '2h',
      summary: 'How long everything may take. What runs then is ended; exit code 124.',
    }),
    'dry-run': Flags.boolean({ summary: 'Print what would be done, and do nothing.' }),
    ...executionFlags,
  }

  async run() {
    const { from, only, validate, timeout } = this.flags
    const { selectSteps } = await import('../../lib/template/recipe/plan.js')
    const { STEP_COLUMNS, stepData } = await import('../../lib/ui/recipe-text.js')
    const recipe = await this.recipe(this.flags.recipe)
    const steps = selectSteps(recipe, { from, only })
    if (this.flags['list-steps']) {
      await this.output.table(steps, STEP_COLUMNS)
      return { recipe: recipe.name, steps: steps.map(stepData) }
    }
    const { container } = this.args
    if (container === undefined) throw new CmuxError('usage', 'Which container? Give its VMID or its hostname')

    this.plan = steps.map((step) => ({
      text: `STEP ${step.name} (${step.title})${step.check === undefined ? '' : ', unless its check succeeds'}`,
      data: stepData(step),
    }))
    const request = { recipe, apply: true, validate, timeout, from, only }
    const outcome = await this.configure(`Configuring ${container} with recipe ${recipe.name}`, container, request)
    const { vmid, name, node, changed } = outcome
    this.done(`Container ${vmid} (${name}) on node ${node} is configured${changed ? '' : ': nothing had to be done'}`)
    if (!this.flags['dry-run']) this.output.note(`All output is in ${outcome.log}`)
    return outcome
  }
}
