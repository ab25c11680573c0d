/** Where reading stopped, and why. */
class JsonProblem extends Error {
  readonly at: number

  constructor(text: string, at: number) {
    super(text)
    this.at = at
  }
}

const SHOWN = 20
const NEITHER = 'malformed JSON string, neither tag, array, object, number, string or atom'

/**
 * What Perl's JSON::XS says about a text that is no JSON: `':' expected, at character offset 5 (before "1}")`. Only for texts
 * that JSON.parse has refused.
 */
export function jsonProblem(text: string): string {
  const { message, at } = problemOf(text)
  return `${message}, at character offset ${at} (before "${at >= text.length ? '(end of string)' : shown(text.slice(at))}")`
}

function problemOf(text: string): JsonProblem {
  try {
    const end = skipBlanks(text, readValue(text, skipBlanks(text, 0)))
    return end < text.length ? new JsonProblem('garbage after JSON object', end) : new JsonProblem(NEITHER, 0)
  } catch (error) {
    if (error instanceof JsonProblem) return error
    throw error
  }
}

/** Each reader starts at its first character and answers where what it read ends. */
function readValue(text: string, at: number): number {
  const first = text[at] ?? ''
  if (first === '{') return readObject(text, at)
  if (first === '[') return readArray(text, at)
  if (first === '"') return readString(text, at + 1)
  if (/[-\d]/.test(first)) return readNumber(text, at)
  const atom = ['true', 'false', 'null'].find((word) => word[0] === first)
  if (atom === undefined) throw new JsonProblem(NEITHER, at)
  if (!text.startsWith(atom, at)) throw new JsonProblem(`'${atom}' expected`, at)
  return at + atom.length
}

function readObject(text: string, start: number): number {
  let at = skipBlanks(text, start + 1)
  if (text[at] === '}') return at + 1
  for (;;) {
    at = skipBlanks(text, readString(text, expect(text, '"', at)))
    at = skipBlanks(text, readValue(text, skipBlanks(text, expect(text, ':', at))))
    if (text[at] === '}') return at + 1
    if (text[at] !== ',') throw new JsonProblem(', or } expected while parsing object/hash', at)
    at = skipBlanks(text, at + 1)
  }
}

function readArray(text: string, start: number): number {
  let at = skipBlanks(text, start + 1)
  if (text[at] === ']') return at + 1
  for (;;) {
    at = skipBlanks(text, readValue(text, at))
    if (text[at] === ']') return at + 1
    if (text[at] !== ',') throw new JsonProblem(', or ] expected while parsing array', at)
    at = skipBlanks(text, at + 1)
  }
}

function readString(text: string, start: number): number {
  for (let at = start; at < text.length; at++) {
    const character = text[at] ?? ''
    if (character === '"') return at + 1
    if (character < ' ') {
      const code = character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')
      throw new JsonProblem(`invalid character 0x${code} encountered while parsing JSON string`, at)
    }
    if (character === '\\' && !/["\\/bfnrtu]/.test(text[++at] ?? ''))
      throw new JsonProblem('illegal backslash escape sequence in string', at)
  }
  throw new JsonProblem('unexpected end of string while parsing JSON string', text.length)
}

function readNumber(text: string, start: number): number {
  const digits = (from: number) => from + (/^\d*/.exec(text.slice(from))?.[0].length ?? 0)
  const needed = (from: number, problem: string) => {
    const end = digits(from)
    if (end === from) throw new JsonProblem(`malformed number (${problem})`, from)
    return end
  }
  let at = text[start] === '-' ? start + 1 : start
  if (/^0\d/.test(text.slice(at, at + 2)))
    throw new JsonProblem('malformed number (leading zero must not be followed by another digit)', at + 1)
  at = needed(at, 'no digits after initial minus')
  if (text[at] === '.') at = needed(at + 1, 'no digits after decimal point')
  if (!/[eE]/.test(text[at] ?? '')) return at
  return needed(/[-+]/.test(text[at + 1] ?? '') ? at + 2 : at + 1, 'no digits after exp sign')
}

function expect(text: string, character: string, at: number): number {
  if (text[at] !== character) throw new JsonProblem(`'${character}' expected`, at)
  return at + 1
}

function skipBlanks(text: string, at: number): number {
  return at + (/^[ \t\r\n]*/.exec(text.slice(at))?.[0].length ?? 0)
}

/** The next characters, as Perl displays them. */
function shown(rest: string): string {
  const escapes: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t', '\\': '\\\\' }
  const display = [...rest].slice(0, SHOWN).map((character) => {
    const code = character.codePointAt(0) ?? 0
    return escapes[character] ?? (code < 0x20 || code > 0x7e ? `\\x{${code.toString(16)}}` : character)
  })
  return `${display.join('')}${[...rest].length > SHOWN ? '...' : ''}`
}
