import { expect, test } from 'vitest'
import { requestParameters, urlDecoded } from '../../../../src/lib/simulator/api/request-parameters.js'

const JSON_TYPE = 'application/json; charset=utf-8'

test.each([
  ['a=1&b=2', { a: '1', b: '2' }],
  ['a=1;b=2', { a: '1', b: '2' }],
  ['net0=name=eth0,bridge=vmbr0', { net0: 'name' }],
  ['net0=name%3Deth0%2Cbridge%3Dvmbr0', { net0: 'name=eth0,bridge=vmbr0' }],
  ['tags=a;b', { tags: 'a', b: null }],
  ['tags=a%3Bb', { tags: 'a;b' }],
  ['description=one+two%2Bthree', { description: 'one two+three' }],
  ['x=%C3%A4%E2%9C%93', { x: 'ä✓' }],
  ['x=50%', { x: '50%' }],
  ['key=', { key: '' }],
  ['a=1&a=2&a=3', { a: ['1', '2', '3'] }],
  ['', {}],
  ['&&', {}],
])('%j decodes as Proxmox decodes it', (text, expected) => {
  expect(urlDecoded(text)).toEqual(expected)
})

test('the query wins over the body, and what browsers add against caches is dropped', () => {
  const form = 'application/x-www-form-urlencoded'
  expect(requestParameters('PUT', 'a=query&_dc=1', form, Buffer.from('a=body&b=2'))).toEqual({ a: 'query', b: '2' })
})

test('a JSON body keeps its types; a body without a content type is a form', () => {
  const json = Buffer.from('{"onboot":true,"memory":128,"description":null}')
  expect(requestParameters('PUT', '', JSON_TYPE, json)).toEqual({ onboot: true, memory: 128, description: null })
  expect(requestParameters('PUT', 'a=1', JSON_TYPE, Buffer.from('null'))).toEqual({ a: '1' })
  expect(requestParameters('POST', '', undefined, Buffer.from('a=1'))).toEqual({ a: '1' })
})

test('a body of GET and DELETE is not looked at', () => {
  expect(requestParameters('DELETE', 'a=1', JSON_TYPE, Buffer.from('{'))).toEqual({ a: '1' })
})

test.each([
  [
    '',
    /^malformed JSON string, neither tag, .* or atom, at character offset 0 \(before "\(end of string\)"\) at \S+ line/,
  ],
  ['{"a":', /^malformed JSON string, .* at character offset 5 \(before "\(end of string\)"\)/],
  ['{bad', /^'"' expected, at character offset 1 \(before "bad"\) at \S+ line \d+\.$/],
  ['{"a" 1}', /^':' expected, at character offset 5 \(before "1}"\)/],
  ['{"a":1', /^, or } expected while parsing object\/hash, at character offset 6 \(before "\(end of string\)"\)/],
  ['{"a":[1 2]}', /^, or \] expected while parsing array, at character offset 8 \(before "2]}"\)/],
  ['{"a":"b', /^unexpected end of string while parsing JSON string, at character offset 7 /],
  ['{"a":01}', /^malformed number \(leading zero must not be followed by another digit\), /],
  [
    '{"a":1} and more than twenty',
    /^garbage after JSON object, at character offset 8 \(before "and more than twenty"\)/,
  ],
  ['tags=a', /^'true' expected, at character offset 0 \(before "tags=a"\)/],
  ['[1]', /^Not a HASH reference at /],
  ['"x"', /^Can't use string \("x"\) as a HASH ref while "strict refs" in use at /],
])('the JSON body %j is refused in plain text', (body, message) => {
  const attempt = () => requestParameters('POST', '', JSON_TYPE, Buffer.from(body))
  expect(attempt).toThrow(
    expect.objectContaining({ name: 'Refusal', status: 500, message: expect.stringMatching(message) }),
  )
})
