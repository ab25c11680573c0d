import { expect, test } from 'vitest'
import { quoteArgv } from '../../../../src/lib/executor/quoting.js'
import { credentialPath, LAYOUT } from '../../../../src/lib/pool/install/layout.js'
import { type Found, type InstallRequest, planInstallation } from '../../../../src/lib/pool/install/plan.js'
import { roleSteps } from '../../../../src/lib/pool/install/role.js'
import { type InstallStep, stepData, stepText } from '../../../../src/lib/pool/install/step.js'

const SECRET = 'cmux@pve!pool=00000000-1111-2222-3333-444444444444'

const request: InstallRequest = {
  node: '/usr/bin/node',
  release: '1.0.0-aaaa',
  settings: new Map([
    ['PVE_API_URL', 'https://pve:8006'],
    ['POOL_TEMPLATES', '9009:5'],
  ]),
  places: { bridge: 'vmbr0' },
  apiToken: SECRET,
  start: true,
}

/** A machine that remembers what was done to it. */
function machine(facts: Partial<Found> = {}) {
  const files = new Map<string, { content: string; mode: number }>()
  const links = new Map<string, string>()
  const folders = new Set<string>()
  const found: Found = {
    file: (path) => files.get(path),
    link: (path) => links.get(path),
    names: (folder) =>
      [...folders].filter((path) => path.startsWith(`${folder}/`)).map((path) => path.slice(folder.length + 1)),
    systemd: true,
    pveum: false,
    enabled: false,
    active: false,
    ...facts,
  }
  const does = (steps: readonly InstallStep[]) => {
    for (const step of steps) {
      if (step.kind === 'file') files.set(step.path, { content: step.content, mode: step.mode })
      if (step.kind === 'link') links.set(step.path, step.target)
      if (step.kind === 'folder' || step.kind === 'release') folders.add(step.path)
      if (step.kind === 'remove') folders.delete(step.path)
      if (step.kind === 'token') files.set(step.path, { content: 'made\n', mode: 0o600 })
    }
    return steps
  }
  return { files, links, folders, found, does }
}

const texts = (steps: readonly InstallStep[]) => steps.map((step) => stepText(step, '/'))

test('the second run finds nothing to do', () => {
  const { found, does } = machine()
  expect(texts(does(planInstallation(request, found))).at(-1)).toBe('run systemctl restart cmux-pve-pool.service')
  expect(planInstallation(request, { ...found, enabled: true, active: true })).toEqual([])
})

test('a service that is down is started though nothing has changed, unless that is not wanted', () => {
  const { found, does } = machine()
  does(planInstallation(request, found))
  const down = { ...found, enabled: true, active: false }
  expect(texts(planInstallation(request, down))).toEqual(['run systemctl restart cmux-pve-pool.service'])
  expect(planInstallation({ ...request, start: false }, down)).toEqual([])
})

test('secrets and settings are for root alone, and a mode that was loosened is put right', () => {
  const { files, found, does } = machine()
  does(planInstallation(request, found))
  for (const path of [LAYOUT.environment, credentialPath('PVE_API_TOKEN')]) {
    expect(files.get(path)?.mode, path).toBe(0o600)
    files.set(path, { content: files.get(path)?.content ?? '', mode: 0o644 })
  }
  const again = planInstallation(request, { ...found, enabled: true, active: true })
  expect(texts(again)).toEqual([
    `replace ${LAYOUT.environment} (0600)`,
    `replace ${credentialPath('PVE_API_TOKEN')} (0600, secret)`,
    'run systemctl daemon-reload',
    'run systemctl restart cmux-pve-pool.service',
  ])
})

test('no secret is in what is shown, in the environment file or in the unit', () => {
  const { files, found, does } = machine()
  const steps = does(planInstallation({ ...request, poolToken: 'token-of-callers' }, found))
  const shown = JSON.stringify([texts(steps), steps.map((step) => stepData(step, '/'))])
  const open = [LAYOUT.environment, LAYOUT.unit, LAYOUT.role].map((path) => files.get(path)?.content).join('')
  for (const secret of [SECRET, 'token-of-callers']) {
    expect(shown).not.toContain(secret)
    expect(open).not.toContain(secret)
  }
  expect(files.get(credentialPath('POOL_TOKEN'))?.content).toBe('token-of-callers\n')
})

test('what the operator has changed stays, whatever the settings of a later run say', () => {
  const { files, found, does } = machine()
  does(planInstallation(request, found))
  files.set(LAYOUT.environment, { content: 'POOL_TEMPLATES=9010:2\n', mode: 0o600 })
  files.set(credentialPath('PVE_API_TOKEN'), { content: 'rotated', mode: 0o600 })
  does(planInstallation({ ...request, settings: new Map([['POOL_TEMPLATES', '1:1']]), apiToken: 'a@pve!b=c' }, found))
  expect(files.get(LAYOUT.environment)?.content).toBe('POOL_TEMPLATES=9010:2\n')
  expect(files.get(credentialPath('PVE_API_TOKEN'))?.content).toBe('rotated')
})

test('an update copies the new version, points to it, restarts, and keeps one version to go back to', () => {
  const { folders, links, found, does } = machine()
  for (const release of ['1.0.0-aaaa', '1.1.0-bbbb', '1.2.0-cccc']) {
    const steps = does(planInstallation({ ...request, release }, { ...found, enabled: true, active: true }))
    expect(texts(steps)).toContain('run systemctl restart cmux-pve-pool.service')
    expect(links.get(LAYOUT.current)).toBe(`${LAYOUT.releases}/${release}`)
  }
  const kept = [...folders].filter((path) => path.startsWith(LAYOUT.releases))
  expect(kept).toEqual([`${LAYOUT.releases}/1.1.0-bbbb`, `${LAYOUT.releases}/1.2.0-cccc`])
})

test('systemd is only told of credentials that are there: it would not start the service without one', () => {
  const { files, found, does } = machine()
  does(planInstallation(request, found))
  expect(files.get(LAYOUT.unit)?.content).not.toContain('POOL_TOKEN')
  does(planInstallation({ ...request, poolToken: 'token-of-callers', sshKey: 'KEY' }, found))
  const unit = files.get(LAYOUT.unit)?.content
  expect(unit).toContain(`LoadCredential=POOL_TOKEN:${credentialPath('POOL_TOKEN')}`)
  expect(unit).toContain('Environment=PVE_SSH_KEY=%d/ssh-key')
  // A later run that knows of neither keeps both.
  does(planInstallation(request, found))
  expect(files.get(LAYOUT.unit)?.content).toBe(unit)
})

test('a node that has no token yet makes user, roles and token, once', () => {
  const { apiToken: _, ...withoutToken } = request
  const { found, does } = machine({ pveum: true })
  const steps = does(planInstallation(withoutToken, found))
  const commands = steps.filter((step) => step.kind === 'run' && step.argv[0] === 'pveum')
  expect(commands).toHaveLength(9)
  expect(steps.find(({ kind }) => kind === 'token')).toMatchObject({ path: credentialPath('PVE_API_TOKEN') })
  expect(planInstallation(withoutToken, { ...found, enabled: true, active: true })).toEqual([])
})

test('what is shown of a first installation on a node has every command that may be run, with what is run where the first fails, and the start', () => {
  const { apiToken: _none, ...withoutToken } = request
  const { found } = machine({ pveum: true })
  const shown = texts(planInstallation(withoutToken, found))
  for (const { argv, otherwise } of roleSteps(request.places)) {
    const commands = [argv, ...(otherwise === undefined ? [] : [otherwise])].map(quoteArgv)
    expect(shown).toContain(`run ${commands.join(' || ')}`)
  }
  expect(shown.slice(-3)).toEqual([
    'run systemctl daemon-reload',
    'run systemctl enable cmux-pve-pool.service',
    'run systemctl restart cmux-pve-pool.service',
  ])
})
