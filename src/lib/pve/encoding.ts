import { CmuxError } from '../errors.js'
import type { ApiToken } from '../settings/settings.js'
import type { OptionValues } from './container-data.js'

/** Parameters as they go over the wire: booleans are 1 and 0 (PVE-FACTS 1.7). */
export type WireParameters = Readonly<Record<string, string | number>>

/** Drops absent values and writes booleans the way Proxmox takes them. */
export function wireParameters(values: OptionValues): WireParameters {
  const result: Record<string, string | number> = {}
  for (const [name, value] of Object.entries(values)) {
    if (value === undefined) continue
    result[name] = typeof value === 'boolean' ? Number(value) : value
  }
  return result
}

/** `name=value&…` with everything escaped that Proxmox splits at: `=`, `;`, `&`, `+` (PVE-FACTS 1.7). */
export function formEncode(parameters: WireParameters): string {
  // A read seldom has parameters, and for none the class would still be made.
  if (Object.keys(parameters).length === 0) return ''
  const form = new URLSearchParams()
  for (const [name, value] of Object.entries(parameters)) form.append(name, String(value))
  return form.toString()
}

/**
 * A path below /api2/json: `apiPath` with a template string escapes each value. Proxmox decodes the whole path before it
 * splits it (PVE-FACTS 1.2), so a value with a slash could name another method: it is refused as `invalid`.
 */
export function apiPath(texts: TemplateStringsArray, ...values: readonly (string | number)[]): string {
  return texts.reduce((path, text, index) => path + pathSegment(values[index - 1] ?? '') + text)
}

function pathSegment(value: string | number): string {
  const text = String(value)
  if (text === '' || text === '.' || text === '..' || /[/\0]/.test(text)) {
    throw new CmuxError('invalid', `'${text}' cannot be the name of anything in Proxmox`)
  }
  return encodeURIComponent(text)
}

/** The Authorization header. Proxmox ends the value at `;` and percent-decodes it (PVE-FACTS 1.3). */
export const authorization = (token: ApiToken): string =>
  `PVEAPIToken=${`${token.id}=${token.secret}`.replace(/[^!-:<-~]|%/gu, encodeURIComponent)}`
