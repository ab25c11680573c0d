import fc from 'fast-check'

const SURROGATES = { first: 0xd800, count: 0x800 }

/**
 * Strings of any code points, as those of `unit: 'binary'` are, but without the table of all 1.1 million of them that fast-check then makes, which
 * takes a second and a hundred megabytes. What it does with that table is to put in names of JavaScript's own properties: here one stands for them.
 */
export const anyText = (): fc.Arbitrary<string> => {
  const codePoint = fc
    .nat(0x10ffff - SURROGATES.count)
    .map((code) => String.fromCodePoint(code < SURROGATES.first ? code : code + SURROGATES.count))
  return fc.oneof({ weight: 19, arbitrary: fc.string({ unit: codePoint }) }, fc.constant('__proto__'))
}
