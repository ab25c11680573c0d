import { expect, onTestFinished } from 'vitest'
import { createPveClient, type PveClient } from '../../src/lib/pve/client.js'
import { type CliOptions, type CliResult, cmux } from './cli.js'
import { startTestSimulator, type TestSimulator, type TestSimulatorOptions } from './simulator.js'

export const STORAGE = 'local-lvm'
export const OS_TEMPLATE = 'local:vztmpl/alpine-3.20-default_20240908_amd64.tar.xz'

/** What a test does with a simulated cluster: through a client of its own, and through the built tool. */
export interface TestBench {
  readonly simulator: TestSimulator
  readonly client: PveClient
  /** The first node's name. */
  readonly node: string
  /** Runs the tool against the cluster. */
  run(argv: readonly string[], options?: CliOptions): Promise<CliResult>
  /** Makes a container named `ct<vmid>`, of 1 GiB. `options` are added in Proxmox's words; undefined takes one away. */
  container(vmid: number, options?: Readonly<Record<string, string | number | undefined>>): Promise<void>
  /** The same, as a template. */
  template(vmid: number, options?: Readonly<Record<string, string | number | undefined>>): Promise<void>
  start(vmid: number): Promise<void>
  /** Until the cluster's index knows a container by that name, which takes up to 10 s of simulated time (PVE-FACTS 5). */
  indexed(name: string): Promise<void>
  /** The VMIDs of all containers, in order. */
  vmids(): Promise<readonly number[]>
  close(): Promise<void>
}

/** A simulated cluster with a client; both end with `close`. */
export async function openTestBench(options: TestSimulatorOptions = {}): Promise<TestBench> {
  const simulator = await startTestSimulator({ osTemplates: [{ volid: OS_TEMPLATE, size: 3_000_000 }], ...options })
  const { node, url, token, fingerprint } = simulator
  const client = createPveClient({ url, token, tls: { verify: true, fingerprint } })
  const env = { ...simulator.environmentVariables, PVE_STORAGE: STORAGE }
  const bench: TestBench = {
    simulator,
    client,
    node,
    run: (argv, options = {}) => cmux(argv, { ...options, env: { ...env, ...options.env } }),
    async container(vmid, { hostname = `ct${vmid}`, ...options } = {}) {
      const created = await client.containers.create(node, {
        vmid,
        ostemplate: OS_TEMPLATE,
        hostname: String(hostname),
        options: { rootfs: `${STORAGE}:1`, net0: 'name=eth0,bridge=vmbr0,ip=dhcp', features: 'nesting=1', ...options },
      })
      await client.tasks.wait(created)
    },
    async template(vmid, options) {
      await bench.container(vmid, options)
      await client.containers.convertToTemplate({ vmid, node })
    },
    async start(vmid) {
      await client.tasks.wait(await client.containers.start({ vmid, node }))
    },
    async indexed(name) {
      const isKnown = async () => (await client.cluster.resources('vm')).some((entry) => entry.name === name)
      await expect.poll(isKnown, { timeout: 10_000 }).toBe(true)
    },
    async vmids() {
      const containers = await client.containers.list()
      return containers.map(({ vmid }) => Number(vmid)).toSorted((a, b) => a - b)
    },
    async close() {
      await client.close()
      await simulator.close()
    },
  }
  return bench
}

/** The same for one test: closed when it ends. */
export async function testBench(options: TestSimulatorOptions = {}): Promise<TestBench> {
  const bench = await openTestBench(options)
  onTestFinished(() => bench.close())
  return bench
}
