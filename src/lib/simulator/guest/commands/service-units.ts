import { launch, runProgram } from '../machine/execute.js'
import { emptyInput } from '../machine/input.js'
import type { Machine } from '../machine/machine.js'
import { discard } from '../machine/output.js'
import { DEFAULT_PATH } from '../machine/program.js'

const UNIT_FOLDERS = ['/etc/systemd/system', '/run/systemd/system', '/usr/lib/systemd/system', '/lib/systemd/system']
const WANTS = '/etc/systemd/system/multi-user.target.wants'

/** A unit file as far as starting it needs it. */
export interface Unit {
  readonly path: string
  readonly type: string
  readonly command: string
  readonly remains: boolean
  readonly wanted: boolean
}

/** `docker` for `docker.service`. */
export function serviceName(text: string): string {
  return text.replace(/\.service$/, '')
}

export function unitOf(machine: Machine, name: string): Unit | undefined {
  const path = UNIT_FOLDERS.map((folder) => `${folder}/${unitFile(name)}`).find((candidate) =>
    machine.files.exists(candidate),
  )
  if (path === undefined) return undefined
  const text = machine.files.readText(path)
  const field = (key: string) => new RegExp(`^${key}=(.*)$`, 'm').exec(text)?.[1]?.trim()
  return {
    path,
    type: field('Type') ?? 'simple',
    command: (field('ExecStart') ?? '').replace(/^[-@!+]+/, ''),
    remains: field('RemainAfterExit') === 'yes',
    wanted: field('WantedBy') !== undefined,
  }
}

function unitFile(name: string): string {
  return /\.\w+$/.test(name) ? name : `${name}.service`
}

/** Starts a service: its command becomes a process under init. Resolves with whether it could be started. */
export async function startService(machine: Machine, name: string): Promise<boolean> {
  const unit = unitOf(machine, name)
  if (unit === undefined) return false
  if (machine.services.get(name)?.kind === 'running') return true
  const init = machine.processes.get(1)
  const argv = (unit.command.match(/"[^"]*"|'[^']*'|\S+/g) ?? []).map((word) => word.replace(/^(["'])(.*)\1$/, '$2'))
  const start = { argv, environment: { PATH: DEFAULT_PATH, LANG: 'C' }, cwd: '/', uid: 0, gid: 0, umask: 0o022 }
  const found = launch(machine, argv, start)
  if (!found.ok) {
    machine.services.set(name, { kind: 'failed', status: 203 })
    return false
  }
  const ended = runProgram(
    machine,
    found.program,
    init,
    { ...start, argv: found.argv },
    { stdin: emptyInput(), stdout: discard, stderr: discard },
  )
  if (unit.type === 'oneshot') {
    const status = await ended
    machine.services.set(name, status === 0 ? { kind: 'exited' } : { kind: 'failed', status })
    return status === 0
  }
  const pid = machine.processes.lastPid
  machine.services.set(name, { kind: 'running', pid })
  void ended.then(
    (status) => {
      const state = machine.services.get(name)
      if (state?.kind === 'running' && state.pid === pid)
        machine.services.set(name, status === 0 ? { kind: 'exited' } : { kind: 'failed', status })
    },
    () => machine.services.set(name, { kind: 'failed', status: 1 }),
  )
  return true
}

export function stopService(machine: Machine, name: string): void {
  const state = machine.services.get(name)
  const process = state?.kind === 'running' ? machine.processes.get(state.pid) : undefined
  machine.services.delete(name)
  if (process !== undefined) machine.processes.killTree(process, 'TERM')
}

export function isEnabled(machine: Machine, name: string): boolean {
  return machine.files.lstatOrNothing(`${WANTS}/${unitFile(name)}`) !== undefined
}

export function enableService(machine: Machine, name: string, path: string): string | undefined {
  if (isEnabled(machine, name)) return undefined
  machine.files.mkdirs(WANTS)
  const link = `${WANTS}/${unitFile(name)}`
  machine.files.symlink(path, link)
  return `Created symlink ${link} → ${path}.\n`
}

export function disableService(machine: Machine, name: string): string | undefined {
  if (!isEnabled(machine, name)) return undefined
  const link = `${WANTS}/${unitFile(name)}`
  machine.files.remove(link)
  return `Removed "${link}".\n`
}

/** Names of the services that start at boot. */
export function enabledServices(machine: Machine): readonly string[] {
  return machine.files.exists(WANTS) ? machine.files.list(WANTS).map(serviceName) : []
}
