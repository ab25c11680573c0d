/** What `$(( … ))` may read and set. */
export interface ArithmeticVariables {
  get(name: string): string
  set(name: string, value: string): void
}

export class ArithmeticFailure extends Error {
  override readonly name = 'ArithmeticFailure'
}

const LEVELS: readonly (readonly string[])[] = [
  ['||'],
  ['&&'],
  ['|'],
  ['^'],
  ['&'],
  ['==', '!='],
  ['<=', '>=', '<', '>'],
  ['<<', '>>'],
  ['+', '-'],
  ['*', '/', '%'],
]

/** Evaluates the arithmetic of sh on 64 bit integers. Throws ArithmeticFailure. */
export function arithmetic(expression: string, variables: ArithmeticVariables): string {
  const tokens =
    expression.match(
      /\s+|0[xX][0-9a-fA-F]+|\d+|[A-Za-z_]\w*|<<=|>>=|[-+*/%&|^]=|<=|>=|==|!=|&&|\|\||<<|>>|\+\+|--|[^\s]/g,
    ) ?? []
  const words = tokens.filter((token) => token.trim() !== '')
  let at = 0
  const value = words.length === 0 ? 0n : assignment()
  if (at < words.length) throw new ArithmeticFailure(`arithmetic expression: expecting EOF: "${expression}"`)
  return String(value)

  function assignment(): bigint {
    const name = words[at]
    const operator = words[at + 1]
    if (
      name !== undefined &&
      /^[A-Za-z_]/.test(name) &&
      operator !== undefined &&
      /^(?:[-+*/%&|^]|<<|>>)?=$/.test(operator)
    ) {
      at += 2
      const right = assignment()
      const result = operator === '=' ? right : apply(operator.slice(0, -1), read(name), right)
      variables.set(name, String(result))
      return result
    }
    return ternary()
  }

  function ternary(): bigint {
    const condition = binary(0)
    if (words[at] !== '?') return condition
    at++
    const yes = assignment()
    if (words[at] !== ':') throw new ArithmeticFailure(`arithmetic expression: expecting ':': "${expression}"`)
    at++
    const no = ternary()
    return condition !== 0n ? yes : no
  }

  function binary(level: number): bigint {
    const operators = LEVELS[level]
    if (operators === undefined) return unary()
    let left = binary(level + 1)
    for (let operator = words[at]; operator !== undefined && operators.includes(operator); operator = words[at]) {
      at++
      left = apply(operator, left, binary(level + 1))
    }
    return left
  }

  function unary(): bigint {
    const token = words[at]
    at++
    if (token === '-') return wrap(-unary())
    if (token === '+') return unary()
    if (token === '!') return unary() === 0n ? 1n : 0n
    if (token === '~') return ~unary()
    if (token === '++' || token === '--') {
      const name = words[at] ?? ''
      at++
      const result = read(name) + (token === '++' ? 1n : -1n)
      variables.set(name, String(result))
      return result
    }
    if (token === '(') {
      const inner = assignment()
      if (words[at] !== ')') throw new ArithmeticFailure(`arithmetic expression: expecting ')': "${expression}"`)
      at++
      return inner
    }
    if (token === undefined) throw new ArithmeticFailure(`arithmetic expression: expecting primary: "${expression}"`)
    if (/^\d/.test(token)) return literal(token)
    if (!/^[A-Za-z_]/.test(token))
      throw new ArithmeticFailure(`arithmetic expression: expecting primary: "${expression}"`)
    const value = read(token)
    if (words[at] === '++' || words[at] === '--') {
      variables.set(token, String(value + (words[at] === '++' ? 1n : -1n)))
      at++
    }
    return value
  }

  function read(name: string): bigint {
    const text = variables.get(name).trim()
    if (text === '') return 0n
    if (!/^[-+]?(?:0[xX][0-9a-fA-F]+|\d+)$/.test(text)) throw new ArithmeticFailure(`Illegal number: ${text}`)
    return text.startsWith('-') ? -literal(text.slice(1)) : literal(text.replace('+', ''))
  }

  function apply(operator: string, left: bigint, right: bigint): bigint {
    const truth = (condition: boolean) => (condition ? 1n : 0n)
    switch (operator) {
      case '||':
        return truth(left !== 0n || right !== 0n)
      case '&&':
        return truth(left !== 0n && right !== 0n)
      case '|':
        return left | right
      case '^':
        return left ^ right
      case '&':
        return left & right
      case '==':
        return truth(left === right)
      case '!=':
        return truth(left !== right)
      case '<=':
        return truth(left <= right)
      case '>=':
        return truth(left >= right)
      case '<':
        return truth(left < right)
      case '>':
        return truth(left > right)
      case '<<':
        return wrap(left << (right & 63n))
      case '>>':
        return wrap(left >> (right & 63n))
      case '+':
        return wrap(left + right)
      case '-':
        return wrap(left - right)
      case '*':
        return wrap(left * right)
      default:
        if (right === 0n) throw new ArithmeticFailure(`arithmetic expression: division by zero: "${expression}"`)
        return operator === '/' ? left / right : left % right
    }
  }
}

function literal(text: string): bigint {
  if (/^0[0-7]+$/.test(text)) return BigInt(`0o${text.slice(1)}`)
  return BigInt(text)
}

function wrap(value: bigint): bigint {
  return BigInt.asIntN(64, value)
}
