import { PassThrough } from 'node:stream'
import { expect, test } from 'vitest'
import { CmuxError } from '../../../src/lib/errors.js'
import { JsonOutput } from '../../../src/lib/ui/json-output.js'

test.each(['error', 'a"b\\c', '1'])('hides the secret %j in the values and leaves the object whole', (secret) => {
  const stdout = new PassThrough()
  new JsonOutput({ stdout }).failed(new CmuxError('failed', `the server said ${secret}`), [secret])
  expect(JSON.parse(String(stdout.read()))).toMatchObject({ ok: false, error: { message: 'the server said ***' } })
})
