import type { ContainerFacts } from './container-facts.js'
import { liveBlockers } from './live-blockers.js'
import type { NodeFacts } from './node-facts.js'
import type { Blocker, Remedy } from './preflight-report.js'

/** What of a container stands in the way of a checkpoint. Pure. */
export function containerBlockers(facts: ContainerFacts, node: NodeFacts): readonly Blocker[] {
  const { template, vmid } = facts.ct
  if (template) {
    const remedy = { text: 'Make a container from it', command: `cmux-pve instance clone ${vmid} --start` }
    return [{ id: 'template', severity: 'blocks', what: 'It is a template: it never runs', remedy }]
  }
  return [
    ...locked(facts),
    ...notRunning(facts),
    ...terminals(facts),
    ...console(facts),
    ...unprivilegedNetwork(facts),
    ...passedDevices(facts),
    ...(facts.live === undefined ? [] : liveBlockers(facts.live, node)),
  ]
}

function locked({ ct, config }: ContainerFacts): readonly Blocker[] {
  const lock = config.lock ?? ct.lock
  if (lock === undefined) return []
  return [
    {
      id: 'locked',
      severity: 'blocks',
      what: `Its configuration is locked (${lock}): something else works on it`,
      remedy: { text: 'Wait until that is over' },
    },
  ]
}

function notRunning({ ct, running }: ContainerFacts): readonly Blocker[] {
  if (running) return []
  return [
    {
      id: 'not-running',
      severity: 'blocks',
      what: 'It is not running, so it has no memory to keep',
      remedy: { text: 'Start it', command: `cmux-pve instance start ${ct.vmid}` },
    },
  ]
}

/** Proxmox's own default (PVE-FACTS 4.2). */
const DEFAULT_TERMINALS = 2

/** `tty: Unable to find a master for /3` (LAB-FACTS). */
function terminals(facts: ContainerFacts): readonly Blocker[] {
  const configured = Number(facts.config.options['tty'] ?? DEFAULT_TERMINALS)
  const now = inForce(facts, 'lxc.tty.max', Number, 0) ?? configured
  if (now === 0) return []
  return [
    {
      id: 'terminals',
      severity: 'blocks',
      what: `The node holds ${now} terminal${now === 1 ? '' : 's'} open for it, which criu cannot dump`,
      remedy: optionRemedy(facts, 'tty', configured === 0),
    },
  ]
}

function console(facts: ContainerFacts): readonly Blocker[] {
  const configured = Number(facts.config.options['console'] ?? 1) === 1
  const now = inForce(facts, 'lxc.console.path', (path) => path !== 'none', true) ?? configured
  if (!now) return []
  return [
    {
      id: 'console',
      severity: 'blocks',
      what: 'The node holds its console open, which criu cannot dump',
      remedy: optionRemedy(facts, 'console', !configured),
    },
  ]
}

/** What LXC was started with; of a stopped container that is history, and the configuration is what counts. */
function inForce<T>({ running, lxc }: ContainerFacts, key: string, read: (value: string) => T, absent: T) {
  if (!running || lxc === undefined) return undefined
  const value = lxc.get(key)?.at(-1)
  return value === undefined ? absent : read(value)
}

function optionRemedy({ ct, running }: ContainerFacts, option: 'tty' | 'console', configured: boolean): Remedy {
  const restart = `cmux-pve instance restart ${ct.vmid}`
  if (configured) return { text: 'Restart it: the change is made and waits for that', command: restart }
  const set = `pct set ${ct.vmid} --${option} 0`
  return {
    text: running ? 'Turn it off and restart the container' : 'Turn it off',
    command: running ? `${set} && ${restart}` : set,
    fix: { set: { [option]: 0 } },
  }
}

/** The dump works, and the restore fails: `net: Can't restore link: -1` (LAB-FACTS). Better no checkpoint than one that is lost. */
function unprivilegedNetwork(facts: ContainerFacts): readonly Blocker[] {
  const { running, lxc, config } = facts
  const known = running && lxc !== undefined
  const unprivileged = known ? lxc.has('lxc.idmap') : Number(config.options['unprivileged'] ?? 0) === 1
  const networks = known
    ? [...lxc].filter(([key, types]) => /^lxc\.net\.\d+\.type$/.test(key) && types.at(-1) === 'veth')
    : Object.keys(config.options).filter((key) => /^net\d+$/.test(key))
  if (!unprivileged || networks.length === 0) return []
  return [
    {
      id: 'unprivileged-network',
      severity: 'blocks',
      what: 'It is unprivileged and has a network: criu can dump it, but not restore its interfaces. Not possible today: it needs a privileged container (`cmux-pve template create --criu`), or one without a network',
    },
  ]
}

function passedDevices({ config }: ContainerFacts): readonly Blocker[] {
  const devices = Object.keys(config.options).filter((key) => /^dev\d+$/.test(key))
  if (devices.length === 0) return []
  return [
    {
      id: 'devices',
      severity: 'warns',
      what: `Devices of the node are passed to it (${devices.join(', ')}): while a process holds one open, criu cannot dump it`,
    },
  ]
}
