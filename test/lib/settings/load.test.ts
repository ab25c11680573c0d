import { describe, expect, it } from 'vitest'
import { CmuxError } from '../../../src/lib/errors.js'
import type { ReadFile } from '../../../src/lib/settings/files.js'
import { type LoadOptions, loadSettings } from '../../../src/lib/settings/load.js'
import { requireApi, requireSsh } from '../../../src/lib/settings/require.js'

const SECRET = '7e7e7e7e-1111-2222-3333-444444444444'
const TOKEN = `root@pam!test=${SECRET}`
const URL = 'https://pve.example:8006'

/** Files by path; a pair gives the permission bits too (default: private). */
const files =
  (content: Readonly<Record<string, string | readonly [string, number]>>): ReadFile =>
  (path) => {
    const file = content[path]
    if (file === undefined) return undefined
    const [text, mode] = typeof file === 'string' ? [file, 0o600] : file
    return { text, mode }
  }

const load = (options: LoadOptions = {}) =>
  loadSettings({ environment: {}, cwd: '/home/me/project', readFile: files({}), ...options })

const failure = (options: LoadOptions): CmuxError => {
  try {
    load(options)
  } catch (error) {
    if (error instanceof CmuxError) return error
    throw error
  }
  throw new Error('The settings were accepted')
}

describe('without any source', () => {
  it('has the defaults and neither API nor SSH', () => {
    expect(load()).toMatchObject({
      api: undefined,
      ssh: undefined,
      storage: 'local',
      templateVmid: 9000,
      container: { memory: 4096, cores: 4, disk: 32 },
      bridge: 'vmbr0',
      executionMode: 'auto',
      vmids: { start: 200, end: 8999 },
    })
  })

  it('takes an empty value for one that is not set', () => {
    expect(load({ environment: { PVE_STORAGE: '', PVE_LXC_CORES: ' ' } })).toMatchObject({
      storage: 'local',
      container: { cores: 4 },
    })
  })
})

describe('where the pool is', () => {
  it('is this machine unless PVE_POOL_URL says otherwise, under a path or at a socket too', () => {
    const at = (PVE_POOL_URL: string) => load({ environment: { PVE_POOL_URL } }).pool
    expect(load().pool).toEqual({ url: 'http://127.0.0.1:8007' })
    expect(at('https://pve.example/pool/')).toEqual({ url: 'https://pve.example/pool' })
    expect(at('unix:/run/cmux-pve/pool.sock')).toEqual({ url: 'unix:/run/cmux-pve/pool.sock' })
    for (const bad of ['ftp://host', 'https://me:word@host/pool', 'https://host/?a=1', 'unix:', 'host:8007']) {
      expect(() => at(bad), bad).toThrow('PVE_POOL_URL')
    }
  })

  it('is at a socket whose path fits the address of one, in bytes', () => {
    for (const path of [`/${'a'.repeat(106)}`, `/${'ä'.repeat(53)}`]) {
      expect(load({ environment: { POOL_SOCKET: path } }).poolOptions.socket).toBe(path)
      expect(load({ environment: { PVE_POOL_URL: `unix:${path}` } }).pool.url).toBe(`unix:${path}`)
    }
    for (const path of [`/${'a'.repeat(107)}`, `/${'ä'.repeat(54)}`]) {
      expect(() => load({ environment: { POOL_SOCKET: path } })).toThrow(/POOL_SOCKET.*at most 107 bytes/)
      expect(() => load({ environment: { PVE_POOL_URL: `unix:${path}` } })).toThrow(/PVE_POOL_URL.*at most 107 bytes/)
    }
  })

  it('is where the daemon is told to listen, unless PVE_POOL_URL says otherwise', () => {
    const at = (environment: Readonly<Record<string, string>>) => load({ environment }).pool.url
    expect(at({ POOL_SOCKET: '/run/x.sock', POOL_PORT: '8080' })).toBe('unix:/run/x.sock')
    expect(at({ POOL_HOST: '10.0.0.7', POOL_PORT: '8080' })).toBe('http://10.0.0.7:8080')
    expect(at({ POOL_HOST: '0.0.0.0', POOL_PORT: '0' })).toBe('http://127.0.0.1:8007')
    expect(at({ POOL_HOST: '::' })).toBe('http://[::1]:8007')
    expect(at({ POOL_HOST: '[fe80::1]' })).toBe('http://[fe80::1]:8007')
    expect(at({ POOL_SOCKET: '/run/x.sock', PVE_POOL_URL: 'https://pve.example/pool' })).toBe(
      'https://pve.example/pool',
    )
  })

  it('takes the first of two tokens that are being exchanged', () => {
    const [young, old] = ['new-token-of-the-pool', 'old-token-of-the-pool']
    expect(load({ environment: { POOL_TOKEN: `${young}, ${old}` } }).pool.token).toBe(young)
    for (const bad of ['too-short', `${young},${old},${young}`]) {
      const error = failure({ environment: { POOL_TOKEN: bad } })
      expect(error.message).toContain('POOL_TOKEN')
      expect(error.message).not.toContain(bad)
    }
  })
})

describe('precedence', () => {
  const dotenv = files({
    '/home/me/.env': 'PVE_NODE=far\nPVE_STORAGE=far',
    '/home/me/project/.env': 'PVE_NODE=dotenv\nPVE_BRIDGE=vmbr7',
  })

  it('is flag, then environment, then .env, then default', () => {
    const readFile = dotenv
    expect(load({ readFile, environment: { PVE_NODE: 'env' }, flags: { PVE_NODE: 'flag' } }).node).toBe('flag')
    expect(load({ readFile, environment: { PVE_NODE: 'env' } }).node).toBe('env')
    expect(load({ readFile }).node).toBe('dotenv')
    expect(load({ readFile: files({}) }).node).toBeUndefined()
  })

  it('reads only the nearest .env at or above the working directory', () => {
    expect(load({ readFile: dotenv })).toMatchObject({ node: 'dotenv', bridge: 'vmbr7', storage: 'local' })
    expect(load({ readFile: dotenv, cwd: '/home/me/other/deep' })).toMatchObject({ node: 'far', storage: 'far' })
  })

  it('reads --env-file in its place, from the working directory', () => {
    const readFile = files({ '/home/me/project/.env': 'PVE_NODE=nearest', '/home/me/project/lab.env': 'PVE_NODE=lab' })
    expect(load({ readFile, envFile: 'lab.env' }).node).toBe('lab')
  })

  it('refuses an --env-file that is not there', () => {
    expect(failure({ envFile: 'lab.env' }).message).toContain('there is no file /home/me/project/lab.env')
  })

  it('tells where each value came from', () => {
    const { sources } = load({
      readFile: dotenv,
      environment: { PVE_STORAGE: 'nfs1' },
      flags: { PVE_TEMPLATE_VMID: '9001' },
    })
    expect(Object.fromEntries(sources)).toEqual({
      PVE_NODE: '/home/me/project/.env',
      PVE_BRIDGE: '/home/me/project/.env',
      PVE_STORAGE: 'environment',
      PVE_TEMPLATE_VMID: 'flag',
    })
  })
})

describe('the API', () => {
  it.each([
    ['https://pve.example:8006', 'https://pve.example:8006'],
    ['https://pve.example:8006/', 'https://pve.example:8006'],
    ['https://pve.example:8006/api2/json', 'https://pve.example:8006'],
    ['https://[fd00::1]:8006', 'https://[fd00::1]:8006'],
    ['https://proxy.example', 'https://proxy.example'],
  ])('takes %s', (url, expected) => {
    const settings = load({ environment: { PVE_API_URL: url, PVE_API_TOKEN: TOKEN } })
    expect(requireApi(settings)).toEqual({
      url: expected,
      token: { id: 'root@pam!test', secret: SECRET },
      tls: { verify: true },
    })
  })

  it.each([
    'http://pve:8006',
    'pve:8006',
    'https://me:pw@pve:8006',
    'https://pve:8006/other',
    'https://pve:8006/?a=b',
    'ftp://x',
  ])('refuses %s and says what is allowed', (PVE_API_URL) => {
    const { code, message } = failure({ environment: { PVE_API_URL } })
    expect(code).toBe('not-configured')
    expect(message).toContain('must be https://HOST:8006')
    expect(message).not.toContain('me:pw')
  })

  it('takes a token as Proxmox shows it, and in the form of its header', () => {
    for (const PVE_API_TOKEN of [TOKEN, `PVEAPIToken=${TOKEN}`, `  ${TOKEN}\n`]) {
      const settings = load({ environment: { PVE_API_URL: URL, PVE_API_TOKEN } })
      expect(settings.api?.token).toEqual({ id: 'root@pam!test', secret: SECRET })
    }
  })

  it.each(['root@pam', `root!test=${SECRET}`, `root@pam!=${SECRET}`, 'root@pam!test=', `root@pam:test=${SECRET}`])(
    'refuses the token %s without showing it',
    (PVE_API_TOKEN) => {
      const { message } = failure({ environment: { PVE_API_URL: URL, PVE_API_TOKEN } })
      expect(message).toContain('PVE_API_TOKEN (environment) must be USER@REALM!ID=SECRET')
      expect(message).not.toContain(PVE_API_TOKEN)
    },
  )

  it('normalises a fingerprint and turns verification off only on request', () => {
    const pairs = Array.from({ length: 32 }, (_, index) => index.toString(16).padStart(2, '0'))
    const environment = {
      PVE_API_URL: URL,
      PVE_API_TOKEN: TOKEN,
      PVE_TLS_FINGERPRINT: pairs.join(''),
      PVE_VERIFY_TLS: 'off',
    }
    expect(load({ environment }).api?.tls).toEqual({ verify: false, fingerprint: pairs.join(':').toUpperCase() })
  })

  it('reads the CA file from the folder of the .env that names it', () => {
    const pem = '-----BEGIN CERTIFICATE-----\nMII=\n-----END CERTIFICATE-----\n'
    const readFile = files({
      '/home/me/.env': `PVE_API_URL=${URL}\nPVE_API_TOKEN=${TOKEN}\nPVE_CA_FILE=ca.pem`,
      '/home/me/ca.pem': [pem, 0o644],
    })
    expect(load({ readFile }).api?.tls).toEqual({ verify: true, ca: pem })
  })

  it('says when the CA file is missing or is no certificate', () => {
    const environment = { PVE_CA_FILE: 'ca.pem' }
    expect(failure({ environment }).message).toContain('there is no file /home/me/project/ca.pem')
    const readFile = files({ '/home/me/project/ca.pem': 'not a certificate' })
    expect(failure({ environment, readFile }).message).toContain('is not a PEM certificate')
  })

  it('names what is missing', () => {
    expect(() => requireApi(load())).toThrow(/PVE_API_URL and PVE_API_TOKEN missing/)
    expect(() => requireApi(load({ environment: { PVE_API_URL: URL } }))).toThrow(/: PVE_API_TOKEN missing/)
  })
})

describe('a secret', () => {
  const environment = { PVE_API_URL: URL, PVE_API_TOKEN_FILE: '/run/secrets/token' }

  it('is read from the file that NAME_FILE names', () => {
    const settings = load({ environment, readFile: files({ '/run/secrets/token': [`${TOKEN}\n`, 0o400] }) })
    expect(settings.api?.token.secret).toBe(SECRET)
    expect(settings.sources.get('PVE_API_TOKEN')).toBe('/run/secrets/token')
  })

  it('is refused in a file that others can read', () => {
    const readFile = files({ '/run/secrets/token': [TOKEN, 0o644] })
    const { message } = failure({ environment, readFile })
    expect(message).toContain('chmod 600 /run/secrets/token')
    expect(message).not.toContain(SECRET)
  })

  it('is read from a systemd credential, before .env and after the environment', () => {
    const readFile = files({
      '/run/credentials/x/PVE_API_TOKEN': [TOKEN, 0o400],
      '/home/me/project/.env': 'PVE_API_TOKEN=other@pam!t=dotenv',
    })
    const withCredentials = { PVE_API_URL: URL, CREDENTIALS_DIRECTORY: '/run/credentials/x' }
    expect(load({ environment: withCredentials, readFile }).api?.token.secret).toBe(SECRET)
    const both = { ...withCredentials, PVE_API_TOKEN: 'root@pam!env=direct' }
    expect(load({ environment: both, readFile }).api?.token.secret).toBe('direct')
  })

  it('in a file that is not there is an error', () => {
    expect(failure({ environment }).message).toContain('PVE_API_TOKEN_FILE: there is no file /run/secrets/token')
  })
})

describe('SSH', () => {
  it('goes to the host of the API, and leaves user and port to ~/.ssh/config, unless told otherwise', () => {
    expect(load({ environment: { PVE_API_URL: URL } }).ssh).toEqual({ host: 'pve.example' })
    expect(load({ environment: { PVE_API_URL: 'https://[fd00::1]:8006' } }).ssh?.host).toBe('fd00::1')
  })

  it.each([
    ['pve1', { host: 'pve1' }],
    ['ops@10.0.0.5:2222', { user: 'ops', host: '10.0.0.5', port: 2222 }],
    ['root@[fd00::1]:22', { user: 'root', host: 'fd00::1', port: 22 }],
  ])('takes %s', (PVE_SSH_HOST, expected) => {
    expect(requireSsh(load({ environment: { PVE_SSH_HOST } }))).toEqual(expected)
  })

  it.each(['-oProxyCommand=x', 'a b', 'root@', 'root@host:port', 'root@host:0', 'root@host:65536', '$(id)'])(
    'refuses %s',
    (PVE_SSH_HOST) => {
      expect(failure({ environment: { PVE_SSH_HOST } }).message).toContain('must be HOST, USER@HOST or USER@HOST:PORT')
    },
  )

  it('finds its files from the home folder or from where they are named', () => {
    const environment = {
      HOME: '/home/me',
      PVE_SSH_HOST: 'pve1',
      PVE_SSH_KEY: '~/.ssh/id',
      PVE_SSH_KNOWN_HOSTS: 'known',
    }
    expect(load({ environment }).ssh).toMatchObject({
      keyFile: '/home/me/.ssh/id',
      knownHostsFile: '/home/me/project/known',
    })
  })

  it('is asked for by name when nothing says where it is', () => {
    expect(() => requireSsh(load())).toThrow(/SSH/)
  })
})

describe('a value that cannot be', () => {
  it.each([
    ['PVE_LXC_MEMORY', '4 GB', 'a whole number from 16 to'],
    ['PVE_LXC_CORES', '0', 'a whole number from 1 to'],
    ['PVE_LXC_DISK', '-1', 'a whole number from 1 to'],
    ['PVE_TEMPLATE_VMID', '99', 'a whole number from 100 to'],
    ['PVE_VERIFY_TLS', 'maybe', 'one of 1, true'],
    ['PVE_EXEC_MODE', 'telnet', 'one of auto, local'],
    ['PVE_TLS_FINGERPRINT', 'AA:BB', '32 pairs'],
    ['PVE_SSH_HOST_FINGERPRINT', 'MD5:aa', 'SHA256:'],
    ['PVE_NODE', 'a/b', 'the name of a node'],
    ['PVE_STORAGE', '../x', 'the id of a storage'],
    ['PVE_BRIDGE', 'vmbr0;x', 'the name of a bridge'],
    ['PVE_OSTEMPLATE', 'debian', 'the id of a volume'],
  ])('%s=%s names the variable, the value, its source and what is allowed', (name, value, allowed) => {
    const { code, message, exitCode } = failure({ environment: { [name]: value } })
    expect({ code, exitCode }).toEqual({ code: 'not-configured', exitCode: 4 })
    expect(message).toContain(`${name}='${value}' (environment) must be`)
    expect(message).toContain(allowed)
  })

  it('is reported together with all the others', () => {
    const environment = {
      PVE_LXC_CORES: 'x',
      PVE_EXEC_MODE: 'y',
      CONTAINER_VMID_START: '900',
      CONTAINER_VMID_END: '800',
    }
    const { message } = failure({ environment })
    expect(message).toMatch(/^3 invalid settings:/)
    for (const name of Object.keys(environment)) expect(message).toContain(name)
  })

  it('in a file that cannot be read is an error and not an exception', () => {
    const readFile = () => {
      throw new Error('EACCES: permission denied')
    }
    expect(failure({ readFile }).message).toContain('/home/me/project/.env cannot be read: EACCES')
  })
})
