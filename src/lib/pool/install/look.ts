import { existsSync, lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'
import { CmuxError } from '../../errors.js'
import type { Machine } from './carry-out.js'
import { SERVICE } from './layout.js'
import type { Found } from './plan.js'

/** Looks what is installed. Error: `unsupported` where there is no systemd. */
export async function lookAround({ root, executor, signal }: Machine): Promise<Found> {
  const at = (path: string) => join(root, path)
  const itself = root === '/'
  const asks = async (...argv: string[]) => {
    const answer = await executor.run(argv, { signal }).catch((cause: unknown) => {
      throw new CmuxError('unsupported', 'There is no systemctl here: the pool is installed as a systemd service', {
        hint: 'Elsewhere, run `cmux-pve pool serve` under the supervisor of your choice.',
        cause,
      })
    })
    return answer.exitCode === 0
  }
  const systemctl = (verb: string) =>
    asks('systemctl', ...(itself ? [] : [`--root=${root}`]), verb, '--quiet', `${SERVICE}.service`)
  const systemd = itself && existsSync('/run/systemd/system')
  return {
    file: (path) =>
      isFile(at(path)) ? { content: readFileSync(at(path), 'utf8'), mode: modeOf(at(path)) } : undefined,
    link: (path) => {
      const found = lstatSync(at(path), { throwIfNoEntry: false })
      return found?.isSymbolicLink() === true ? readlinkSync(at(path)) : undefined
    },
    names: (folder) => (existsSync(at(folder)) ? readdirSync(at(folder)) : []),
    systemd,
    pveum: itself && existsSync('/usr/sbin/pveum'),
    enabled: await systemctl('is-enabled'),
    active: systemd && (await systemctl('is-active')),
  }
}

const isFile = (path: string): boolean => lstatSync(path, { throwIfNoEntry: false })?.isFile() === true
const modeOf = (path: string): number => lstatSync(path).mode & 0o777
