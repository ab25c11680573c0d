import { Args } from '@oclif/core'
import { CmuxError } from '../../lib/errors.js'
import { executionFlags } from '../../lib/ui/execution-flags.js'
import { durationFlag, modeFlag } from '../../lib/ui/flags.js'
import { splitLocation, transferText } from '../../lib/ui/location.js'
import { RemoteCommand } from '../../lib/ui/remote-command.js'

export default class InstancePull extends RemoteCommand<typeof InstancePull> {
  static override summary = 'Copy a file from a running container.'
  static override description =
    'The local file appears under its name only when all of it is there. A folder in its place means a file of the same name in it.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> web:/var/log/nginx/error.log .',
    '<%= config.bin %> <%= command.id %> 101:/etc/hostname name.txt --permissions 600',
    '<%= config.bin %> <%= command.id %> db:/root/shop.sql.gz - | gunzip',
    '<%= config.bin %> instance exec web -- tar c -C /srv/site . | tar x   # a folder',
  ]
  static override args = {
    source: Args.string({ required: true, description: 'CONTAINER:PATH; the path is absolute.' }),
    file: Args.string({ required: true, description: 'The local file; - is standard output.' }),
  }
  static override flags = {
    ...executionFlags,
    permissions: modeFlag({
      char: 'p',
      summary:
        'Its permissions, such as 600. Default: those of the file that is replaced, else of the one that is copied.',
    }),
    timeout: durationFlag({ summary: 'Give up after this time, such as 90s, with exit code 124.' }),
  }

  async run() {
    const { pullFromInstance } = await import('../../lib/instance/transfer.js')
    const { source, file } = this.args
    const { permissions: mode, timeout } = this.flags
    const { container, path } = splitLocation(source)
    if (file === '-' && this.jsonEnabled())
      throw new CmuxError('usage', '- cannot go with --json: both write to stdout')
    const context = await this.remoteContext()
    const progress = file === '-' ? undefined : this.output.progress(`Copying ${source} to ${file}`)
    const outcome = await pullFromInstance(context, container, path, file === '-' ? process.stdout : file, {
      mode,
      timeout,
    })
    progress?.succeed(transferText(outcome, 'Copied', 'from'))
    return outcome
  }
}
