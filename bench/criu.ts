// How long sleep and wake take on real LXC with real CRIU over real sshd, beside a bare `ssh NODE lxc-checkpoint` in the same loop:
// npm run bench:criu. Every round opens connections of its own. CMUX_BENCH_ROUNDS sets how many there are.
import { mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { expect, it } from 'vitest'
import { systemClock } from '../src/lib/clock.js'
import { checkpointInstance } from '../src/lib/criu/checkpoint.js'
import type { CriuContext } from '../src/lib/criu/criu-context.js'
import { restoreInstance } from '../src/lib/criu/restore.js'
import { SshExecutor } from '../src/lib/executor/ssh-executor.js'
import { type CriuBench, openCriuBench, until } from '../test/lab/criu-bench.js'
import { inLab, world } from '../test/lab/in-lab.js'
import { command } from '../test/lab/lxc/command.js'
import { nodeSsh } from '../test/lab/node-ssh.js'

const ROUNDS = Number(process.env['CMUX_BENCH_ROUNDS'] ?? 15)
const TARGET = 1.3
const [OURS, BARE] = [531, 532]

inLab('criu', () => {
  it('takes less than 1.3 times what lxc-checkpoint takes over ssh', async () => {
    const bench = await openCriuBench()
    const series = new Map<string, number[]>()
    const note = (name: string, milliseconds: number) => series.set(name, [...(series.get(name) ?? []), milliseconds])
    try {
      for (const vmid of [OURS, BARE]) await bench.privileged(vmid)
      for (let round = -1; round < ROUNDS; round++) {
        // LXC cannot freeze what it has restored, so the bare one is booted anew each time; ours goes the same way.
        for (const vmid of [OURS, BARE]) await bench.restartWith(vmid)
        const bare = await bareRound(BARE)
        const ours = await ourRound(bench, OURS)
        if (round < 0) continue
        for (const [name, milliseconds] of Object.entries({ ...bare, ...ours })) note(name, milliseconds)
      }
    } finally {
      await bench.close()
    }
    for (const [name, values] of series) {
      process.stdout.write(`${name.padEnd(28)} median ${median(values).toFixed(0).padStart(5)} ms\n`)
    }
    for (const stage of ['checkpoint', 'restore']) {
      const ratio = median(series.get(`${stage}, ours`) ?? []) / median(series.get(`${stage}, bare`) ?? [])
      process.stdout.write(`${stage.padEnd(28)} x ${ratio.toFixed(2)}  target ${TARGET.toFixed(1)}\n`)
      expect.soft(ratio, stage).toBeLessThan(TARGET)
    }
  }, 600_000)
})

async function bareRound(vmid: number): Promise<Record<string, number>> {
  const { user, host, port, keyFile } = await nodeSsh()
  const directory = await mkdtemp(join(world().directory, 'disk/tmp/bare-'))
  const options = [
    '-F',
    'none',
    '-o',
    'BatchMode=yes',
    '-o',
    'StrictHostKeyChecking=no',
    '-o',
    'UserKnownHostsFile=/dev/null',
  ]
  const ssh = (line: string) =>
    command('ssh', '-q', ...options, '-i', keyFile, '-p', `${port}`, `${user}@${host}`, line)
  const checkpoint = await timed(() => ssh(`lxc-checkpoint -n ${vmid} -s -D ${directory}`))
  await until(async () => (await command('lxc-info', '-n', `${vmid}`, '-s', '-H')).trim() === 'STOPPED')
  const restore = await timed(() =>
    ssh(`lxc-checkpoint -n ${vmid} -r -D ${directory} </dev/null >${directory}/log 2>&1`),
  )
  await rm(directory, { recursive: true })
  return { 'checkpoint, bare': checkpoint, 'restore, bare': restore }
}

async function ourRound({ node }: CriuBench, vmid: number): Promise<Record<string, number>> {
  const frozen = await connected(node.client, (context) =>
    checkpointInstance(context, `${vmid}`, { leaveRunning: false, keep: 1, compress: false, force: false }),
  )
  const woken = await connected(node.client, (context) =>
    restoreInstance(context, `${vmid}`, { verify: true, force: false }),
  )
  const { statistics } = frozen.value?.manifest ?? {}
  return {
    'checkpoint, ours': frozen.milliseconds,
    '  preflight': frozen.value?.times.preflight ?? Number.NaN,
    '  on the node': frozen.value?.times.checkpoint ?? Number.NaN,
    '  criu: frozen': statistics?.frozen ?? Number.NaN,
    'restore, ours': woken.milliseconds,
    '  checks': woken.value?.times.check ?? Number.NaN,
    '  on the node, and the mark': woken.value?.times.restore ?? Number.NaN,
  }
}

/** With a connection of its own, as a command has it. */
async function connected<T>(client: CriuContext['client'], work: (context: CriuContext) => Promise<T>) {
  const shell = new SshExecutor(await nodeSsh())
  let value: T | undefined
  const milliseconds = await timed(async () => {
    value = await work({ client, clock: systemClock, nodeShell: async () => shell })
  })
  await shell.close()
  return { milliseconds, value }
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now()
  await work()
  return performance.now() - began
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length / 2
  return ((sorted[Math.ceil(middle) - 1] ?? Number.NaN) + (sorted[Math.floor(middle)] ?? Number.NaN)) / 2
}
