import { afterEach, expect, test } from 'vitest'
import { createPveClient, type PveClient, probeCertificate } from '../../../src/lib/pve/client.js'
import type { TlsTrust } from '../../../src/lib/settings/settings.js'
import { type Certificate, selfSigned } from '../../support/certificates.js'
import { type ScriptedServer, scriptedServer } from '../../support/scripted-server.js'

const servers: ScriptedServer[] = []
const clients: PveClient[] = []
afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.close()))
  await Promise.all(servers.splice(0).map((server) => server[Symbol.asyncDispose]()))
})

const VERSION = { data: { version: '9.2.11', release: '9.2', repoid: '0123456789abcdef' } }

async function serverWith(certificate?: Certificate): Promise<ScriptedServer> {
  const server = await scriptedServer(certificate === undefined ? {} : { certificate })
  servers.push(server.on('GET /version', VERSION))
  return server
}

function clientOf(server: ScriptedServer, tls: TlsTrust, url = server.url): PveClient {
  const client = createPveClient({ ...server.settings, url, tls })
  clients.push(client)
  return client
}

test('a self-signed certificate is refused, with its fingerprint and the line for .env', async () => {
  const server = await serverWith()
  const error = await clientOf(server, { verify: true })
    .version()
    .catch((reason) => reason)
  expect(error).toMatchObject({ code: 'untrusted', exitCode: 4 })
  expect(error.message).toContain('self-signed')
  expect(error.message).toContain(server.certificate.fingerprint)
  expect(error.hint).toContain(`\nPVE_TLS_FINGERPRINT=${server.certificate.fingerprint}`)
  expect(error.hint).toContain('openssl x509 -fingerprint -sha256 -noout -in /etc/pve/local/pveproxy-ssl.pem')
})

test('not one byte is sent to a server that is not trusted', async () => {
  const server = await serverWith()
  await clientOf(server, { verify: true })
    .version()
    .catch(() => undefined)
  expect(server.received()).toBe(0)
})

test('the pinned fingerprint makes it trusted, in lower case as well', async () => {
  const server = await serverWith()
  const { fingerprint } = server.certificate
  expect(await clientOf(server, { verify: true, fingerprint }).version()).toMatchObject({ release: '9.2' })
  expect(await clientOf(server, { verify: true, fingerprint: fingerprint.toLowerCase() }).version()).toMatchObject({
    release: '9.2',
  })
})

test('a pin holds although the certificate expired or names other hosts', async () => {
  const server = await serverWith(
    await selfSigned({ name: 'pve1', hosts: ['10.0.0.1'], notAfter: new Date(Date.now() - 1_000) }),
  )
  expect(await clientOf(server, { verify: true, fingerprint: server.certificate.fingerprint }).version()).toBeDefined()
})

test('a certificate that changed since it was pinned is refused and says so', async () => {
  const server = await serverWith()
  const fingerprint = (await selfSigned({ name: 'pve1' })).fingerprint
  const error = await clientOf(server, { verify: true, fingerprint })
    .version()
    .catch((reason) => reason)
  expect(error).toMatchObject({ code: 'untrusted' })
  expect(error.message).toContain('is not the one that was pinned')
  expect(error.message).toContain(server.certificate.fingerprint)
  expect(server.received()).toBe(0)
})

test('every connection is checked, also after the server got another certificate', async () => {
  const first = await serverWith()
  const client = clientOf(first, { verify: true, fingerprint: first.certificate.fingerprint })
  await client.version()
  const other = await selfSigned({ name: 'pve1' })
  await first[Symbol.asyncDispose]()
  const port = Number(new URL(first.url).port)
  const impostor = await scriptedServer({ certificate: other, port })
  servers.push(impostor.on('GET /version', VERSION))
  await expect(client.version()).rejects.toMatchObject({ code: 'untrusted' })
  expect(impostor.received()).toBe(0)
})

test('a CA file makes the certificates it signed trusted, and no others', async () => {
  const ca = await selfSigned({ name: 'Proxmox Virtual Environment', ca: true })
  const server = await serverWith(await ca.issue({ name: 'pve1' }))
  expect(await clientOf(server, { verify: true, ca: ca.cert }).version()).toBeDefined()
  const error = await clientOf(server, { verify: true })
    .version()
    .catch((reason) => reason)
  expect(error).toMatchObject({
    code: 'untrusted',
    message: expect.stringContaining('a CA that this machine does not know'),
  })
})

test('the self-signed certificate itself may stand in the CA file', async () => {
  const server = await serverWith()
  expect(await clientOf(server, { verify: true, ca: server.certificate.cert }).version()).toBeDefined()
})

test('an expired certificate and one for other hosts have their own sentences', async () => {
  const ca = await selfSigned({ name: 'Proxmox Virtual Environment', ca: true })
  const expired = await serverWith(await ca.issue({ name: 'pve1', notAfter: new Date(Date.now() - 1_000) }))
  await expect(clientOf(expired, { verify: true, ca: ca.cert }).version()).rejects.toThrow('has expired')
  const misnamed = await serverWith(await ca.issue({ name: 'pve1', hosts: ['pve1.example'] }))
  await expect(clientOf(misnamed, { verify: true, ca: ca.cert }).version()).rejects.toThrow('made for other host names')
})

test('verification can be switched off', async () => {
  expect(await clientOf(await serverWith(), { verify: false }).version()).toBeDefined()
})

test('a host name is checked as well as an address', async () => {
  const server = await serverWith()
  const url = server.url.replace('127.0.0.1', 'localhost')
  expect(await clientOf(server, { verify: true, ca: server.certificate.cert }, url).version()).toBeDefined()
})

test('probing shows the certificate and sends no HTTP', async () => {
  const server = await serverWith()
  const { fingerprint } = server.certificate
  expect(await probeCertificate(server.url)).toMatchObject({
    fingerprint,
    subject: 'pve1',
    issuer: 'pve1',
    trusted: false,
    reason: 'its certificate is self-signed',
  })
  expect(await probeCertificate(server.url, { fingerprint })).toMatchObject({ trusted: true })
  expect(server.received()).toBe(0)
})
