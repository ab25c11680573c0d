import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, onTestFinished, test } from 'vitest'
import { CRIU_READY, openCriuBench } from '../support/criu-bench.js'

const EXAMPLE = join(import.meta.dirname, '../../examples/provider.mjs')

test.each([
  ['sleeps with its memory where CRIU can', CRIU_READY, /^example is paused\nexample is running\n$/],
  [
    'is stopped where it cannot, as the example has it',
    {},
    /^cannot sleep: .*network.*\n(?:cannot sleep: .*\n)+example is stopped\nexample is running\n$/,
  ],
])('the sandbox of the example %s', async (_words, options, expected) => {
  const bench = await openCriuBench({ timeScale: 100 })
  onTestFinished(() => bench.close())
  await bench.template(9000, options)
  const env = { PATH: process.env['PATH'], ...bench.simulator.environmentVariables, PVE_TEMPLATE_VMID: '9000' }
  const { stdout } = await promisify(execFile)(process.execPath, [EXAMPLE], { env })
  const [first = '', ...rest] = stdout.split('\n')
  expect(first).toMatch(/^example runs on pve1 at 10\./)
  expect(rest.join('\n')).toMatch(expected)
})
