import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'

/** What a machine has that matters to the lab. */
export interface Machine {
  readonly platform: NodeJS.Platform
  readonly uid: number
  /** Whether this is Debian and its apt knows an archive. */
  readonly debianMirror: boolean
  /** Kernel file systems, as /proc/filesystems names them. */
  readonly fileSystems: readonly string[]
  /** Whether new namespaces of every kind can be made. */
  readonly namespaces: boolean
  readonly loopDevices: boolean
  readonly tunDevice: boolean
}

/** The first thing that keeps the lab from running on a machine, in words for a skipped test; undefined: it can run. */
export function missingRequirement(machine: Machine): string | undefined {
  if (machine.platform !== 'linux') return `the lab needs Linux, this is ${machine.platform}`
  if (machine.uid !== 0) return 'the lab needs root'
  if (!machine.debianMirror) return 'the lab needs a Debian machine whose apt knows a mirror'
  for (const name of ['btrfs', 'overlay', 'cgroup2']) {
    if (!machine.fileSystems.includes(name)) return `the lab needs a kernel with ${name}`
  }
  if (!machine.loopDevices) return 'the lab needs loop devices (/dev/loop-control)'
  if (!machine.tunDevice) return 'the lab needs /dev/net/tun, through which its containers reach the mirror'
  if (!machine.namespaces)
    return 'the lab needs to be allowed to make namespaces (is this a container without privileges?)'
  return undefined
}

/** Looks at this machine; changes nothing. */
export function observeMachine(): Machine {
  const linux = process.platform === 'linux'
  return {
    platform: process.platform,
    uid: process.getuid?.() ?? -1,
    debianMirror:
      /^ID=debian$/m.test(output('cat', '/etc/os-release')) &&
      // As configured, whether its lists have been fetched or not.
      /^main$/m.test(
        output('apt-get', 'indextargets', '--no-release-info', '--format', '$(COMPONENT)', 'Created-By: Packages'),
      ),
    fileSystems: linux ? readFileSync('/proc/filesystems', 'utf8').split(/\s+/) : [],
    namespaces: output('unshare', '-m', '-p', '-f', '-n', '-u', '-i', '--mount-proc', 'echo', 'made') === 'made\n',
    loopDevices: existsSync('/dev/loop-control'),
    tunDevice: existsSync('/dev/net/tun'),
  }
}

/** Standard output, or nothing when the program is not there or fails. */
function output(program: string, ...argv: string[]): string {
  try {
    return execFileSync(program, argv, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
  } catch {
    return ''
  }
}
