import { expect, it } from 'vitest'
import { runBox } from './box.js'

/** `npm run test:blackbox -- --minutes 5` is the same for longer. */
it('three daemons share a simulated cluster with ten clients while all of them are killed and held: nobody loses or shares a container', async () => {
  const report = await runBox({ duration: 10_000, clients: 10, seed: 1 })
  expect(report.problems).toEqual([])
  expect(report.figures.allocated).toBeGreaterThan(0)
}, 150_000)
