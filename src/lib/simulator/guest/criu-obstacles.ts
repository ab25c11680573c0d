import type { Container } from './container.js'
import { FileError } from './files/file-error.js'
import type { GuestSpec } from './guest-runtime.js'

/** Proxmox's own default. */
const DEFAULT_TERMINALS = 2

/** Why criu cannot dump a container, as the lines of its log; undefined: it can (LAB-FACTS, PVE-FACTS 7.6). */
export function dumpObstacle(container: Container): readonly string[] | undefined {
  const { terminals = DEFAULT_TERMINALS, console = true } = container.spec
  if (terminals > 0 || console) return ['Error (criu/tty.c:1869): tty: Unable to find a master for /3']
  const processes = container.processes.list()
  const stranger = processes.find(({ foreignSession }) => foreignSession)
  if (stranger !== undefined)
    return [
      `Error (criu/cr-dump.c:1349): A session leader of ${stranger.hostPid}(${stranger.pid}) is outside of its pid namespace`,
    ]
  if (initProgram(container).endsWith('/systemd'))
    return [
      `Error (criu/files-ext.c:98): Can't dump file 9 of that type [600] (unknown anon_inode:bpf-prog)`,
      "Error (criu/namespaces.c:1140): Can't make utsns id",
    ]
  const engine = processes.find(({ argv }) => /(?:^|\/)(?:dockerd|containerd)$/.test(argv[0] ?? ''))
  if (engine !== undefined)
    return [`Error (criu/mount.c:1094): mnt: ${engine.pid}: unsupported file system overlay below /var/lib/docker`]
  return undefined
}

/** Why criu cannot restore it here. */
export function restoreObstacle({ unprivileged, interfaces }: GuestSpec): readonly string[] | undefined {
  if (!unprivileged || interfaces.length === 0) return undefined
  return ["Error (criu/net.c:1571): net: Can't restore link: -1"]
}

/** The path of the program that is process 1, links followed. */
export function initProgram({ files, init }: Container): string {
  const [program = ''] = init.argv
  try {
    return files.realPath(program)
  } catch (error) {
    if (error instanceof FileError) return program
    throw error
  }
}
