/** POSIX basic regular expressions (`grep`, `sed`) as JavaScript's: `\(`, `\{`, `\+` are special, `(`, `{`, `+` are not. */
export function basicExpression(source: string, flags = ''): RegExp {
  let result = ''
  for (let at = 0; at < source.length; at++) {
    const char = source[at] ?? ''
    const next = source[at + 1]
    if (char === '\\' && next !== undefined) {
      at++
      if ('(){}|+?'.includes(next)) result += next
      else if (next === '<' || next === '>') result += '\\b'
      else result += `\\${next}`
    } else if (char === '[') {
      const end = bracketEnd(source, at)
      result += bracketClasses(source.slice(at, end + 1))
      at = end
    } else if ('(){}|+?'.includes(char)) result += `\\${char}`
    else if (char === '*' && (result === '' || result.endsWith('(') || result === '^')) result += '\\*'
    else result += char
  }
  return new RegExp(result, flags)
}

export function extendedExpression(source: string, flags = ''): RegExp {
  let result = ''
  for (let at = 0; at < source.length; at++) {
    const char = source[at] ?? ''
    if (char === '\\') {
      at++
      result += `\\${source[at] ?? '\\'}`
    } else if (char === '[') {
      const end = bracketEnd(source, at)
      result += bracketClasses(source.slice(at, end + 1))
      at = end
    } else result += char
  }
  return new RegExp(result, flags)
}

function bracketEnd(source: string, start: number): number {
  let at = start + 1
  if (source[at] === '^') at++
  if (source[at] === ']') at++
  for (; at < source.length && source[at] !== ']'; at++) {
    if (source[at] === '[' && source[at + 1] === ':') at = Math.max(at, source.indexOf(':]', at) + 1)
  }
  return at
}

const CLASSES: readonly (readonly [string, string])[] = [
  ['[:alpha:]', 'A-Za-z'],
  ['[:digit:]', '0-9'],
  ['[:alnum:]', 'A-Za-z0-9'],
  ['[:upper:]', 'A-Z'],
  ['[:lower:]', 'a-z'],
  ['[:space:]', '\\s'],
  ['[:blank:]', ' \\t'],
  ['[:xdigit:]', '0-9A-Fa-f'],
  ['[:punct:]', '!-\\/:-@\\[-`{-~'],
]

function bracketClasses(text: string): string {
  let inside = text.slice(1, -1)
  const negated = inside.startsWith('^')
  if (negated) inside = inside.slice(1)
  inside = inside
    .replaceAll('\\', '\\\\')
    .replace(/^\]/, '\\]')
    .replace(/\[(?!:)/g, '\\[')
  for (const [name, members] of CLASSES) inside = inside.replaceAll(name, members)
  return `[${negated ? '^' : ''}${inside}]`
}
