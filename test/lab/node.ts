import { mkdir, rm, writeFile } from 'node:fs/promises'
import { type ContainerAddress, createPveClient, type PveClient } from '../../src/lib/pve/client.js'
import { simulatorClock } from '../../src/lib/simulator/clock.js'
import { type Simulator, startSimulator } from '../../src/lib/simulator/serve.js'
import { defaultStorages } from '../../src/lib/simulator/storage/storage-config.js'
import { world } from './in-lab.js'
import { command } from './lxc/command.js'
import { LxcGuests } from './lxc/lxc-guests.js'
import { nodeSsh } from './node-ssh.js'

/** A Proxmox node whose containers are real: the API is the simulator's, the shell is the real sshd of the world. */
export interface LabNode {
  readonly simulator: Simulator
  readonly guests: LxcGuests
  readonly client: PveClient
  /** What a command of the product needs to use it: PVE_API_URL and the others. */
  readonly environment: Readonly<Record<string, string>>
  /** Creates and starts a small privileged container that criu can dump; `ip` as in a netN line. */
  createContainer(vmid: number, ip: string): Promise<ContainerAddress>
  close(): Promise<void>
}

/** Where bin/node-tool finds the simulated node's own shell, and through it the tools that need no real container. */
const CONNECTION = '/run/lab-node'

/** Starts the node. One at a time in a world. Only the waits that Proxmox itself makes are faster than real. */
export async function startLabNode(): Promise<LabNode> {
  const guests = new LxcGuests(world())
  const simulator = await startSimulator({
    guests,
    storages: defaultStorages(['btrfs']),
    clock: simulatorClock({ scale: 20 }),
    seed: 1,
  })
  const stop = followStarts(simulator, guests)
  await connectTools(simulator)
  const ssh = await nodeSsh()
  const tls = { verify: true, fingerprint: simulator.fingerprint }
  const client = createPveClient({ url: simulator.url, token: simulator.token, tls })
  return {
    simulator,
    guests,
    client,
    environment: {
      ...simulator.environment({ keyFile: ssh.keyFile }),
      PVE_SSH_HOST: `${ssh.user}@${ssh.host}:${ssh.port}`,
      PVE_SSH_HOST_FINGERPRINT: ssh.fingerprint,
    },
    async createContainer(vmid, ip) {
      const address = { vmid, node: simulator.node }
      const net0 = `name=eth0,bridge=vmbr0,ip=${ip}`
      const options = { rootfs: 'local-btrfs:1', memory: 256, swap: 0, unprivileged: 0, tty: 0, console: 0, net0 }
      const upid = await client.containers.create(simulator.node, {
        vmid,
        ostemplate: 'local:vztmpl/busybox_1.35-1_amd64.tar.gz',
        hostname: `ct${vmid}`,
        options,
      })
      await client.tasks.wait(upid)
      await client.tasks.wait(await client.containers.start(address))
      return address
    },
    async close() {
      stop()
      await client.close()
      await simulator.close()
      guests.close()
      await rm(CONNECTION, { recursive: true })
    },
  }
}

/** A container that came up without the API, such as one restored by lxc-checkpoint on the node, is running for the API too. */
function followStarts({ cluster, node }: Simulator, guests: LxcGuests): () => void {
  const { monitor } = cluster.node(node)
  return guests.onStart((vmid, pid) => {
    if (monitor.isRunning(vmid)) return
    monitor.begin(vmid)
    void monitor.boot(vmid, async () => ({ pid }))
  })
}

async function connectTools({ ssh }: Simulator): Promise<void> {
  await mkdir(CONNECTION)
  await writeFile(`${CONNECTION}/key`, ssh.privateKey, { mode: 0o600 })
  await writeFile(`${CONNECTION}/known_hosts`, await command('ssh-keyscan', '-p', `${ssh.port}`, ssh.host))
  await writeFile(`${CONNECTION}/port`, `${ssh.port}`)
}
