import { percentDecoded } from '../api/api-url.js'

/** What a description reads back as: lines that each end with a newline, empty ones at the end dropped; undefined when nothing is left (PVE-FACTS 4.1). */
export function normaliseDescription(text: string): string | undefined {
  const lines = text.replace(/\n+$/, '')
  return lines === '' ? undefined : `${lines}\n`
}

/** Percent-encodes control characters, `%`, `:` and every byte that is not ASCII. */
export function encodeText(text: string): string {
  return text.replace(/[^ -$&-9;-~]+/g, (run) => {
    let encoded = ''
    for (const byte of Buffer.from(run, 'utf8')) encoded += `%${byte.toString(16).toUpperCase().padStart(2, '0')}`
    return encoded
  })
}

/** The inverse of encodeText. */
export const decodeText = (text: string): string => percentDecoded(text)
