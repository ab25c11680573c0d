/** What an installed package puts into the file system. */
export interface Package {
  readonly name: string
  readonly version: string
  /** Commands: name of the program, and the version it reports if it reports one. */
  readonly commands?: Readonly<Record<string, string | undefined>>
  readonly depends?: readonly string[]
  /** A service that is enabled and started by the installation, and the command that it runs. */
  readonly service?: { readonly name: string; readonly command: string }
  /** Only there when one of apt's sources mentions this. */
  readonly source?: string
  readonly group?: string
}

const DOCKER = 'download.docker.com'
const NODESOURCE = 'deb.nodesource.com'

/** The packages that installations are known to ask for. Everything else cannot be located. */
const PACKAGES: readonly Package[] = [
  { name: 'ca-certificates', version: '20230311', commands: { 'update-ca-certificates': undefined } },
  { name: 'curl', version: '7.88.1-10+deb12u8', commands: { curl: undefined }, depends: ['ca-certificates'] },
  { name: 'wget', version: '1.21.3-1', commands: { wget: undefined } },
  { name: 'gnupg', version: '2.2.40-1.1', commands: { gpg: undefined } },
  { name: 'git', version: '1:2.39.5-0+deb12u1', commands: { git: '2.39.5' } },
  { name: 'sudo', version: '1.9.13p3-1', commands: { sudo: undefined } },
  { name: 'unzip', version: '6.0-28', commands: { unzip: undefined } },
  { name: 'zip', version: '3.0-13', commands: { zip: undefined } },
  { name: 'jq', version: '1.6-2.1', commands: { jq: '1.6' } },
  { name: 'vim', version: '2:9.0.1378-2', commands: { vim: '9.0' } },
  { name: 'nano', version: '7.2-1', commands: { nano: '7.2' } },
  { name: 'tmux', version: '3.3a-3', commands: { tmux: '3.3a' } },
  { name: 'htop', version: '3.2.2-2', commands: { htop: '3.2.2' } },
  { name: 'ripgrep', version: '13.0.0-4', commands: { rg: '13.0.0' } },
  { name: 'rsync', version: '3.2.7-1', commands: { rsync: '3.2.7' } },
  { name: 'xz-utils', version: '5.4.1-0.2', commands: { xz: '5.4.1' } },
  { name: 'bzip2', version: '1.0.8-5', commands: { bzip2: '1.0.8' } },
  { name: 'build-essential', version: '12.9', depends: ['gcc', 'g++', 'make'] },
  { name: 'gcc', version: '4:12.2.0-3', commands: { gcc: '12.2.0', cc: '12.2.0' } },
  { name: 'g++', version: '4:12.2.0-3', commands: { 'g++': '12.2.0' } },
  { name: 'make', version: '4.3-4.1', commands: { make: '4.3' } },
  { name: 'cmake', version: '3.25.1-1', commands: { cmake: '3.25.1' } },
  { name: 'pkg-config', version: '1.8.1-1', commands: { 'pkg-config': '1.8.1' } },
  { name: 'python3', version: '3.11.2-1+b1', commands: { python3: '3.11.2' } },
  { name: 'python3-pip', version: '23.0.1+dfsg-1', commands: { pip3: '23.0.1', pip: '23.0.1' }, depends: ['python3'] },
  { name: 'python3-venv', version: '3.11.2-1+b1', depends: ['python3'] },
  { name: 'nodejs', version: '18.19.0+dfsg-6~deb12u2', commands: { node: '18.19.0' } },
  { name: 'npm', version: '9.2.0~ds1-1', commands: { npm: '9.2.0', npx: '9.2.0' }, depends: ['nodejs'] },
  {
    name: 'openssh-server',
    version: '1:9.2p1-2+deb12u3',
    commands: { sshd: undefined },
    depends: ['openssh-client'],
    service: { name: 'ssh', command: '/usr/sbin/sshd -D' },
  },
  { name: 'openssh-client', version: '1:9.2p1-2+deb12u3', commands: { ssh: '9.2p1', 'ssh-keygen': undefined } },
  {
    name: 'cron',
    version: '3.0pl1-162',
    commands: { cron: undefined },
    service: { name: 'cron', command: '/usr/sbin/cron -f' },
  },
  {
    name: 'nginx',
    version: '1.22.1-9',
    commands: { nginx: undefined },
    service: { name: 'nginx', command: '/usr/sbin/nginx' },
  },
  { name: 'dbus', version: '1.14.10-1~deb12u1', commands: { 'dbus-daemon': undefined } },
  { name: 'iproute2', version: '6.1.0-3', commands: { ip: undefined } },
  { name: 'iptables', version: '1.8.9-2', commands: { iptables: '1.8.9' } },
  { name: 'lsb-release', version: '12.0-1', commands: { lsb_release: undefined } },
  { name: 'apt-transport-https', version: '2.6.1' },
  { name: 'software-properties-common', version: '0.99.30-4.1', commands: { 'add-apt-repository': undefined } },
  { name: 'procps', version: '2:4.0.2-3', commands: { ps: undefined } },
  { name: 'locales', version: '2.36-9+deb12u9', commands: { 'locale-gen': undefined } },
  { name: 'tzdata', version: '2024a-0+deb12u1' },
  { name: 'bash-completion', version: '1:2.11-6' },
  { name: 'less', version: '590-2.1', commands: { less: undefined } },
  { name: 'lsof', version: '4.95.0-1', commands: { lsof: '4.95.0' } },
  { name: 'xvfb', version: '2:21.1.7-3', commands: { Xvfb: undefined, 'xvfb-run': undefined } },
  {
    name: 'tigervnc-standalone-server',
    version: '1.12.0+dfsg-8',
    commands: { Xtigervnc: undefined, vncserver: undefined },
    depends: ['tigervnc-common'],
  },
  { name: 'tigervnc-common', version: '1.12.0+dfsg-8', commands: { tigervncconfig: undefined } },
  { name: 'x11-utils', version: '7.7+5', commands: { xdpyinfo: '1.3.2' } },
  { name: 'xterm', version: '379-1', commands: { xterm: '379' } },
  { name: 'dbus-x11', version: '1.14.10-1~deb12u1', commands: { 'dbus-launch': '1.14.10' } },
  { name: 'criu', version: '3.17.1-2', commands: { criu: '3.17.1' } },
  { name: 'socat', version: '1.7.4.4-2', commands: { socat: '1.7.4.4' } },
  { name: 'fuse-overlayfs', version: '1.10-1', commands: { 'fuse-overlayfs': '1.10' } },
  { name: 'uidmap', version: '1:4.13+dfsg1-1', commands: { newuidmap: undefined } },
  {
    name: 'docker.io',
    version: '20.10.24+dfsg1-1',
    commands: { docker: '20.10.24', dockerd: undefined },
    depends: ['containerd'],
    service: { name: 'docker', command: '/usr/sbin/dockerd -H fd://' },
    group: 'docker',
  },
  {
    name: 'containerd',
    version: '1.6.20~ds1-1',
    commands: { containerd: undefined },
    service: { name: 'containerd', command: '/usr/sbin/containerd' },
  },
  {
    name: 'docker-ce',
    version: '5:27.5.1-1~debian.12~bookworm',
    commands: { dockerd: undefined },
    depends: ['docker-ce-cli', 'containerd.io'],
    service: { name: 'docker', command: '/usr/sbin/dockerd -H fd://' },
    source: DOCKER,
    group: 'docker',
  },
  { name: 'docker-ce-cli', version: '5:27.5.1-1~debian.12~bookworm', commands: { docker: '27.5.1' }, source: DOCKER },
  {
    name: 'containerd.io',
    version: '1.7.25-1',
    commands: { containerd: undefined },
    service: { name: 'containerd', command: '/usr/sbin/containerd' },
    source: DOCKER,
  },
  { name: 'docker-buildx-plugin', version: '0.20.0-1~debian.12~bookworm', source: DOCKER },
  { name: 'docker-compose-plugin', version: '2.32.4-1~debian.12~bookworm', source: DOCKER },
]

/** A package that apt's sources offer, by name. `sources` is the text of all sources. */
export function packageFor(name: string, sources: string): Package | undefined {
  const [bare = name] = name.split(/[=:]/)
  const major = /deb\.nodesource\.com\/node_(\d+)/.exec(sources)?.[1]
  if (bare === 'nodejs' && major !== undefined) {
    return {
      name: 'nodejs',
      version: `${major}.14.0-1nodesource1`,
      commands: { node: `${major}.14.0`, npm: '10.9.2', npx: '10.9.2' },
      source: NODESOURCE,
    }
  }
  const found = PACKAGES.find((one) => one.name === bare)
  if (found === undefined && /^(?:lib[a-z0-9.+-]+|[a-z0-9.+-]+-(?:dev|doc|common|data))$/.test(bare))
    return { name: bare, version: '1.0-1' }
  return found?.source === undefined || sources.includes(found.source) ? found : undefined
}
