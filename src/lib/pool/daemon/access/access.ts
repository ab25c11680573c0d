import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { isIP, isIPv4 } from 'node:net'
import { CmuxError } from '../../../errors.js'
import type { DaemonSettings } from '../../settings.js'

/**
 * Who is let in.
 * - `tokens`: whoever shows one of them
 * - `loopback`: every process of this machine, but no web page that a browser of this machine shows
 * - `socket`: whoever may open the socket's file
 */
export type Access =
  | { readonly kind: 'tokens'; readonly hashes: readonly Buffer[] }
  | { readonly kind: 'loopback' }
  | { readonly kind: 'socket' }

export interface Denial {
  readonly status: 401 | 403
  readonly message: string
  readonly hint: string
}

/** What the settings ask for. Throws `not-configured` where they would let in everybody who reaches this machine. */
export function accessOf({ listen, tokens }: DaemonSettings): Access {
  if (tokens.length > 0) return { kind: 'tokens', hashes: tokens.map(hash) }
  if ('socket' in listen) return { kind: 'socket' }
  if (isLoopback(listen.host)) return { kind: 'loopback' }
  throw new CmuxError(
    'not-configured',
    `Listening on ${listen.host} needs a token: other machines reach that address`,
    {
      hint: 'Set POOL_TOKEN (or POOL_TOKEN_FILE), or listen on 127.0.0.1.',
    },
  )
}

/** Why a request is denied; undefined when it is not. */
export function denialOf(access: Access, headers: IncomingHttpHeaders): Denial | undefined {
  switch (access.kind) {
    case 'tokens':
      return showsToken(access.hashes, headers.authorization) ? undefined : NO_TOKEN
    case 'loopback':
      if (FORWARDED.some((name) => headers[name] !== undefined)) return THROUGH_PROXY
      return namesLoopback(headers.host) ? pageDenial(headers) : WRONG_HOST
    case 'socket':
      return pageDenial(headers)
  }
}

/** Whether only this machine reaches what listens on `host`. */
export function isLoopback(host: string): boolean {
  if (host === 'localhost' || host === '::1') return true
  return isIPv4(host) && host.startsWith('127.')
}

/** All of them are compared, whole: the time it takes tells nothing about them. */
function showsToken(hashes: readonly Buffer[], authorization: string | undefined): boolean {
  const [, shown = ''] = /^Bearer +([\x21-\x7e]+)$/i.exec(authorization ?? '') ?? []
  const given = hash(shown)
  return hashes.map((known) => timingSafeEqual(known, given)).includes(true)
}

/** A page that made its own name resolve to 127.0.0.1 (DNS rebinding) still says its own name here. Any port: it may be forwarded. */
function namesLoopback(host: string | undefined): boolean {
  const [, six, name = ''] = /^(?:\[([\da-f:.]+)\]|([\w.-]+))(?::\d{1,5})?$/i.exec(host ?? '') ?? []
  return six === undefined ? isLoopback(name.toLowerCase()) : isIP(six) === 6 && isLoopback(six)
}

/** Browsers say on whose behalf they ask, and a page cannot change that; other clients say nothing. */
function pageDenial(headers: IncomingHttpHeaders): Denial | undefined {
  const site = headers['sec-fetch-site']
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return FOREIGN_PAGE
  const { origin, host } = headers
  if (origin === undefined) return undefined
  return URL.canParse(origin) && new URL(origin).host === host?.toLowerCase() ? undefined : FOREIGN_PAGE
}

const hash = (text: string): Buffer => createHash('sha256').update(text).digest()

const NO_TOKEN: Denial = {
  status: 401,
  message: 'A token is needed',
  hint: 'Set POOL_TOKEN for the pool commands; other clients send `Authorization: Bearer TOKEN` with a token of the daemon.',
}

const WRONG_HOST: Denial = {
  status: 403,
  message: 'Without a token this pool answers only to localhost, 127.0.0.1 and [::1]',
  hint: 'Behind a proxy: set POOL_TOKEN.',
}

/** What proxies add: who is behind them may be anybody. */
const FORWARDED = ['forwarded', 'via', 'x-forwarded-for', 'x-forwarded-host', 'x-real-ip'] as const

const THROUGH_PROXY: Denial = {
  status: 403,
  message: 'Without a token this pool answers only to this machine itself, not through a proxy',
  hint: 'Set POOL_TOKEN, and let the clients send it.',
}

const FOREIGN_PAGE: Denial = {
  status: 403,
  message: 'Web pages from elsewhere may not use this pool',
  hint: 'Set POOL_TOKEN and send it.',
}
