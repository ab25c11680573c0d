import { expect, test } from 'vitest'
import { CmuxError } from '../../../../src/lib/errors.js'
import type { ContainerShell } from '../../../../src/lib/executor/container-shell.js'
import { createPveClient } from '../../../../src/lib/pve/client.js'
import { configureBench, recipeOf } from '../../../support/configure-bench.js'
import { guestShell } from '../../../support/guest-shell.js'

const COUNT = 'echo once more >> /root/count'
const results = (outcome: { readonly steps: readonly { readonly result: string }[] }) =>
  outcome.steps.map(({ result }) => result)

test('a stopped container is started, configured and stopped again; a running one goes on running', async () => {
  const { bench, configure, inside, status } = await configureBench()
  const recipe = recipeOf([{ name: 'one', script: COUNT }])
  expect(await configure({ recipe })).toMatchObject({ vmid: 9000, name: 'base', node: 'pve1', changed: true })
  expect(await status()).toBe('stopped')
  await bench.start(9000)
  await configure({ recipe, only: 'one' })
  expect(await status()).toBe('running')
  expect(await inside('cat /root/count')).toBe('once more\nonce more\n')
})

test('a step that went well is not repeated, unless its script has changed or it is asked for by name', async () => {
  const { bench, configure, inside } = await configureBench()
  await bench.start(9000)
  const recipe = recipeOf([{ name: 'one', script: COUNT }])
  expect(results(await configure({ recipe }))).toEqual(['done'])
  const before = await inside('cat /var/lib/cmux-pve/recipe.json')
  const again = await configure({ recipe })
  expect(again).toMatchObject({ changed: false, steps: [{ name: 'one', result: 'skipped', attempts: 0 }] })
  expect(await inside('cat /var/lib/cmux-pve/recipe.json')).toBe(before)
  expect(results(await configure({ recipe, only: 'one' }))).toEqual(['done'])
  expect(results(await configure({ recipe: recipeOf([{ name: 'one', script: `${COUNT} ` }]) }))).toEqual(['done'])
  expect(await inside('wc -l < /root/count')).toBe('3\n')
})

test('a check has the last word, whatever the container remembers', async () => {
  const { bench, configure, inside } = await configureBench()
  await bench.start(9000)
  const recipe = recipeOf([{ name: 'one', script: 'touch /root/there', check: 'test -e /root/there' }])
  expect(results(await configure({ recipe }))).toEqual(['done'])
  expect(results(await configure({ recipe }))).toEqual(['skipped'])
  await inside('rm /root/there')
  expect(results(await configure({ recipe }))).toEqual(['done'])
  await inside('rm -r /var/lib/cmux-pve')
  expect(results(await configure({ recipe }))).toEqual(['skipped'])
})

test('a record that makes no sense is no record', async () => {
  const { bench, configure, inside } = await configureBench()
  await bench.start(9000)
  await inside('mkdir -p /var/lib/cmux-pve; echo "{]" > /var/lib/cmux-pve/recipe.json')
  expect(results(await configure({ recipe: recipeOf([{ name: 'one', script: COUNT }]) }))).toEqual(['done'])
})

test('a failed step ends it: the error says which, how and how to resume; the output has its end', async () => {
  const { configure, events, log, status } = await configureBench()
  const recipe = recipeOf([
    { name: 'one', script: 'true' },
    { name: 'two', title: 'The second', script: 'seq 1 30; echo broken >&2; exit 7', retries: 2 },
    { name: 'three', script: 'true' },
  ])
  await expect(configure({ recipe })).rejects.toMatchObject({
    code: 'failed',
    message: `Step 'two' (The second) failed in container 9000 (base) on node pve1: it ended with status 7 (3 attempts)`,
    hint: expect.stringContaining("`cmux-pve template configure 9000 --recipe './my recipe.yaml' --from two`"),
    data: {
      steps: [{ name: 'one', result: 'done' }],
      failed: { name: 'two', result: 'failed', attempts: 3, exitStatus: 7 },
      output: expect.arrayContaining(['30', 'broken']),
      log: '/var/log/configure.log',
    },
  })
  expect(events.find((event) => event.type === 'ended' && event.outcome.name === 'two')).toMatchObject({
    lines: [...Array.from({ length: 19 }, (_, index) => String(index + 12)), 'broken'],
  })
  expect(events.filter(({ type }) => type === 'repeating')).toHaveLength(2)
  expect(log()).toMatch(/== \S+ step two\n1\n2\n(?:\d+\n)*broken\n== \S+ step two: status 7 after \d+ ms\n/)
  expect(await status()).toBe('stopped')
})

test('`from` begins with a step, and does not repeat the ones before it', async () => {
  const { bench, configure, inside } = await configureBench()
  await bench.start(9000)
  const recipe = recipeOf(['one', 'two', 'three'].map((name) => ({ name, script: `echo ${name} >> /root/order` })))
  expect((await configure({ recipe, from: 'two' })).steps.map(({ name }) => name)).toEqual(['two', 'three'])
  expect(await inside('cat /root/order')).toBe('two\nthree\n')
})

test('an optional step that fails is a warning, and is tried again the next time', async () => {
  const { configure, warnings } = await configureBench()
  const recipe = recipeOf([
    { name: 'criu', title: 'CRIU', script: 'exit 3', optional: true },
    { name: 'two', script: 'true' },
  ])
  expect(results(await configure({ recipe }))).toEqual(['failed', 'done'])
  expect(warnings).toEqual([
    "Step 'criu' (CRIU) failed in container 9000 (base) on node pve1: it ended with status 3; the recipe can do without it",
  ])
  expect(results(await configure({ recipe }))).toEqual(['failed', 'skipped'])
})

test('a step that takes too long is stopped with all that it has started, and nothing of it is left', async () => {
  const { bench, configure, inside } = await configureBench()
  await bench.start(9000)
  const recipe = recipeOf([{ name: 'slow', script: 'setsid sleep 100000 & echo up; sleep 100000', timeout: 3000 }])
  await expect(configure({ recipe })).rejects.toMatchObject({
    code: 'timeout',
    exitCode: 124,
    message: expect.stringContaining(
      "Step 'slow' (slow) failed in container 9000 (base) on node pve1: it did not end within 3 s",
    ),
    hint: expect.stringContaining('--from slow'),
  })
  expect(await inside('ps -eo args | grep -c "[s]leep 100000" || true; ls -A /tmp')).toBe('0\n')
})

test('the whole time limits each step, too', async () => {
  const { configure } = await configureBench()
  const recipe = recipeOf([{ name: 'slow', script: 'sleep 100000', retries: 5 }])
  await expect(configure({ recipe, timeout: 4000 })).rejects.toMatchObject({ code: 'timeout', exitCode: 124 })
})

test('an interruption ends the step in the container, and the container is shut down again', async () => {
  const { configure, bench, warnings } = await configureBench()
  const controller = new AbortController()
  const recipe = recipeOf([{ name: 'long', script: 'echo begun; sleep 100000' }])
  const seen: string[] = []
  const shell = guestShell(bench.simulator.cluster.guests, 9000)
  const spying: ContainerShell = {
    ...shell,
    async close() {
      const { stdout } = await shell.run(['sh', '-c', 'ps -eo args | grep "[s]leep 100000"; ls -A /tmp'])
      seen.push(stdout)
    },
  }
  const running = configure({
    recipe,
    shell: spying,
    signal: controller.signal,
    onEvent({ type }) {
      if (type === 'output') controller.abort(new CmuxError('interrupted', 'Interrupted by SIGTERM', { exitCode: 143 }))
    },
  })
  await expect(running).rejects.toMatchObject({
    code: 'interrupted',
    exitCode: 143,
    message: "Interrupted in step 'long', which was ended in container 9000 (base) on node pve1",
    hint: expect.stringContaining('--from long'),
  })
  expect(seen).toEqual([''])
  expect(warnings).toEqual(['container 9000 (base) on node pve1 was stopped before and is being shut down again'])
  await expect
    .poll(async () => (await bench.client.containers.status({ vmid: 9000, node: 'pve1' })).status)
    .toBe('stopped')
})

test('a lost connection is told as such, with the way to go on', async () => {
  const { configure, bench } = await configureBench()
  const shell = guestShell(bench.simulator.cluster.guests, 9000)
  const lossy: ContainerShell = {
    ...shell,
    async run(argv, options) {
      if (argv.some((word) => word.startsWith('two.'))) throw new CmuxError('unavailable', 'The connection was lost')
      return shell.run(argv, options)
    },
  }
  const recipe = recipeOf(['one', 'two'].map((name) => ({ name, script: 'true', retries: 3 })))
  await expect(configure({ recipe, shell: lossy })).rejects.toMatchObject({
    code: 'unavailable',
    message: expect.stringContaining("That was at step 'two'"),
    hint: expect.stringContaining('--from two'),
    data: { steps: [{ name: 'one', result: 'done' }] },
  })
})

test('the steps wait until the network is good enough', async () => {
  const { configure, bench, inside } = await configureBench()
  await bench.start(9000)
  const network = 'echo try >> /root/tries; test "$(wc -l < /root/tries)" -ge 4'
  await configure({ recipe: recipeOf([{ name: 'one', script: COUNT }], { network }) })
  expect(await inside('wc -l < /root/tries')).toBe('4\n')
})

test('a network that never is good enough is a timeout that says where to look', async () => {
  const { configure } = await configureBench()
  const recipe = recipeOf([{ name: 'one', script: 'true' }], { network: 'false' })
  await expect(configure({ recipe })).rejects.toMatchObject({
    code: 'timeout',
    message: 'container 9000 (base) on node pve1 does not reach what recipe mine needs',
    hint: expect.stringContaining('DNS'),
  })
})

test('the checks of a recipe name everything that is missing; optional ones are warnings', async () => {
  const { configure, warnings, inside, bench } = await configureBench()
  await bench.start(9000)
  const validations = [
    { name: 'good', script: 'echo 1.2.3', optional: false },
    { name: 'bad', script: 'echo not here >&2; exit 1', optional: false },
    { name: 'soft', script: 'exit 4', optional: true },
  ]
  const recipe = recipeOf([{ name: 'one', script: COUNT }], { validations })
  await expect(configure({ recipe, apply: false, validate: true })).rejects.toMatchObject({
    code: 'failed',
    message: 'container 9000 (base) on node pve1 is not what recipe mine promises: bad',
    data: {
      validation: [
        { name: 'good', ok: true, detail: '1.2.3' },
        { name: 'bad', ok: false, detail: 'not here' },
        { name: 'soft' },
      ],
    },
  })
  expect(warnings).toEqual([
    "Check 'soft' failed in container 9000 (base) on node pve1: status 4; the recipe can do without it",
  ])
  expect(await inside('ls /root')).toBe('')
})

test('after a start the checks wait for what still comes up', async () => {
  const { configure } = await configureBench()
  const script = 'echo try >> /root/tries; test "$(wc -l < /root/tries)" -ge 3'
  const recipe = recipeOf([{ name: 'one', script: 'true' }], {
    validations: [{ name: 'late', script, optional: false }],
  })
  expect((await configure({ recipe, validate: true })).validation).toMatchObject([{ name: 'late', ok: true }])
})

test('a template cannot be configured, and the error says what to do instead', async () => {
  const { configure, bench } = await configureBench()
  await bench.client.containers.convertToTemplate({ vmid: 9000, node: bench.node })
  await expect(configure({ recipe: recipeOf([{ name: 'one', script: 'true' }]) })).rejects.toMatchObject({
    code: 'conflict',
    exitCode: 6,
    hint: expect.stringContaining('instance clone 9000 --full'),
  })
})

test('a dry run starts nothing and runs nothing', async () => {
  const { configure, bench, status } = await configureBench()
  const { url, token, fingerprint } = bench.simulator
  const calls: string[] = []
  const client = createPveClient(
    { url, token, tls: { verify: true, fingerprint } },
    { dryRun: true, onCall: ({ method, path }) => void calls.push(`${method} ${path}`) },
  )
  const shell: ContainerShell = { run: () => Promise.reject(new Error('nothing may be run')), close: async () => {} }
  await configure({ recipe: recipeOf([{ name: 'one', script: 'true' }]), client, shell })
  await client.close()
  expect(calls).toEqual(['POST /nodes/pve1/lxc/9000/status/start', 'POST /nodes/pve1/lxc/9000/status/shutdown'])
  expect(await status()).toBe('stopped')
})
