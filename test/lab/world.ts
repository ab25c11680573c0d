import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import type { Installation } from './installation.js'
import { tracesOf, type WorldTraces, worldRemains } from './world-remains.js'

/** What processes inside a world need to know. Paths are the same inside and outside. */
export interface WorldFacts {
  readonly directory: string
  /** Its cgroup, relative to /sys/fs/cgroup in the world. All worlds see the one tree of cgroups. */
  readonly group: string
  /** A tar file with the root file system of a Debian container. */
  readonly debian: string
}

/** The environment variable in which everything that enters a world finds these facts, as JSON. */
export const WORLD_VARIABLE = 'CMUX_LAB_WORLD'

/** Namespaces of their own in which a machine looks like a Proxmox node: sshd on 127.0.0.1:22, the bridge vmbr0 with an uplink, LXC. */
export interface World extends WorldFacts {
  /** The command line that runs `argv` inside, in the working directory `cwd`. */
  enter(argv: readonly string[], cwd?: string): readonly [string, ...string[]]
  readonly traces: WorldTraces
  /** Ends everything inside and waits until nothing is left of it; rejects with a list of what is. */
  close(): Promise<void>
}

/** Starts a world. It ends with this process at the latest, however that ends. */
export async function openWorld({ lab, criu, debian }: Installation): Promise<World> {
  const directory = await mkdtemp(join(tmpdir(), 'cmux-pve-lab-'))
  const group = basename(directory)
  const node = dirname(process.execPath)
  const namespaces = ['-m', '-p', '-f', '-n', '-u', '-i', '--mount-proc', '--kill-child']
  const init = [join(lab, 'world-init.sh'), directory, group, criu, node, lab]
  const unshare = spawn('unshare', [...namespaces, '--', 'bash', ...init], { stdio: ['pipe', 'pipe', 'pipe'] })
  let uplink: ChildProcess | undefined
  const end = async () => {
    uplink?.kill()
    unshare.stdin.end()
    await Promise.all([unshare, uplink].map((child) => child && exited(child)))
    await rm(directory, { recursive: true, force: true })
  }
  try {
    await readyLine(unshare)
    const processId = onlyChild(unshare)
    uplink = await openUplink(processId)
    const traces = tracesOf(processId, directory, group)
    const facts: WorldFacts = { directory, group, debian }
    return {
      ...facts,
      traces,
      enter: (argv, cwd = '/') => [
        ...(['nsenter', '-t', `${processId}`, '-a', '-W', cwd, '--', 'env'] as const),
        `PATH=${join(lab, 'bin')}:${criu}:${node}:${STANDARD_PATH}`,
        `TMPDIR=${join(directory, 'disk/tmp')}`,
        `${WORLD_VARIABLE}=${JSON.stringify(facts)}`,
        ...argv,
      ],
      async close() {
        await end()
        await gone(traces)
      },
    }
  } catch (error) {
    await end()
    throw error
  }
}

const STANDARD_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

/**
 * Connects the world's bridge to the network that this machine is on, through a user-mode router at 10.0.2.2 that also answers DHCP
 * and DNS (10.0.2.3). Nothing of this machine's own network is changed, and its loopback cannot be reached.
 */
async function openUplink(processId: number): Promise<ChildProcess> {
  // Fd 3: told when it is ready. Fd 4: it ends when this process does.
  const argv = ['--disable-host-loopback', '--ready-fd=3', '--exit-fd=4', `${processId}`, 'uplink']
  const slirp = spawn('slirp4netns', argv, { stdio: ['ignore', 'ignore', 'pipe', 'pipe', 'pipe'] })
  const ready = slirp.stdio[3] as Readable
  await firstOf(slirp, once(ready, 'data'))
  const enter = ['-t', `${processId}`, '-n', 'ip', 'link', 'set', 'uplink', 'master', 'vmbr0', 'up']
  const attach = spawn('nsenter', enter, { stdio: 'inherit' })
  const [status] = await once(attach, 'exit')
  if (status !== 0) throw new Error(`the uplink cannot be attached to the bridge: status ${status}`)
  return slirp
}

async function readyLine(child: ChildProcess & { readonly stdout: Readable }): Promise<void> {
  const line = await firstOf(child, once(createInterface(child.stdout), 'line'))
  if (line[0] !== 'ready') throw new Error(`the world said ${line[0]}`)
}

/** The event, or an error with the end of stderr when the process ends before it. */
async function firstOf<T>(child: ChildProcess, event: Promise<T>): Promise<T> {
  let complaint = ''
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    complaint = (complaint + text).slice(-2000)
  })
  return Promise.race([
    event,
    once(child, 'exit').then(() => Promise.reject(new Error(`${child.spawnargs[0]} ended early: ${complaint}`))),
  ])
}

/** `unshare -f` has one child: process 1 of the new namespace. */
function onlyChild({ pid }: ChildProcess): number {
  return Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim())
}

async function exited(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
}

/** The kernel takes down mounts and loop devices a moment after the last process. */
async function gone(traces: WorldTraces): Promise<void> {
  const deadline = Date.now() + 10_000
  for (;;) {
    const remains = worldRemains(traces)
    if (remains.length === 0) return
    if (Date.now() > deadline) throw new Error(`the world left something behind:\n${remains.join('\n')}`)
    await delay(50)
  }
}
