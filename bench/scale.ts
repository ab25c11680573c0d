// How a simulated cluster holds 10,000 containers: npm run bench:scale [-- CONTAINERS]
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { Agent, get } from 'node:https'
import { performance } from 'node:perf_hooks'
import { startSimulatorProcess } from '../scripts/simulator-process.js'

const RUNS = 20
const containers = Number(process.argv[2] ?? 10_000)
const simulator = await startSimulatorProcess(['--containers', String(containers)])
const agent = new Agent({ keepAlive: true, rejectUnauthorized: false })
try {
  const { PVE_API_URL = '', PVE_API_TOKEN = '', PVE_NODE = '' } = simulator.environment
  const headers = { Authorization: `PVEAPIToken=${PVE_API_TOKEN}` }
  process.stdout.write(`${containers} containers\n`)
  for (const path of [`/nodes/${PVE_NODE}/lxc`, '/cluster/resources', '/cluster/nextid']) {
    const times: number[] = []
    for (let run = 0; run < RUNS; run++) times.push(await milliseconds(`${PVE_API_URL}/api2/json${path}`, headers))
    times.sort((a, b) => a - b)
    process.stdout.write(
      `GET ${path}: median ${times[RUNS / 2]?.toFixed(1)} ms, slowest ${times.at(-1)?.toFixed(1)} ms\n`,
    )
  }
  process.stdout.write(`resident memory: ${residentMegabytes(simulator.pid).toFixed(0)} MB\n`)
} finally {
  agent.destroy()
  await simulator.close()
}

/** Until the last byte of the answer has come. */
async function milliseconds(url: string, headers: Readonly<Record<string, string>>): Promise<number> {
  const began = performance.now()
  const request = get(url, { headers, agent })
  const [response] = await once(request, 'response')
  if (response.statusCode !== 200) throw new Error(`${url}: ${response.statusCode}`)
  response.resume()
  await once(response, 'end')
  return performance.now() - began
}

function residentMegabytes(pid: number): number {
  const [, kilobytes] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
  return Number(kilobytes) / 1024
}
