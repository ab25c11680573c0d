import { describe, expect, it } from 'vitest'
import { CmuxError } from '../../../src/lib/errors.js'
import { daemonSettings, loadPoolSettings } from '../../../src/lib/pool/load-settings.js'
import { loadSettings } from '../../../src/lib/settings/load.js'

const load = async (
  environment: Readonly<Record<string, string>> = {},
  files: Readonly<Record<string, string>> = {},
) => {
  const readFile = (path: string) => (files[path] === undefined ? undefined : { text: files[path], mode: 0o600 })
  return loadPoolSettings(loadSettings({ environment, cwd: '/srv/pool', readFile }), readFile)
}

const failure = async (...given: Parameters<typeof load>): Promise<string> => {
  try {
    await load(...given)
  } catch (error) {
    if (error instanceof CmuxError) {
      expect(error.code).toBe('not-configured')
      return error.message
    }
    throw error
  }
  throw new Error('the settings were accepted')
}

describe('without any variable', () => {
  it('a pool learns its templates and keeps five of each, as the service before it did', async () => {
    expect(await load()).toEqual({
      name: 'default',
      defaults: { min: 3, target: 5, max: 10, hot: 0, release: 'rollback', probe: { kind: 'address' } },
      interval: 30_000,
      vmids: { start: 200, end: 8999 },
      hostnamePrefix: 'pool-',
      cloneRetries: { attempts: 4, delay: 2_000, jitter: 1_000 },
    })
  })

  it('its daemon listens on this machine only', () => {
    expect(daemonSettings(loadSettings({ environment: {}, cwd: '/' }))).toEqual({
      listen: { host: '127.0.0.1', port: 8007 },
      tokens: [],
    })
  })
})

describe('POOL_TEMPLATES', () => {
  it('names the templates, and a target takes minimum and maximum with it', async () => {
    const { templates } = await load({ POOL_TEMPLATES: '9009:20, 9010:2 9011', POOL_HOT_SIZE: '4' })
    expect([...(templates ?? [])]).toMatchObject([
      [9009, { min: 3, target: 20, max: 20, hot: 4 }],
      [9010, { min: 2, target: 2, max: 10, hot: 2 }],
      [9011, { min: 3, target: 5, max: 10, hot: 4 }],
    ])
  })

  it.each([
    ['9009:-1', "in '9009:-1', '-1' is no number of containers"],
    ['9010:2,9009:5,9009:2', '9009 stands there twice'],
    ['9009:5,web:5', "in 'web:5', 'web' is no VMID"],
    ['9009:1:2', "in '9009:1:2'"],
    [',', 'it names none'],
  ])('names the entry of %j that is wrong, and what is', async (text, mistake) => {
    await expect(async () => load({ POOL_TEMPLATES: text })).rejects.toThrow(mistake)
  })

  it.each(['9009:5,9009:2', '99:5', '9009:', 'web:5', ','])('refuses %j and shows how to write it', async (text) => {
    await expect(async () => load({ POOL_TEMPLATES: text })).rejects.toThrow('9009:5,9010:2')
  })
})

describe('the file of POOL_CONFIG', () => {
  it('says of each template what is different', async () => {
    const text = `
templates:
  9009:
    target: 8
    hot: 2
    release: destroy
    nodes: [pve1, pve2]
    probe: {tcp: 22}
  9010:
    probe: {command: [systemctl, is-active, app]}
  9011:
`
    const { templates } = await load({ POOL_CONFIG: 'pool.yaml' }, { '/srv/pool/pool.yaml': text })
    expect(Object.fromEntries(templates ?? [])).toMatchObject({
      9009: {
        ...{ min: 3, target: 8, max: 10, hot: 2, release: 'destroy', nodes: ['pve1', 'pve2'] },
        probe: { kind: 'tcp', port: 22 },
      },
      9010: { target: 5, probe: { kind: 'command', argv: ['systemctl', 'is-active', 'app'] } },
      9011: { min: 3, target: 5, max: 10 },
    })
  })

  it('is read with all its mistakes told at once, each with its line and what would be right', async () => {
    const text = 'templates:\n  9009:\n    target: many\n    colour: blue\n  9010:\n    release: burn\n'
    const message = await failure({ POOL_CONFIG: '/p.yaml' }, { '/p.yaml': text })
    expect(message).toContain('/p.yaml, line 3: templates.9009.target: Write a whole number')
    expect(message).toContain('/p.yaml, line 4: templates.9009.colour: There is no such field')
    expect(message).toContain('/p.yaml, line 6: templates.9010.release: Write one of rollback, destroy, reuse')
  })

  it('must not contradict itself', async () => {
    const text = 'templates: {9009: {min: 4, target: 3}, 9010: {target: 5, max: 2}, 9011: {target: 1, hot: 2}}'
    const message = await failure({ POOL_CONFIG: '/p.yaml' }, { '/p.yaml': text })
    expect(message).toContain('template 9009: min (4) must not be greater than target (3)')
    expect(message).toContain('template 9010: target (5) must not be greater than max (2)')
    expect(message).toContain('template 9011: hot (2) must not be greater than target (1)')
  })

  it('is refused when its aliases unfold to more than any file needs, or refer to nothing', async () => {
    const levels = 'bcdefghi'.split('').map((name, index) => {
      const before = String.fromCharCode(97 + index)
      return `${name}: &${name} [${Array.from({ length: 9 }, () => `*${before}`).join(', ')}]`
    })
    for (const text of [['a: &a [x, x, x]', ...levels].join('\n'), 'templates: *none'])
      expect(await failure({ POOL_CONFIG: '/p.yaml' }, { '/p.yaml': text })).toMatch(/\/p\.yaml.*alias/i)
  })

  it('must be there, be YAML, and be the only place with templates', async () => {
    expect(await failure({ POOL_CONFIG: '/none.yaml' })).toContain('there is no file /none.yaml')
    expect(await failure({ POOL_CONFIG: '/p.yaml' }, { '/p.yaml': 'templates: [' })).toContain('/p.yaml, line 1')
    const both = { POOL_CONFIG: '/p.yaml', POOL_TEMPLATES: '9009' }
    expect(await failure(both, { '/p.yaml': 'templates: {9009: }' })).toContain('POOL_TEMPLATES and POOL_CONFIG')
  })
})

describe('values that do not fit each other', () => {
  it('are all named, with the way out', async () => {
    const message = await failure({ POOL_MIN_SIZE: '9', POOL_TARGET_SIZE: '8', POOL_MAX_SIZE: '7', POOL_HOT_SIZE: '9' })
    expect(message).toContain('POOL_MIN_SIZE=9 must not be greater than POOL_TARGET_SIZE=8')
    expect(message).toContain('POOL_TARGET_SIZE=8 must not be greater than POOL_MAX_SIZE=7')
    expect(message).toContain('POOL_HOT_SIZE=9 must not be greater')
  })

  it('say which of them is a default', async () => {
    expect(await failure({ POOL_TARGET_SIZE: '12' })).toContain('POOL_MAX_SIZE=10 (the default)')
  })

  it('are of no account where nothing uses them', async () => {
    const { templates } = await load({ POOL_TEMPLATES: '9009:2', POOL_MAX_SIZE: '3' })
    expect(templates?.get(9009)).toMatchObject({ min: 2, target: 2, max: 3 })
    const listed = await load({
      POOL_TEMPLATES: '9009:12',
      POOL_MAX_SIZE: '12',
      POOL_MIN_SIZE: '8',
      POOL_HOT_SIZE: '9',
    })
    expect(listed.templates?.get(9009)).toMatchObject({ min: 8, target: 12, max: 12, hot: 9 })
    const file = { '/p.yaml': 'templates: {9009: {target: 2}}' }
    const read = await load({ POOL_CONFIG: '/p.yaml', POOL_MAX_SIZE: '3' }, file)
    expect(read.templates?.get(9009)).toMatchObject({ target: 2, max: 3 })
  })

  it('count where one template of several uses them', async () => {
    const message = await failure({ POOL_TEMPLATES: '9009:2,9010', POOL_MAX_SIZE: '3' })
    expect(message).toBe(
      'Invalid setting: POOL_TARGET_SIZE=5 (the default) must not be greater than POOL_MAX_SIZE=3: lower the one or raise the other',
    )
  })

  it('are a target and a maximum that was set: the one does not take the other with it', async () => {
    expect(await failure({ POOL_TEMPLATES: '9009:8', POOL_MAX_SIZE: '3' })).toContain(
      'POOL_TEMPLATES: the 8 of 9009:8 must not be greater than POOL_MAX_SIZE=3',
    )
    const environment = { POOL_CONFIG: '/p.yaml', POOL_MAX_SIZE: '3' }
    expect(await failure(environment, { '/p.yaml': 'templates: {9009: {target: 8}}' })).toContain(
      'template 9009: target (8) must not be greater than POOL_MAX_SIZE=3: give the template a max of its own',
    )
    const { templates } = await load(environment, { '/p.yaml': 'templates: {9009: {target: 8, max: 9}}' })
    expect(templates?.get(9009)).toMatchObject({ max: 9 })
  })

  it('are refused when the VMIDs do not suffice', async () => {
    const range = { CONTAINER_VMID_START: '200', CONTAINER_VMID_END: '209' }
    expect(await failure({ ...range, POOL_TEMPLATES: '9009:5,9010:5' })).toContain('widen that range')
  })
})

describe('a bad value', () => {
  it.each([
    ['POOL_TARGET_SIZE', '-1'],
    ['POOL_RELEASE', 'burn'],
    ['POOL_PROBE', 'tcp:70000'],
    ['POOL_NAME', 'My Pool'],
    ['POOL_SOCKET', 'run/pool.sock'],
    ['CONTAINER_HOSTNAME_PREFIX', '-x'],
    ['CLONE_RETRY_DELAY_SECONDS', 'soon'],
    ['REPLENISH_INTERVAL_SECONDS', '0'],
    ['REPLENISH_BATCH_SIZE', '0'],
  ])('of %s is named', async (name, value) => {
    const message = await failure({ [name]: value }).catch((error: unknown) => String(error))
    expect(message).toContain(`${name}='${value}' (environment) must be`)
  })
})
