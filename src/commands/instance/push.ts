import { Args } from '@oclif/core'
import { executionFlags } from '../../lib/ui/execution-flags.js'
import { durationFlag, modeFlag, ownerFlag } from '../../lib/ui/flags.js'
import { splitLocation, transferText } from '../../lib/ui/location.js'
import { RemoteCommand } from '../../lib/ui/remote-command.js'

export default class InstancePush extends RemoteCommand<typeof InstancePush> {
  static override summary = 'Copy a file into a running container.'
  static override description =
    'The file appears under its name only when all of it is there. A folder in place of the path means a file of the same name in it.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> app.tar.gz web:/root/',
    '<%= config.bin %> <%= command.id %> nginx.conf 101:/etc/nginx/nginx.conf --permissions 644 --owner root:www-data',
    'pg_dump shop | <%= config.bin %> <%= command.id %> - db:/root/shop.sql',
    'tar c -C site . | <%= config.bin %> instance exec web -- tar x -C /srv/site   # a folder',
  ]
  static override args = {
    file: Args.string({ required: true, description: 'The local file; - is standard input.' }),
    destination: Args.string({ required: true, description: 'CONTAINER:PATH; the path is absolute.' }),
  }
  static override flags = {
    ...executionFlags,
    permissions: modeFlag({
      char: 'p',
      summary: 'Its permissions, such as 600. Default: those of the file that is replaced, else of the local one.',
    }),
    owner: ownerFlag({
      summary: 'USER or USER:GROUP, as the container has them. Default: that of the file that is replaced, else root.',
    }),
    timeout: durationFlag({ summary: 'Give up after this time, such as 90s, with exit code 124.' }),
  }

  async run() {
    const { pushToInstance } = await import('../../lib/instance/transfer.js')
    const { file, destination } = this.args
    const { permissions: mode, owner, timeout } = this.flags
    const { container, path } = splitLocation(destination)
    const source = file === '-' ? process.stdin : file
    const context = await this.remoteContext()
    const progress = this.output.progress(`Copying ${file === '-' ? 'standard input' : file} to ${destination}`)
    const outcome = await pushToInstance(context, source, container, path, { mode, owner, timeout })
    progress.succeed(transferText(outcome, 'Copied', 'to'))
    return outcome
  }
}
