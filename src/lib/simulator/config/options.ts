import type { ObjectSchema, Property, PropertyStringSchema } from '../schema/schema.js'

const optional = (property: Omit<Property, 'optional'>): Property => ({ ...property, optional: true })
const text = (rest: Omit<Property, 'optional' | 'type'> = {}): Property => optional({ type: 'string', ...rest })
const integer = (rest: Omit<Property, 'optional' | 'type'> = {}): Property => optional({ type: 'integer', ...rest })
const boolean = (rest: Omit<Property, 'optional' | 'type'> = {}): Property => optional({ type: 'boolean', ...rest })
const NAME_PATTERN = '[-_.\\w\\d]+'

/** netN (PVE-FACTS 4.2). */
export const NETWORK: PropertyStringSchema = {
  keys: {
    name: { type: 'string', pattern: NAME_PATTERN },
    bridge: text({ pattern: NAME_PATTERN }),
    firewall: boolean(),
    gw: text({ format: 'ipv4' }),
    gw6: text({ format: 'ipv6' }),
    'host-managed': boolean(),
    hwaddr: text({ format: 'mac-addr' }),
    ip: text({ format: 'pve-ipv4-config' }),
    ip6: text({ format: 'pve-ipv6-config' }),
    link_down: boolean(),
    mtu: integer({ minimum: 64, maximum: 65535 }),
    rate: optional({ type: 'number' }),
    tag: integer({ minimum: 1, maximum: 4094 }),
    trunks: text({ pattern: '\\d+(?:;\\d+)*' }),
    type: text({ enum: ['veth'] }),
  },
}

const MOUNT_FLAG = '(?:discard|lazytime|noatime|nodev|noexec|nosuid)'
const VOLUME_KEYS: ObjectSchema = {
  volume: { type: 'string', format: 'pve-lxc-mp-string' },
  acl: boolean(),
  idmap: text(),
  keepattrs: boolean(),
  mountoptions: text({ pattern: `${MOUNT_FLAG}(?:;${MOUNT_FLAG})*` }),
  quota: boolean(),
  replicate: boolean(),
  ro: boolean(),
  shared: boolean(),
  size: text({ format: 'disk-size' }),
}

/** rootfs. */
export const ROOTFS: PropertyStringSchema = { keys: VOLUME_KEYS, defaultKey: 'volume' }

/** mpN: a volume with the path it is mounted on. */
export const MOUNT_POINT: PropertyStringSchema = {
  keys: { ...VOLUME_KEYS, backup: boolean(), mp: { type: 'string', format: 'pve-lxc-mp-string' } },
  defaultKey: 'volume',
}

/** features: what an unprivileged guest may do besides. */
export const FEATURES: PropertyStringSchema = {
  keys: {
    force_rw_sys: boolean(),
    fuse: boolean(),
    keyctl: boolean(),
    mknod: boolean(),
    mount: text({ pattern: '[a-zA-Z0-9_; ]+' }),
    nesting: boolean(),
  },
}

const UNUSED: PropertyStringSchema = {
  keys: { volume: { type: 'string', format: 'pve-volume-id' } },
  defaultKey: 'volume',
}

const DEVICE: PropertyStringSchema = {
  keys: {
    path: text({ format: 'pve-lxc-dev-string' }),
    'deny-write': boolean(),
    gid: integer({ minimum: 0 }),
    mode: text({ pattern: '0[0-7]{3}' }),
    uid: integer({ minimum: 0 }),
  },
  defaultKey: 'path',
}

/** The words that may stand behind `lock:` (PVE-FACTS 3.11). */
const LOCKS = 'backup create destroyed disk fstrim migrate mounted rollback snapshot snapshot-delete'.split(' ')
const OS_TYPES = 'debian devuan ubuntu centos fedora opensuse archlinux alpine gentoo nixos unmanaged'.split(' ')

/** Every option that a caller may set (PVE-FACTS 4.2). */
export const CONFIG_OPTIONS: ObjectSchema = {
  arch: text({ enum: ['amd64', 'i386', 'arm64', 'armhf', 'riscv32', 'riscv64'], default: 'amd64' }),
  cmode: text({ enum: ['shell', 'console', 'tty'], default: 'tty' }),
  console: boolean({ default: 1 }),
  cores: integer({ minimum: 1, maximum: 8192 }),
  cpulimit: optional({ type: 'number', minimum: 0, maximum: 8192, default: 0 }),
  cpuunits: integer({ minimum: 0, maximum: 500000, default: 100 }),
  debug: boolean({ default: 0 }),
  description: text({ maxLength: 8192 }),
  entrypoint: text(),
  env: text(),
  features: text({ format: FEATURES }),
  hookscript: text({ format: 'pve-volume-id' }),
  hostname: text({ format: 'dns-name', maxLength: 255 }),
  lock: text({ enum: LOCKS }),
  memory: integer({ minimum: 16, default: 512 }),
  nameserver: text({ format: 'lxc-ip-with-ll-iface-list' }),
  onboot: boolean({ default: 0 }),
  ostype: text({ enum: OS_TYPES }),
  protection: boolean({ default: 0 }),
  rootfs: text({ format: ROOTFS }),
  searchdomain: text({ format: 'dns-name-list' }),
  startup: text({ format: 'pve-startup-order' }),
  swap: integer({ minimum: 0, default: 512 }),
  tags: text({ format: 'pve-tag-list' }),
  template: boolean({ default: 0 }),
  timezone: text({ format: 'lxc-ct-timezone' }),
  tty: integer({ minimum: 0, maximum: 6, default: 2 }),
  unprivileged: boolean({ default: 0 }),
  ...numbered('net', 32, NETWORK),
  ...numbered('mp', 256, MOUNT_POINT),
  ...numbered('unused', 256, UNUSED),
  ...numbered('dev', 256, DEVICE),
}

/** Options that only Proxmox itself writes. */
const INTERNAL_OPTIONS: ObjectSchema = {
  parent: text({ format: 'pve-configid', maxLength: 40 }),
  snaptime: integer({ minimum: 0 }),
  snapstate: text({ enum: ['prepare', 'delete'] }),
}

/** What is known of an option by its name; undefined when there is no such option. */
export function optionSchema(name: string): Property | undefined {
  if (Object.hasOwn(CONFIG_OPTIONS, name)) return CONFIG_OPTIONS[name]
  return Object.hasOwn(INTERNAL_OPTIONS, name) ? INTERNAL_OPTIONS[name] : undefined
}

/** Whether an option of this name can be deleted or reverted; of the internal ones, snapstate cannot. */
export function isOption(name: string): boolean {
  return name !== 'snapstate' && optionSchema(name) !== undefined
}

/** The schema of an option that is a mount point; undefined for every other one. */
export function mountPointSchema(name: string): PropertyStringSchema | undefined {
  if (name === 'rootfs') return ROOTFS
  return /^mp\d+$/.test(name) ? MOUNT_POINT : undefined
}

function numbered(prefix: string, count: number, format: PropertyStringSchema): ObjectSchema {
  return Object.fromEntries(Array.from({ length: count }, (_, index) => [`${prefix}${index}`, text({ format })]))
}
