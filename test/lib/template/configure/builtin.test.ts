import { join } from 'node:path'
import { expect, test } from 'vitest'
import { loadRecipe } from '../../../../src/lib/template/recipe/load.js'
import { configureBench } from '../../../support/configure-bench.js'

const recipe = await loadRecipe('cmux', join(import.meta.dirname, '../../../../recipes'))

/** Everything that the recipe may have changed: names, sizes and contents. */
const CONTENT =
  'find /etc /opt /root /tmp /usr/local /var -type f | sort | xargs sha256sum; find / -type d | grep -v ^/proc | sort'

test('the built-in recipe runs to its end, is what it promises, and a second run changes nothing', async () => {
  const { bench, configure, inside } = await configureBench()
  await bench.start(9000)
  const first = await configure({ recipe, validate: true })
  expect(first.steps.map(({ name }) => name)).toEqual(recipe.steps.map(({ name }) => name))
  expect(first.steps.every(({ result }) => result !== 'failed')).toBe(true)
  expect(first.validation?.map(({ name, ok }) => ({ name, ok }))).toEqual(
    recipe.validations.map(({ name }) => ({ name, ok: true })),
  )
  expect(await inside('ls -A /tmp')).toBe('')
  const before = await inside(CONTENT)
  expect(before.split('\n').length).toBeGreaterThan(50)
  const second = await configure({ recipe, validate: true })
  expect(second.steps.every(({ result }) => result === 'skipped')).toBe(true)
  expect(second.changed).toBe(false)
  expect(await inside(CONTENT)).toBe(before)
  await expect.poll(() => inside('pgrep -f cmux-[p]ve || true')).toBe('')
})

test('whichever step fails, the error says so and how to resume, and resuming there works', async () => {
  const { bench, configure, inside } = await configureBench(
    recipe.steps.map(({ name, retries }) => ({
      on: `exec:setsid env CMUX_PVE_STEP=${name}.*`,
      times: retries + 1,
      do: 'fail',
      code: 100,
      message: `E: no ${name} today`,
    })),
  )
  await bench.start(9000)
  let from: string | undefined
  for (const { name, title, retries } of recipe.steps.filter((step) => !step.optional)) {
    // Packages start their services themselves: take one away, so that there is something left to do.
    if (name === 'services') await inside('systemctl disable docker')
    const attempts = retries === 0 ? '' : ` (${retries + 1} attempts)`
    await expect(configure({ recipe, from })).rejects.toMatchObject({
      code: 'failed',
      message: `Step '${name}' (${title}) failed in container 9000 (base) on node pve1: it ended with status 100${attempts}`,
      hint: expect.stringContaining(`\`cmux-pve template configure 9000 --from ${name}\``),
      data: { failed: { name }, output: [`E: no ${name} today`] },
    })
    expect(await inside('ls -A /tmp')).toBe('')
    from = name
  }
  const { steps, validation } = await configure({ recipe, from, validate: true })
  expect(steps).toMatchObject([{ name: 'services', result: 'done' }])
  expect(validation?.filter(({ ok, optional }) => !ok && !optional)).toEqual([])
  expect(bench.simulator.cluster.faults.unused).toEqual([])
})

test('CRIU is not fatal', async () => {
  const { bench, configure, warnings } = await configureBench([
    { on: 'exec:setsid env CMUX_PVE_STEP=criu.*', do: 'fail', code: 100 },
  ])
  await bench.start(9000)
  expect(await configure({ recipe, only: 'criu' })).toMatchObject({ steps: [{ name: 'criu', result: 'failed' }] })
  expect(warnings).toEqual([expect.stringContaining("Step 'criu' (CRIU) failed")])
})

test('downloads that fail now and then are repeated, and lists that cannot be fetched are no success', async () => {
  const { bench, configure } = await configureBench([
    { on: 'exec:curl*', times: 2, do: 'fail', code: 56, message: 'curl: (56) Recv failure' },
    { on: 'exec:apt-get*update', times: 2, do: 'fail', code: 100, message: 'E: Failed to fetch' },
  ])
  await bench.start(9000)
  const { steps } = await configure({ recipe })
  expect(steps.every(({ attempts }) => attempts <= 1)).toBe(true)
  expect(steps.every(({ result }) => result !== 'failed')).toBe(true)
  expect(bench.simulator.cluster.faults.unused).toEqual([])
})

test.each([
  ['bun', 'curl*.zip'],
  ['uv', 'curl*.tar.gz'],
])('what %s downloads is not installed when its checksum is wrong', async (name, download) => {
  const { bench, configure, inside } = await configureBench([
    { on: `exec:${download}`, times: 'always', do: 'exit', code: 0 },
  ])
  await bench.start(9000)
  await configure({ recipe, only: 'base-packages' })
  await expect(configure({ recipe, only: name })).rejects.toMatchObject({ code: 'failed' })
  expect(await inside('ls -A /usr/local/bin /tmp')).not.toContain(name)
})

test('on another system than Debian and Ubuntu it says so', async () => {
  const { bench, configure, inside } = await configureBench()
  await bench.start(9000)
  await inside('printf "ID=arch\\nPRETTY_NAME=\\"Arch Linux\\"\\n" > /usr/lib/os-release')
  await expect(configure({ recipe })).rejects.toMatchObject({
    data: { output: expect.arrayContaining(['This recipe is for Debian and Ubuntu, not for Arch Linux']) },
  })
})
