import { CmuxError } from '../errors.js'

const GIBIBYTES: Readonly<Record<string, number>> = { K: 1 / 1024 ** 2, M: 1 / 1024, G: 1, T: 1024 }

/** GiB of a volume's `size=8G` in an option such as `rootfs`; undefined when it has none (PVE-FACTS 4.2). */
export function volumeSize(option: string | number | undefined): number | undefined {
  const match = /(?:^|,)size=(\d+(?:\.\d+)?)([KMGT])(?:,|$)/.exec(String(option ?? ''))
  return match === null ? undefined : Number(match[1]) * (GIBIBYTES[match[2] ?? 'G'] ?? 1)
}

/** Refuses what is not a disk of any container (PVE-FACTS 3.10). */
export function checkVolume(name: string): void {
  if (/^(?:rootfs|mp(?:\d|[1-9]\d|1\d\d|2[0-4]\d|25[0-5]))$/.test(name)) return
  throw new CmuxError('invalid', `'${name}' is not a disk of a container`, { hint: 'Name rootfs, or mp0 to mp255.' })
}

/** Whether a volume must grow to reach `wanted` GiB. Volumes never shrink: `invalid`. */
export function mustGrow(disk: string, option: string | number | undefined, wanted: number): boolean {
  const size = volumeSize(option)
  if (size !== undefined && wanted < size) {
    throw new CmuxError('invalid', `${disk} is ${size} GiB and cannot shrink to ${wanted} GiB`, {
      hint: `Ask for ${Math.ceil(size)} GiB or more.`,
    })
  }
  return size !== wanted
}
