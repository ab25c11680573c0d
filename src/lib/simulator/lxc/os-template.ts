/** What is inside an OS template, as far as its file name tells. */
export interface OsTemplateContent {
  readonly arch: string
  readonly ostype: string
  /** Version of systemd; absent: another init. */
  readonly systemd?: number
}

const OSTYPE = /^(debian|devuan|ubuntu|centos|fedora|opensuse|archlinux|alpine|gentoo|nixos)\b/
const CENTOS = /^(?:almalinux|rockylinux|centos)\b/

const SYSTEMD: readonly (readonly [pattern: RegExp, version: number])[] = [
  [/^debian-10/, 241],
  [/^debian-11/, 247],
  [/^debian-12/, 252],
  [/^debian-13/, 257],
  [/^ubuntu-20/, 245],
  [/^ubuntu-22/, 249],
  [/^ubuntu-24/, 255],
  [/^ubuntu-25/, 257],
  [/^(?:almalinux|rockylinux|centos)-9/, 252],
  [/^(?:fedora|archlinux|opensuse)/, 257],
]

/** `local:vztmpl/debian-12-standard_12.7-1_amd64.tar.zst` → amd64, debian, systemd 252. Anything unknown is `unmanaged`. */
export function osTemplateContent(volid: string): OsTemplateContent {
  const name = volid.slice(volid.lastIndexOf('/') + 1)
  const arch = /_(amd64|i386|arm64|armhf|riscv32|riscv64)\./.exec(name)?.[1] ?? 'amd64'
  const ostype = CENTOS.test(name) ? 'centos' : (OSTYPE.exec(name)?.[1] ?? 'unmanaged')
  const systemd = SYSTEMD.find(([pattern]) => pattern.test(name))?.[1]
  return systemd === undefined ? { arch, ostype } : { arch, ostype, systemd }
}
