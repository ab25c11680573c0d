import { commandNames } from '../commands/index.js'
import type { DirectoryNode } from '../files/tree.js'
import { commonLayout } from './layout.js'

/** Makes the root file system that an OS template, known by its file name, holds. */
export function osTemplate(volume: string): DirectoryNode {
  const name = volume.toLowerCase()
  if (name.includes('busybox')) return busybox()
  if (name.includes('alpine')) return alpine()
  const version = /[-_/](?:debian|ubuntu|devuan)-([\d.]+)/.exec(`/${name}`)?.[1]
  return name.includes('ubuntu') ? ubuntu(version ?? '24.04') : debian(version ?? '12')
}

const DEBIAN_NAMES: Readonly<Record<string, string>> = { '11': 'bullseye', '12': 'bookworm', '13': 'trixie' }

function debian(version: string): DirectoryNode {
  const code = DEBIAN_NAMES[version.split('.')[0] ?? ''] ?? 'bookworm'
  const release = `PRETTY_NAME="Debian GNU/Linux ${version} (${code})"\nNAME="Debian GNU/Linux"\nVERSION_ID="${version}"\nVERSION="${version} (${code})"\nVERSION_CODENAME=${code}\nID=debian\nHOME_URL="https://www.debian.org/"\n`
  return debianLike(release, `deb http://deb.debian.org/debian ${code} main contrib\n`).text(
    '/etc/debian_version',
    `${version}\n`,
  ).root
}

function ubuntu(version: string): DirectoryNode {
  const code = version.startsWith('22') ? 'jammy' : 'noble'
  const release = `PRETTY_NAME="Ubuntu ${version} LTS"\nNAME="Ubuntu"\nVERSION_ID="${version}"\nVERSION_CODENAME=${code}\nID=ubuntu\nID_LIKE=debian\nUBUNTU_CODENAME=${code}\n`
  return debianLike(release, `deb http://archive.ubuntu.com/ubuntu ${code} main universe\n`).root
}

function debianLike(release: string, sources: string) {
  const names = commandNames('debian')
  return commonLayout({
    passwd:
      'root:x:0:0:root:/root:/bin/bash\ndaemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin\nwww-data:x:33:33:www-data:/var/www:/usr/sbin/nologin\nnobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n',
    group: 'root:x:0:\ndaemon:x:1:\nadm:x:4:\nsudo:x:27:\nwww-data:x:33:\nusers:x:100:\nnogroup:x:65534:\n',
  })
    .link('/bin', 'usr/bin')
    .link('/sbin', 'usr/sbin')
    .link('/lib', 'usr/lib')
    .link('/etc/os-release', '../usr/lib/os-release')
    .text('/usr/lib/os-release', release)
    .binaries('/usr/bin', names)
    .binary('/usr/bin/dash', 'sh')
    .link('/usr/bin/sh', 'dash')
    .binary('/usr/lib/systemd/systemd', 'init')
    .link('/usr/sbin/init', '../lib/systemd/systemd')
    .directories(
      '/usr/lib/systemd/system',
      '/etc/systemd/system/multi-user.target.wants',
      '/etc/apt/sources.list.d',
      '/etc/apt/keyrings',
      '/usr/share/keyrings',
      '/var/lib/apt/lists',
      '/var/lib/dpkg',
      '/var/cache/apt/archives',
    )
    .text('/etc/apt/sources.list', sources)
    .text('/etc/machine-id', 'uninitialized\n')
    .text(
      '/var/lib/dpkg/status',
      ['base-files', 'bash', 'coreutils', 'dpkg', 'apt', 'systemd', 'wget', 'procps', 'iproute2']
        .map(
          (name) =>
            `Package: ${name}\nStatus: install ok installed\nPriority: required\nSection: admin\nArchitecture: amd64\nVersion: 1.0\nDescription: ${name}\n\n`,
        )
        .join(''),
    )
    .text('/root/.bashrc', '')
    .text('/root/.profile', '')
}

function alpine(): DirectoryNode {
  const layout = commonLayout({
    passwd: 'root:x:0:0:root:/root:/bin/ash\nnobody:x:65534:65534:nobody:/:/sbin/nologin\n',
    group: 'root:x:0:root\nusers:x:100:\nnobody:x:65534:\n',
  })
    .text(
      '/etc/os-release',
      'NAME="Alpine Linux"\nID=alpine\nVERSION_ID=3.21.0\nPRETTY_NAME="Alpine Linux v3.21"\nHOME_URL="https://alpinelinux.org/"\n',
    )
    .text('/etc/alpine-release', '3.21.0\n')
    .binary('/bin/busybox', 'busybox')
    .directories('/etc/apk', '/var/lib/dpkg', '/etc/init.d', '/etc/systemd/system/multi-user.target.wants')
    .link('/sbin/init', '/bin/busybox')
  for (const name of [...commandNames('alpine'), 'sh', 'ash']) layout.link(`/bin/${name}`, '/bin/busybox')
  return layout.root
}

function busybox(): DirectoryNode {
  const layout = commonLayout({ passwd: 'root:x:0:0:root:/root:/bin/sh\n', group: 'root:x:0:\n' })
    .binary('/bin/busybox', 'busybox')
    .link('/sbin/init', '/bin/busybox')
    .directories('/etc/init.d')
  for (const name of [...commandNames('busybox'), 'sh', 'ash']) layout.link(`/bin/${name}`, 'busybox')
  return layout.root
}
