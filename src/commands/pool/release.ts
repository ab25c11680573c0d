import { Args, Flags } from '@oclif/core'
import { dryRunFlag } from '../../lib/ui/flags.js'
import { PoolCommand } from '../../lib/ui/pool-command.js'

export default class PoolRelease extends PoolCommand<typeof PoolRelease> {
  static override summary = 'Give containers back to the pool, which makes them as new or destroys them.'
  static override description =
    `It is over when the daemon has written that they were given back: cleaning goes on by itself. That nobody has claimed one, or that it was given back
before, is no error while it is named by its VMID: what was given back has lost its name.`
  static override examples = [
    '<%= config.bin %> <%= command.id %> 201',
    '<%= config.bin %> <%= command.id %> web-1 web-2 --json',
    '<%= config.bin %> <%= command.id %> 201 --instance-id web-1',
    '<%= config.bin %> <%= command.id %> --instance-id 20261122',
  ]
  static override args = {
    container: Args.string({
      multiple: true,
      description: 'VMIDs or hostnames (instance ids). Digits are a VMID. None: the one of --instance-id.',
    }),
  }
  static override flags = {
    'instance-id': Flags.string({
      summary: 'Refuse unless this instance holds it. Without a container: the one that this instance holds.',
    }),
    ...dryRunFlag,
  }

  async run() {
    const { releaseText } = await import('../../lib/ui/pool-text.js')
    const { 'instance-id': instanceId } = this.flags
    return this.changeEach({
      named: this.args.container ?? [],
      instanceId,
      verb: 'release',
      title: 'Giving back',
      call: (vmid) => ({ method: 'POST', path: `/release/${vmid}` }),
      make: (pool, vmid) =>
        pool.release(vmid, { signal: this.signal, ...(instanceId !== undefined && { instanceId }) }),
      sentence: releaseText,
    })
  }
}
