import { Flags } from '@oclif/core'
import { containerArgument } from '../../lib/ui/arguments.js'
import { ConfigureCommand, recipeFlag } from '../../lib/ui/configure-command.js'
import { executionFlags } from '../../lib/ui/execution-flags.js'
import { dryRunFlag, waitFlags } from '../../lib/ui/flags.js'

export default class TemplateConvert extends ConfigureCommand<typeof TemplateConvert> {
  static override summary = 'Make a container a template, for good.'
  static override description =
    'A template cannot be started or changed back; clone it to get instances. Always waits: Proxmox gives no task id for this.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> 9000',
    '<%= config.bin %> <%= command.id %> base --stop --validate',
  ]
  static override args = {
    container: containerArgument({ required: true, description: 'VMID or hostname.' }),
  }
  static override flags = {
    stop: Flags.boolean({ summary: 'Shut it down first when it runs.' }),
    validate: Flags.boolean({ summary: "Run the recipe's own checks first; when one fails it stays a container." }),
    recipe: recipeFlag.recipe,
    timeout: waitFlags.timeout,
    ...dryRunFlag,
    ...executionFlags,
  }

  async run() {
    const { convertToTemplate } = await import('../../lib/template/convert.js')
    const { stop, timeout, validate } = this.flags
    const checks = validate ? await this.#validate() : {}
    const context = await this.services(`Converting ${this.args.container}`)
    const { changed, ...template } = await convertToTemplate(context, this.args.container, { stop, timeout })
    const { vmid, name, node } = template
    this.done(`Container ${vmid} (${name}) on node ${node} is a template ${changed ? 'now' : 'already'}`)
    return { ...template, changed, ...checks }
  }

  async #validate() {
    const { container } = this.args
    const recipe = await this.recipe(this.flags.recipe)
    const request = { recipe, apply: false, validate: true, timeout: this.flags.timeout }
    const { validation } = await this.configure(
      `Validating ${container} with recipe ${recipe.name}`,
      container,
      request,
    )
    this.done(`Container ${container} is what recipe ${recipe.name} promises`)
    return { validation }
  }
}
