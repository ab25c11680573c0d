import { recordIn, withRecord } from '../../src/lib/pool/record-codec.js'
import { toVmid } from '../../src/lib/pve/client.js'
import type { Cluster } from '../../src/lib/simulator/cluster.js'
import { withDescription, withOptions } from '../../src/lib/simulator/config/container-config.js'

/**
 * So many containers like `model`, which a pool has made, with the VMIDs after it: ready, each with a record of its own. They come into being
 * without tasks, as ten thousand fills would take half an hour.
 */
export function addPooled(cluster: Cluster, model: number, count: number): void {
  const entry = cluster.configs.find(model)
  const record = recordIn(entry?.config.description)
  if (entry === undefined || record === undefined) throw new Error(`container ${model} is none of a pool`)
  for (let vmid = model + 1; vmid <= model + count; vmid++) {
    const named = withOptions(entry.config, { hostname: `pool-${vmid}` })
    cluster.configs.create(vmid, entry.node, withDescription(named, withRecord('', { ...record, vmid: toVmid(vmid) })))
  }
}
