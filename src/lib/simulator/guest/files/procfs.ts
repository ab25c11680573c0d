import type { Machine } from '../machine/machine.js'
import { generatedContent } from './content.js'
import type { View } from './file-system.js'
import { type DirectoryNode, directory, file, type TreeNode } from './tree.js'

/** /proc of a machine: what its programs read about the kernel, the memory and the processes. */
export function procfs(machine: () => Machine): View {
  return {
    lookup(path) {
      let node: TreeNode | undefined = root(machine())
      for (const name of path) node = node?.kind === 'directory' ? node.entries.get(name) : undefined
      return node
    },
  }
}

function root(machine: Machine): DirectoryNode {
  const { hardware, processes, clock, bootedAt } = machine
  const kilobytes = (bytes: number) => `${String(Math.floor(bytes / 1024)).padStart(10)} kB`
  const entries = new Map<string, TreeNode>([
    ['uptime', text(() => `${((clock.now() - bootedAt) / 1000).toFixed(2)} 0.00\n`)],
    ['loadavg', text(() => `0.00 0.00 0.00 1/${processes.list().length} ${processes.lastPid}\n`)],
    [
      'meminfo',
      text(
        () =>
          `MemTotal:  ${kilobytes(hardware.memory)}\nMemFree:   ${kilobytes(hardware.memory * 0.9)}\nMemAvailable:${kilobytes(hardware.memory * 0.9)}\nSwapTotal: ${kilobytes(hardware.swap)}\nSwapFree:  ${kilobytes(hardware.swap)}\n`,
      ),
    ],
    [
      'cpuinfo',
      text(() =>
        Array.from(
          { length: hardware.cores },
          (_, index) => `processor\t: ${index}\nmodel name\t: Simulated CPU\n\n`,
        ).join(''),
      ),
    ],
    ['version', text(() => `Linux version ${hardware.kernelRelease} (build@proxmox) #1 SMP PREEMPT_DYNAMIC\n`)],
    [
      'mounts',
      text(
        () =>
          '/dev/loop0 / ext4 rw,relatime 0 0\nnone /dev tmpfs rw,relatime 0 0\nproc /proc proc rw,nosuid,nodev,noexec,relatime 0 0\nsysfs /sys sysfs ro,nosuid,nodev,noexec,relatime 0 0\ntmpfs /run tmpfs rw,nosuid,nodev 0 0\n',
      ),
    ],
    ['filesystems', text(() => 'nodev\tproc\nnodev\toverlay\n\text4\n')],
    [
      'sys',
      folder([
        [
          'kernel',
          folder([
            ['hostname', text(() => `${machine.hostname()}\n`)],
            ['osrelease', text(() => `${hardware.kernelRelease}\n`)],
            [
              'random',
              folder([
                ['uuid', text(() => `${uuid(machine)}\n`)],
                ['boot_id', text(() => `${uuid(machine)}\n`)],
              ]),
            ],
          ]),
        ],
      ]),
    ],
    [
      'self',
      folder([
        ['cgroup', text(() => '0::/\n')],
        ['status', text(() => 'Name:\tsh\n')],
        ['mounts', text(() => '/dev/loop0 / ext4 rw,relatime 0 0\n')],
      ]),
    ],
  ])
  for (const process of processes.list()) {
    entries.set(
      String(process.pid),
      folder([
        ['cmdline', text(() => `${process.argv.join('\0')}\0`)],
        ['comm', text(() => `${(process.argv[0] ?? '').split('/').at(-1)}\n`)],
        [
          'environ',
          text(() =>
            Object.entries(process.environment)
              .map(([name, value]) => `${name}=${value}\0`)
              .join(''),
          ),
        ],
        [
          'status',
          text(
            () =>
              `Name:\t${(process.argv[0] ?? '').split('/').at(-1)}\nState:\tS (sleeping)\nPid:\t${process.pid}\nPPid:\t${process.parent?.pid ?? 0}\nUid:\t${process.uid}\t${process.uid}\t${process.uid}\t${process.uid}\n`,
          ),
        ],
      ]),
    )
  }
  return { ...directory({ mode: 0o555 }), entries }
}

function uuid(machine: Machine): string {
  return machine.random.hex(32).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}

function text(make: () => string): TreeNode {
  return file(generatedContent(make), { mode: 0o444 })
}

function folder(entries: readonly (readonly [string, TreeNode])[]): DirectoryNode {
  return { ...directory({ mode: 0o555 }), entries: new Map(entries) }
}
