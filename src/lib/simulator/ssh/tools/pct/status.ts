import type { SubCommand } from '../command-table.js'
import { fieldsOf } from '../data.js'

/** `pct status`: one word, or with `--verbose` everything but the cpu, which a single look cannot tell. */
export const status: SubCommand = {
  name: 'status',
  args: ['vmid'],
  options: () => ({ verbose: { type: 'boolean', optional: true } }),
  async run({ vmid, verbose }, io) {
    const { data } = await io.api.call('GET', `/nodes/${io.api.node}/lxc/${String(vmid)}/status/current`)
    const fields = fieldsOf(data)
    const names =
      verbose === '1'
        ? Object.keys(fields)
            .filter((name) => name !== 'cpu' && typeof fields[name] !== 'object')
            .sort()
        : ['status']
    await io.out(names.map((name) => `${name}: ${String(fields[name])}\n`).join(''))
    return 0
  },
}
