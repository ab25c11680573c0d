import { Args, Flags, Help as HelpText } from '@oclif/core'
import { BaseCommand } from '../lib/ui/base-command.js'

export default class Help extends BaseCommand<typeof Help> {
  static override summary = 'Show the help of a command.'
  static override enableJsonFlag = false
  static override examples = ['<%= config.bin %> help instance clone', '<%= config.bin %> help --all']
  static override args = {
    command: Args.string({ multiple: true, description: 'Words of the command, such as `instance clone`.' }),
  }
  static override flags = { all: Flags.boolean({ summary: 'List every command of every topic.' }) }

  async run(): Promise<void> {
    await new HelpText(this.config, { all: this.flags.all }).showHelp(this.args.command ?? [])
  }
}
