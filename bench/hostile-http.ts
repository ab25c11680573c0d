// How a healthy client fares while others attack the pool's daemon: npm run bench:hostile [-- SECONDS]
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { setTimeout as delay } from 'node:timers/promises'
import { startSimulatorProcess } from '../scripts/simulator-process.js'

const DRIBBLERS = 500
/** Attacks of each kind in a second. */
const RATE = 10
const TARGET = 3

const [, , first = '10', attacked] = process.argv
if (first === 'attack') await attack(Number(attacked))
else await compare(Number(first))

async function compare(seconds: number): Promise<void> {
  const simulator = await startSimulatorProcess()
  const daemon = spawn(process.execPath, ['--', join(process.cwd(), 'bin/run.js'), 'pool', 'serve', '--port', '0'], {
    cwd: tmpdir(),
    env: { PATH: process.env['PATH'], ...simulator.environment, POOL_TEMPLATES: '9000:2', POOL_MIN_SIZE: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let logged = 0
  daemon.stderr.on('data', (chunk: Buffer) => {
    logged += chunk.length
  })
  try {
    const [line] = await once(daemon.stdout, 'data')
    const port = Number(/:(\d+)\s*$/.exec(String(line))?.[1])
    await delay(5_000)
    await healthy(port, 1)
    const quiet = await healthy(port, seconds)
    const attackers = spawn(process.execPath, ['scripts/run.mjs', 'bench/hostile-http.ts', 'attack', String(port)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    await Promise.race([once(attackers.stdout, 'data'), once(attackers, 'close').then(fail)])
    const before = logged
    const loaded = await healthy(port, seconds)
    const told = await ended(attackers)
    process.stdout.write(`unloaded:     p50 ${quiet.p50.toFixed(2)} ms, p99 ${quiet.p99.toFixed(2)} ms\n`)
    process.stdout.write(`under attack: p50 ${loaded.p50.toFixed(2)} ms, p99 ${loaded.p99.toFixed(2)} ms\n`)
    process.stdout.write(`p99 x ${(loaded.p99 / quiet.p99).toFixed(2)}  target ${TARGET.toFixed(1)}\n`)
    process.stdout.write(`healthy requests that failed: ${quiet.failed + loaded.failed}  target 0\n`)
    process.stdout.write(`daemon: ${residentMegabytes(daemon.pid ?? 0).toFixed(0)} MB  target 150; `)
    process.stdout.write(`${((logged - before) / 1024).toFixed(0)} KiB logged; alive: ${daemon.exitCode === null}\n`)
    process.stdout.write(`attackers heard: ${told}\n`)
  } finally {
    await ended(daemon)
    await simulator.close()
  }
}

/** A client with a few connections that asks for the status, one request after the other on each. */
async function healthy(port: number, seconds: number) {
  const agent = new Agent({ keepAlive: true, maxSockets: 4 })
  const times: number[] = []
  let failed = 0
  const end = performance.now() + seconds * 1000
  const one = async () => {
    while (performance.now() < end) {
      const began = performance.now()
      const status = await ask(port, { agent, path: '/status' }).catch(() => 0)
      if (status === 200) times.push(performance.now() - began)
      else failed++
      await delay(5)
    }
  }
  await Promise.all(Array.from({ length: 4 }, one))
  agent.destroy()
  times.sort((a, b) => a - b)
  const percentile = (share: number) => times[Math.floor(times.length * share)] ?? Number.NaN
  return { p50: percentile(0.5), p99: percentile(0.99), failed }
}

interface Asked {
  readonly path: string
  readonly method?: string
  readonly agent?: Agent
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Buffer
}

function ask(port: number, { body, ...options }: Asked): Promise<number> {
  return new Promise((resolve, reject) => {
    const asked = request({ host: '127.0.0.1', port, ...options }, (answer) => {
      answer.resume().once('end', () => resolve(answer.statusCode ?? 0))
    })
    asked.once('error', reject)
    asked.end(body)
  })
}

/** Runs in a process of its own until it is stopped, and then says what it heard. */
async function attack(port: number): Promise<void> {
  const heard = new Map<number, number>()
  const json = { 'content-type': 'application/json' }
  const post = { path: '/allocate', method: 'POST', headers: json }
  const tags = Array.from({ length: 1_000_000 }, (_, index) => `"t${index}":""`).join()
  const attacks: readonly Asked[] = [
    { ...post, body: Buffer.alloc(10 * 1024 * 1024, '[') },
    { ...post, body: '{"template_vmid":' },
    { ...post, body: `${'['.repeat(30_000)}${']'.repeat(30_000)}` },
    { ...post, body: Buffer.from(`{"template_vmid":9000,"metadata":{${tags}}}`) },
    { path: '/status', method: 'PROPFIND' },
    { path: '/status', headers: { host: 'rebound.example' } },
    { path: '/drain', method: 'POST', headers: { origin: 'https://evil.example' } },
    { path: `/${'x'.repeat(10_000)}` },
  ]
  for (let count = 0; count < DRIBBLERS; count++) dribble(port)
  for (const one of attacks) {
    setInterval(() => {
      const count = (status: number) => void heard.set(status, (heard.get(status) ?? 0) + 1)
      ask(port, one).then(count, () => count(0))
    }, 1000 / RATE)
  }
  await delay(1_000)
  process.stdout.write('attacking\n')
  process.once('SIGTERM', () => {
    const counts = [...heard].map(([status, count]) => `${count} x ${status === 0 ? 'a closed connection' : status}`)
    process.stdout.write(counts.join(', '), () => process.exit())
  })
}

/** A byte a second, and again when it was cut off. */
function dribble(port: number): void {
  const socket = connect(port, '127.0.0.1', () => socket.write('GET /status HTTP/1.1\r\nX: '))
  const timer = setInterval(() => socket.write('x'), 1_000)
  socket.on('error', () => undefined)
  socket.once('close', () => {
    clearInterval(timer)
    setTimeout(() => dribble(port), 100)
  })
}

async function ended(child: ChildProcess): Promise<string> {
  let said = ''
  child.stdout?.on('data', (chunk: Buffer) => {
    said += chunk
  })
  if (child.exitCode !== null) return said
  child.kill('SIGTERM')
  await once(child, 'close')
  return said
}

function fail(): never {
  throw new Error('The attackers gave up')
}

function residentMegabytes(pid: number): number {
  const [, kilobytes] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
  return Number(kilobytes) / 1024
}
