import type { FileSystem } from '../files/file-system.js'
import { absolute } from '../files/path.js'
import type { Program } from '../machine/program.js'

class TestFailure extends Error {}

/** `test` and `[`: 0 true, 1 false, 2 not a condition. */
export const test: Program = async (context) => {
  const name = context.argv[0]
  const bracket = name?.endsWith('[') === true
  if (bracket && context.args.at(-1) !== ']') {
    await context.err(`${name}: missing ]\n`)
    return 2
  }
  const words = bracket ? context.args.slice(0, -1) : context.args
  try {
    return holds(words, context.files, context.process.cwd) ? 0 : 1
  } catch (error) {
    if (!(error instanceof TestFailure)) throw error
    await context.err(`${name}: ${error.message}\n`)
    return 2
  }
}

const BINARY = ['=', '==', '!=', '<', '>', '-eq', '-ne', '-lt', '-le', '-gt', '-ge', '-nt', '-ot', '-ef']

function holds(words: readonly string[], files: FileSystem, cwd: string): boolean {
  let at = 0
  if (words.length === 0) return false
  if (words.length === 1) return words[0] !== ''
  if (words.length === 2 && words[0] === '!') return words[1] === ''
  if (words.length === 3 && BINARY.includes(words[1] ?? ''))
    return compared(words[0] ?? '', words[1] ?? '', words[2] ?? '')
  const value = either()
  if (at < words.length) throw new TestFailure(`${words[at]}: unexpected operator`)
  return value

  function either(): boolean {
    let result = both()
    while (words[at] === '-o') {
      at++
      const right = both()
      result = result || right
    }
    return result
  }

  function both(): boolean {
    let result = negated()
    while (words[at] === '-a') {
      at++
      const right = negated()
      result = result && right
    }
    return result
  }

  function negated(): boolean {
    if (words[at] === '!' && words[at + 1] !== undefined) {
      at++
      return !negated()
    }
    return primary()
  }

  function primary(): boolean {
    const word = words[at]
    const next = words[at + 1]
    if (word === undefined) throw new TestFailure('argument expected')
    if (next !== undefined && BINARY.includes(next) && words[at + 2] !== undefined) {
      at += 3
      return compared(word, next, words[at - 1] ?? '')
    }
    if (word === '(') {
      at++
      const inner = either()
      if (words[at] !== ')') throw new TestFailure('closing paren expected')
      at++
      return inner
    }
    if (/^-[a-zA-Z]$/.test(word) && next !== undefined) {
      at += 2
      if (word === '-n') return next !== ''
      if (word === '-z') return next === ''
      if (word === '-t') return false
      const found = fileTest(word, absolute(next, cwd), files)
      if (found === undefined) throw new TestFailure(`${word}: unexpected operator`)
      return found
    }
    at++
    return word !== ''
  }

  function compared(left: string, operator: string, right: string): boolean {
    const times = () =>
      [files.find(absolute(left, cwd))?.mtime ?? -1, files.find(absolute(right, cwd))?.mtime ?? -1] as const
    switch (operator) {
      case '=':
      case '==':
        return left === right
      case '!=':
        return left !== right
      case '<':
        return left < right
      case '>':
        return left > right
      case '-nt':
        return times()[0] > times()[1]
      case '-ot':
        return times()[0] < times()[1]
      case '-ef':
        return (
          files.exists(absolute(left, cwd)) &&
          files.realPath(absolute(left, cwd)) === files.realPath(absolute(right, cwd))
        )
      default: {
        const [a, b] = [integer(left), integer(right)]
        if (operator === '-eq') return a === b
        if (operator === '-ne') return a !== b
        if (operator === '-lt') return a < b
        if (operator === '-le') return a <= b
        return operator === '-gt' ? a > b : a >= b
      }
    }
  }
}

function integer(text: string): bigint {
  if (!/^\s*[-+]?\d+\s*$/.test(text)) throw new TestFailure(`Illegal number: ${text}`)
  return BigInt(text.trim().replace(/^\+/, ''))
}

/** `-e`, `-f`, …: undefined for an operator that is none. */
export function fileTest(operator: string, path: string, files: FileSystem): boolean | undefined {
  if (operator === '-L' || operator === '-h') return isLink(path, files)
  const node = path === '' ? undefined : files.find(path)
  switch (operator) {
    case '-e':
    case '-a':
      return node !== undefined
    case '-f':
      return node?.kind === 'file'
    case '-d':
      return node?.kind === 'directory'
    case '-c':
      return node?.kind === 'device'
    case '-b':
    case '-p':
    case '-S':
    case '-g':
    case '-k':
      return false
    case '-u':
      return node !== undefined && (node.mode & 0o4000) !== 0
    case '-s':
      return node?.kind === 'file' ? node.content.size > 0 : node?.kind === 'directory'
    case '-r':
      return node !== undefined && files.may(node, 4)
    case '-w':
      return node !== undefined && files.may(node, 2)
    case '-x':
      return node !== undefined && files.may(node, 1)
    case '-O':
    case '-G':
      return node !== undefined
    default:
      return undefined
  }
}

function isLink(path: string, files: FileSystem): boolean {
  try {
    return files.lstat(path).kind === 'symlink'
  } catch {
    return false
  }
}
