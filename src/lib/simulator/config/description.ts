/** What a description reads back as: lines that each end with a newline, empty ones at the end dropped; undefined when nothing is left (PVE-FACTS 4.1). */
export function normaliseDescription(text: string): string | undefined {
  const lines = text.replace(/\n+$/, '')
  return lines === '' ? undefined : `${lines}\n`
}

/** Percent-encodes control characters, `%`, `:` and every byte that is not ASCII. */
export function encodeText(text: string): string {
  let encoded = ''
  for (const byte of Buffer.from(text, 'utf8')) {
    const character = String.fromCharCode(byte)
    const plain = byte >= 0x20 && byte < 0x7f && character !== '%' && character !== ':'
    encoded += plain ? character : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`
  }
  return encoded
}

/** The inverse of encodeText. */
export function decodeText(text: string): string {
  const bytes = Buffer.from(text, 'utf8').toString('latin1')
  const decoded = bytes.replace(/%([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
  return Buffer.from(decoded, 'latin1').toString('utf8')
}
