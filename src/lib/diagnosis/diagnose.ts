import { type ErrorCode, isCmuxError } from '../errors.js'
import type { PveClient } from '../pve/client.js'
import type { Settings } from '../settings/settings.js'
import { checkCertificate } from './certificate.js'
import type { Finding, Topic } from './finding.js'
import { checkNodes } from './nodes.js'
import { checkPrivileges } from './privileges.js'
import { checkShell } from './shell.js'
import { checkStorages } from './storages.js'
import { checkTemplate } from './template.js'
import { checkVersion } from './version.js'

export interface DiagnosisOptions {
  /** A client for the API of the settings; closed by the caller. */
  readonly connect: () => Promise<PveClient>
  /** Milliseconds that the host may take for a connection and the TLS handshake. */
  readonly connectTimeout: number
  readonly signal: AbortSignal
}

/**
 * Looks at everything the toolkit depends on, from the certificate to `criu` on the node, and tells of each part as soon as
 * it is known. It changes nothing. What cannot be looked at because something before it failed is left out.
 */
export async function* diagnose(settings: Settings, options: DiagnosisOptions): AsyncGenerator<Finding> {
  if (settings.api === undefined) {
    yield missingSettings(settings)
    return
  }
  const certificate = await checkCertificate(settings.api, options).catch(failure('tls', settings.api.url))
  yield certificate
  if (certificate.verdict === 'failed') return

  const client = await options.connect()
  const version = await client.version().catch(failure('token', `token ${settings.api.token.id}`))
  if ('verdict' in version) {
    yield version
    return
  }
  yield { topic: 'token', verdict: 'ok', subject: `token ${settings.api.token.id}`, detail: 'accepted' }
  yield checkVersion(version)

  yield* await checkPrivileges(client, settings).catch(failures('privileges', 'privileges'))
  const nodes = await checkNodes(client, settings.node).catch(failure('nodes', 'nodes'))
  if ('verdict' in nodes) yield nodes
  else {
    yield* nodes.findings
    if (nodes.chosen !== undefined)
      yield* await checkStorages(client, nodes.chosen, settings.storage).catch(failures('storages', 'storages'))
  }
  yield* await checkTemplate(client, settings.templateVmid).catch(
    failures('template', `template ${settings.templateVmid}`),
  )
  yield* await checkShell(settings, options.signal)
}

function missingSettings(settings: Settings): Finding {
  const missing = ['PVE_API_URL', 'PVE_API_TOKEN'].filter((name) => !settings.sources.has(name))
  return {
    topic: 'settings',
    verdict: 'failed',
    subject: missing.join(', '),
    detail: 'not set',
    remedy:
      'Put PVE_API_URL=https://host:8006 and PVE_API_TOKEN=USER@REALM!ID=SECRET into the environment or a .env file, or try `cmux-pve sim serve`.',
    code: 'not-configured',
  }
}

/** Turns whatever a check threw into the finding that it failed. An interruption stays what it is. */
function failure(topic: Topic, subject: string): (error: unknown) => Finding {
  return (error) => {
    if (isCmuxError(error, 'interrupted') || !(error instanceof Error)) throw error
    const code: ErrorCode = isCmuxError(error) ? error.code : 'failed'
    const remedy = isCmuxError(error) ? error.hint : undefined
    return { topic, verdict: 'failed', subject, detail: error.message, code, ...(remedy !== undefined && { remedy }) }
  }
}

function failures(topic: Topic, subject: string): (error: unknown) => readonly Finding[] {
  return (error) => [failure(topic, subject)(error)]
}
