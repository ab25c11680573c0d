import { spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ApiRouter } from '../../../../src/lib/simulator/api/router.js'
import { Cluster, type ClusterOptions } from '../../../../src/lib/simulator/cluster.js'
import { newKeyPair } from '../../../../src/lib/simulator/ssh/host-key.js'
import { type SshService, serveSsh } from '../../../../src/lib/simulator/ssh/server.js'
import { defaultStorages, type StorageConfig } from '../../../../src/lib/simulator/storage/storage-config.js'

export interface Ran {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface SshNode {
  readonly cluster: Cluster
  readonly router: ApiRouter
  readonly service: SshService
  /** Arguments of the OpenSSH client up to the destination. */
  readonly client: readonly string[]
  /** Runs one command line with the OpenSSH client. */
  ssh(command: string, input?: string | Buffer, options?: readonly string[]): Promise<Ran>
  close(): Promise<void>
}

export const OS_TEMPLATE = 'local:vztmpl/busybox_1.35-1_amd64.tar.gz'

/** A simulated node with its sshd, and the OpenSSH client of this machine to reach it. */
export async function sshNode(options: Partial<ClusterOptions> = {}): Promise<SshNode> {
  const storages: StorageConfig[] = defaultStorages(['dir', 'btrfs']).map((storage) => ({
    ...storage,
    content: [...new Set([...storage.content, 'rootdir' as const, 'images' as const])],
  }))
  const cluster = await Cluster.open({
    storages,
    osTemplates: [{ volid: OS_TEMPLATE, size: 1_000_000 }],
    seed: 1,
    ...options,
  })
  const router = new ApiRouter(cluster)
  const key = newKeyPair()
  const folder = await mkdtemp(join(tmpdir(), 'cmux-ssh-'))
  const service = await serveSsh(cluster, router, {
    host: '127.0.0.1',
    port: 0,
    authorizedKeys: [key.public],
    node: 'pve1',
  })
  const client = await clientArguments(folder, 'key', key.private, service.port)
  return {
    cluster,
    router,
    service,
    client,
    ssh: (command, input, more = []) => runClient([...more, ...client, command], input),
    async close() {
      await service.close()
      await cluster.close()
      await rm(folder, { recursive: true })
    },
  }
}

/** `ssh` for a key, with nothing of the user's own settings. */
export async function clientArguments(
  folder: string,
  name: string,
  privateKey: string,
  port: number,
): Promise<readonly string[]> {
  const path = join(folder, name)
  await writeFile(path, privateKey, { mode: 0o600 })
  const settings = [
    'StrictHostKeyChecking=no',
    'UserKnownHostsFile=/dev/null',
    'LogLevel=ERROR',
    'IdentitiesOnly=yes',
    'BatchMode=yes',
  ]
  return [
    '-F',
    '/dev/null',
    '-i',
    path,
    '-p',
    String(port),
    ...settings.flatMap((setting) => ['-o', setting]),
    'root@127.0.0.1',
  ]
}

export function runClient(args: readonly string[], input: string | Buffer = ''): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const child = spawn('ssh', args)
    const output = { stdout: [] as Buffer[], stderr: [] as Buffer[] }
    child.stdout.on('data', (chunk: Buffer) => output.stdout.push(chunk))
    child.stderr.on('data', (chunk: Buffer) => output.stderr.push(chunk))
    child.on('error', reject)
    child.on('close', (status) =>
      resolve({
        status,
        stdout: Buffer.concat(output.stdout).toString('utf8'),
        stderr: Buffer.concat(output.stderr).toString('utf8'),
      }),
    )
    child.stdin.on('error', () => undefined).end(input)
  })
}
