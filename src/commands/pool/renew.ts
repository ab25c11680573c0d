import { Args, Flags } from '@oclif/core'
import { dryRunFlag, leaseFlag } from '../../lib/ui/flags.js'
import { PoolCommand } from '../../lib/ui/pool-command.js'

export default class PoolRenew extends PoolCommand<typeof PoolRenew> {
  static override summary = 'Move the end of leases: so long from now.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> web-1 --ttl 1h',
    '<%= config.bin %> <%= command.id %> 201 202 --ttl 30m --json',
  ]
  static override args = {
    container: Args.string({
      multiple: true,
      description: 'VMIDs or hostnames (instance ids). Digits are a VMID. None: the one of --instance-id.',
    }),
  }
  static override flags = {
    ttl: leaseFlag({ required: true, summary: 'How long from now.' }),
    'instance-id': Flags.string({
      summary: 'Refuse unless this instance holds it. Without a container: the one that this instance holds.',
    }),
    ...dryRunFlag,
  }

  async run() {
    const { leaseText } = await import('../../lib/ui/pool-text.js')
    const { ttl, 'instance-id': instanceId } = this.flags
    const ttlSeconds = Math.ceil(ttl / 1000)
    return this.changeEach({
      named: this.args.container ?? [],
      instanceId,
      verb: 'renew',
      title: 'Renewing',
      call: (vmid) => ({ method: 'POST', path: `/containers/${vmid}/renew`, parameters: { ttl_seconds: ttlSeconds } }),
      make: (pool, vmid) =>
        pool.renew(vmid, { ttlSeconds, signal: this.signal, ...(instanceId !== undefined && { instanceId }) }),
      sentence: leaseText,
    })
  }
}
