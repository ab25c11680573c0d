import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { systemClock } from '../../../src/lib/clock.js'
import { neededPrivileges } from '../../../src/lib/diagnosis/needs.js'
import { cloneInstance } from '../../../src/lib/instance/clone.js'
import { deleteInstance } from '../../../src/lib/instance/delete.js'
import { startInstance, stopInstance } from '../../../src/lib/instance/power.js'
import { rollbackInstance, snapshotInstance } from '../../../src/lib/instance/snapshot.js'
import { createPveClient } from '../../../src/lib/pve/client.js'
import type { Grant } from '../../../src/lib/simulator/api/access-config.js'
import { convertToTemplate } from '../../../src/lib/template/convert.js'
import { createTemplateContainer } from '../../../src/lib/template/create.js'
import { startTestSimulator, type TestSimulator } from '../../support/simulator.js'
import { OS_TEMPLATE, STORAGE } from '../../support/test-bench.js'

const NEEDED = neededPrivileges({ storage: STORAGE, osTemplateStorage: 'local', bridge: 'vmbr0' }).filter(
  ({ optional }) => !optional,
)
const SECRET = '11111111-2222-3333-4444-555555555555'
const PATIENCE = { wait: true, timeout: 60_000 }

/** Grants of everything that is needed, but for one need. Alternatives count as one: the first is granted. */
const grantsWithout = (left: number): readonly Grant[] =>
  NEEDED.flatMap(({ path, privileges }, index) =>
    index === left ? [] : [{ path, privileges: privileges.slice(0, 1) }],
  )

const tokenWithout = (left: number): string => `without${left + 1}@pve!ci`

const userOf = (token: string): string => token.slice(0, token.indexOf('!'))

describe('a token with no more rights than the diagnosis asks for', () => {
  let simulator: TestSimulator
  beforeAll(async () => {
    const lacks = [...NEEDED.keys(), -1]
    simulator = await startTestSimulator({
      latency: 'instant',
      osTemplates: [{ volid: OS_TEMPLATE, size: 3_000_000 }],
      access: { users: lacks.map((left) => ({ id: userOf(tokenWithout(left)), grants: grantsWithout(left) })) },
      tokens: lacks.map((left) => ({ id: tokenWithout(left), secret: SECRET, privsep: false })),
    })
  })
  afterAll(() => simulator.close())

  /** Everything that the commands do, from the first call to the last. Each caller has VMIDs of its own. */
  async function liveAllOfIt(left: number): Promise<void> {
    const { url, fingerprint } = simulator
    const client = createPveClient({
      url,
      tls: { verify: true, fingerprint },
      token: { id: tokenWithout(left), secret: SECRET },
    })
    const context = { client, clock: systemClock }
    const template = 1000 + 10 * (left + 1)
    const clone = template + 1
    try {
      await createTemplateContainer(context, {
        ...PATIENCE,
        vmid: template,
        hostname: 'least',
        osTemplate: OS_TEMPLATE,
        download: false,
        node: 'pve1',
        storage: STORAGE,
        memory: 128,
        swap: 0,
        cores: 1,
        disk: 1,
        bridge: 'vmbr0',
        ip: 'dhcp',
        tags: ['least'],
        nextStep: 'stop',
      })
      await convertToTemplate(context, String(template), { timeout: PATIENCE.timeout, stop: false })
      await cloneInstance(context, {
        ...PATIENCE,
        source: String(template),
        vmid: clone,
        hostname: 'least-clone',
        tags: ['made'],
        memory: 256,
        cores: 2,
        disk: 2,
      })
      await snapshotInstance(context, String(clone), 'clean', PATIENCE)
      await startInstance(context, String(clone), PATIENCE)
      await stopInstance(context, String(clone), { ...PATIENCE, force: true })
      await rollbackInstance(context, String(clone), 'clean', PATIENCE)
      await deleteInstance(context, String(clone), { ...PATIENCE, force: false })
    } finally {
      await client.close()
    }
  }

  test('can do everything', async () => {
    await expect(liveAllOfIt(-1)).resolves.toBeUndefined()
  })

  test.each(NEEDED.map(({ privileges, path }, index) => [privileges.join(' or '), path, index] as const))(
    'cannot do without %s on %s',
    async (privileges, _path, index) => {
      const missed = await liveAllOfIt(index).catch((error: unknown) => error)
      // What may not be seen does not exist for the token: the first of the two is then what it is told.
      const hides = /Audit|AllocateSpace/.test(privileges)
      const expected = hides ? ['forbidden', 'not-found'] : ['forbidden']
      expect(expected).toContain((missed as { code?: string }).code)
      if (!hides) expect(String(missed)).toContain(privileges.split(' or ')[0])
    },
  )
})
