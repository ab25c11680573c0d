import type { Program, ProgramContext } from '../machine/program.js'
import { parseArguments } from './arguments.js'
import {
  disableService,
  enabledServices,
  enableService,
  isEnabled,
  serviceName,
  startService,
  stopService,
  unitOf,
} from './service-units.js'

/** `systemctl`: what it says comes from the unit files, the links that enable them, and the processes that run. */
export const systemctl: Program = async (context) => {
  const options = parseArguments(context.args, ['p', 'property', 't', 'type', 'n', 'state', 'H'])
  const [verb = 'list-units', ...operands] = options.operands
  const { machine } = context
  const quiet = options.has('q', 'quiet')
  switch (verb) {
    case 'daemon-reload':
    case 'daemon-reexec':
    case 'reset-failed':
    case 'set-default':
      return 0
    case 'is-system-running': {
      const failed = [...machine.services.values()].some((state) => state.kind === 'failed')
      await context.out(failed ? 'degraded\n' : 'running\n')
      return failed ? 1 : 0
    }
    case 'poweroff':
    case 'reboot':
    case 'halt':
      machine.shutdown(verb === 'reboot' ? 'reboot' : 'poweroff')
      return 0
    case 'list-units':
    case 'list-unit-files':
      for (const name of new Set([...machine.services.keys(), ...enabledServices(machine)])) {
        await context.out(
          `${`${name}.service`.padEnd(30)} loaded ${activity(context, name)} ${isEnabled(machine, name) ? 'enabled' : 'disabled'}\n`,
        )
      }
      return 0
    default:
  }
  let status = 0
  for (const name of operands.map(serviceName))
    status =
      (await onService(context, verb, name, {
        quiet,
        now: options.has('now'),
        property: options.value('p', 'property'),
      })) || status
  return status
}

async function onService(
  context: ProgramContext,
  verb: string,
  name: string,
  options: { readonly quiet: boolean; readonly now: boolean; readonly property: string | undefined },
): Promise<number> {
  const { machine } = context
  const unit = unitOf(machine, name)
  const state = activity(context, name)
  switch (verb) {
    case 'is-active':
      if (!options.quiet) await context.out(`${state}\n`)
      return state === 'active' ? 0 : unit === undefined ? 4 : 3
    case 'is-failed':
      if (!options.quiet) await context.out(`${state}\n`)
      return state === 'failed' ? 0 : 1
    case 'is-enabled':
      if (unit === undefined) {
        await context.err(`Failed to get unit file state for ${name}.service: No such file or directory\n`)
        return 1
      }
      if (!options.quiet) await context.out(`${isEnabled(machine, name) ? 'enabled' : 'disabled'}\n`)
      return isEnabled(machine, name) ? 0 : 1
    case 'show':
      await context.out(
        `${options.property ?? 'ActiveState'}=${options.property === 'SubState' ? (state === 'active' ? 'running' : 'dead') : state}\n`,
      )
      return 0
    default:
  }
  if (unit === undefined) {
    if (verb === 'stop' || verb === 'disable' || verb === 'restart' || verb === 'start')
      await context.err(
        `Failed to ${verb} ${name}.service: Unit ${name}.service not ${verb === 'disable' ? 'found' : verb === 'stop' ? 'loaded' : 'found'}.\n`,
      )
    else await context.err(`Unit ${name}.service could not be found.\n`)
    return verb === 'status' ? 4 : verb === 'enable' || verb === 'disable' ? 1 : 5
  }
  switch (verb) {
    case 'enable':
    case 'unmask':
    case 'preset': {
      const message = verb === 'enable' ? enableService(machine, name, unit.path) : undefined
      if (message !== undefined && !options.quiet) await context.err(message)
      return options.now ? onService(context, 'start', name, options) : 0
    }
    case 'disable':
    case 'mask': {
      const message = disableService(machine, name)
      if (message !== undefined && !options.quiet) await context.err(message)
      if (options.now) stopService(machine, name)
      return 0
    }
    case 'stop':
    case 'kill':
      stopService(machine, name)
      return 0
    case 'restart':
    case 'try-restart':
      stopService(machine, name)
      return onService(context, 'start', name, options)
    case 'start':
    case 'reload':
    case 'reload-or-restart':
      if (await startService(machine, name)) return 0
      await context.err(
        `Job for ${name}.service failed because the control process exited with error code.\nSee "systemctl status ${name}.service" and "journalctl -xeu ${name}.service" for details.\n`,
      )
      return 1
    case 'status': {
      const service = machine.services.get(name)
      const enabled = isEnabled(machine, name) ? 'enabled' : 'disabled'
      await context.out(
        `${state === 'active' ? '●' : state === 'failed' ? '×' : '○'} ${name}.service\n     Loaded: loaded (${unit.path}; ${enabled})\n     Active: ${state === 'active' ? 'active (running)' : state}\n`,
      )
      if (service?.kind === 'running') await context.out(`   Main PID: ${service.pid}\n`)
      return state === 'active' ? 0 : 3
    }
    default:
      await context.err(`Unknown command verb '${verb}'.\n`)
      return 1
  }
}

function activity(context: ProgramContext, name: string): 'active' | 'inactive' | 'failed' {
  const state = context.machine.services.get(name)
  if (state === undefined) return 'inactive'
  if (state.kind === 'exited') return unitOf(context.machine, name)?.remains === true ? 'active' : 'inactive'
  return state.kind === 'running' ? 'active' : 'failed'
}

/** `service NAME start|stop|restart|status` and `rc-service`. */
export const service: Program = (context) => {
  const [name = '', verb = 'status'] = context.args.filter((word) => !word.startsWith('-'))
  return systemctl({ ...context, args: [verb, name] })
}

/** `rc-update add|del NAME`. */
export const rcUpdate: Program = (context) => {
  const [verb = '', name = ''] = context.args
  return systemctl({ ...context, args: [verb === 'add' ? 'enable' : 'disable', '-q', name] })
}

/** A daemon: stays until somebody ends it. */
export const daemon: Program = () => new Promise<number>(() => undefined)
