import { createHash } from 'node:crypto'
import type { Program } from '../machine/program.js'
import { parseArguments } from './arguments.js'
import { forEachInput } from './streams.js'

/** md5sum, sha1sum, sha256sum, sha512sum; `-c` checks a list. */
export const digest: Program = async (context) => {
  const algorithm = /(md5|sha1|sha256|sha512)/.exec(context.argv[0] ?? '')?.[1] ?? 'sha256'
  const options = parseArguments(context.args)
  if (!options.has('c', 'check')) {
    return forEachInput(context, options.operands, async (input, name) => {
      const hash = createHash(algorithm)
      for (let chunk = await input.read(); chunk !== undefined; chunk = await input.read()) hash.update(chunk)
      await context.out(`${hash.digest('hex')}  ${name}\n`)
    })
  }
  let failed = 0
  await forEachInput(context, options.operands, async (input) => {
    for await (const line of input.lines()) {
      const [expected = '', name = ''] = line.split(/\s+\*?/)
      const good =
        context.files.exists(context.path(name)) &&
        createHash(algorithm)
          .update(context.files.readBytes(context.path(name)))
          .digest('hex') === expected
      if (!good) failed++
      if (!options.has('status', 'quiet') || !good) await context.out(`${name}: ${good ? 'OK' : 'FAILED'}\n`)
    }
  })
  return failed > 0 ? 1 : 0
}

export const base64: Program = async (context) => {
  const options = parseArguments(context.args, ['w', 'wrap'])
  const width = Number(options.value('w', 'wrap') ?? 76)
  return forEachInput(context, options.operands, async (input) => {
    const data = await input.readAll()
    if (options.has('d', 'decode')) await context.stdout.write(Buffer.from(data.toString('latin1'), 'base64'))
    else {
      const text = data.toString('base64')
      await context.out(width === 0 ? text : text.replace(new RegExp(`.{1,${width}}`, 'g'), '$&\n'))
    }
  })
}

/** `cmp` and `diff -q`-like comparison: 0 when the files are equal. */
export const compare: Program = async (context) => {
  const options = parseArguments(context.args)
  const [left = '', right = ''] = options.operands
  for (const operand of [left, right]) {
    if (operand !== '-' && !context.files.exists(context.path(operand))) {
      await context.err(`${context.argv[0]}: ${operand}: No such file or directory\n`)
      return 2
    }
  }
  const read = async (operand: string) =>
    operand === '-' ? context.stdin.readAll() : context.files.readBytes(context.path(operand))
  const [a, b] = [await read(left), await read(right)]
  if (a.equals(b)) return 0
  if (!options.has('s', 'q')) await context.out(`${left} ${right} differ\n`)
  else if (options.has('q')) await context.out(`Files ${left} and ${right} differ\n`)
  return 1
}
