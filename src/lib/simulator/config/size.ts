const UNITS: readonly string[] = ['', 'K', 'M', 'G', 'T']

/** Bytes as Proxmox prints sizes: the largest unit that is exact (PVE-FACTS 4.2). */
export function formatSize(bytes: number): string {
  let value = Math.trunc(bytes)
  let unit = 0
  while (unit < UNITS.length - 1 && value % 1024 === 0) {
    value /= 1024
    unit += 1
  }
  return `${value}${UNITS[unit]}`
}

/** Bytes of `8G`, `8.5G`, `512M`, `1024`; undefined for anything else. */
export function parseSize(text: string): number | undefined {
  const [, number, unit = ''] = /^(\d+(?:\.\d+)?)([KMGT]?)$/.exec(text) ?? []
  if (number === undefined) return undefined
  const exponent = UNITS.indexOf(unit)
  return Math.trunc(Number(number) * 1024 ** exponent)
}
