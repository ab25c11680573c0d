import { fieldsOf, textOf } from './data.js'

/** The small YAML that Proxmox's tools write. */
export function yamlText(data: unknown): string {
  if (typeof data !== 'object' || data === null) return `--- ${scalar(data)}\n`
  const lines = yamlLines(data)
  return lines.length === 0 ? `--- ${Array.isArray(data) ? '[]' : '{}'}\n` : `---\n${lines.join('\n')}\n`
}

function yamlLines(data: unknown): string[] {
  if (Array.isArray(data)) {
    return data.flatMap((item) => {
      const [first = '', ...rest] = yamlLines(item)
      return [`- ${first}`, ...rest.map((line) => `  ${line}`)]
    })
  }
  if (typeof data !== 'object' || data === null) return [scalar(data)]
  return Object.entries(fieldsOf(data)).flatMap(([key, value]) => {
    if (typeof value !== 'object' || value === null) return [`${key}: ${scalar(value)}`]
    const lines = yamlLines(value)
    if (lines.length === 0) return [`${key}: ${Array.isArray(value) ? '[]' : '{}'}`]
    return [`${key}:`, ...lines.map((line) => `  ${line}`)]
  })
}

/** Text that looks like a number, or could be read as something else, stands in quotes. */
function scalar(value: unknown): string {
  if (value === null || value === undefined) return '~'
  if (typeof value !== 'string') return textOf(value)
  if (value === '') return "''"
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what asks for double quotes
  if (/[\x00-\x1f\x7f-\x9f']/.test(value)) return JSON.stringify(value)
  const isAmbiguous = /^[~!@#%&*|>?:,'"`{}[\]]|^-+$|\s|:$/.test(value) || ['null', 'true', 'false'].includes(value)
  return isAmbiguous || Number.isFinite(Number(value)) ? `'${value}'` : value
}
