import { Errors } from '@oclif/core'
import { expect, test } from 'vitest'
import { toCmuxError } from '../../../src/lib/ui/command-error.js'

test('a full disk, or a folder that may not be written, is no bug', () => {
  const full = Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' })
  expect(toCmuxError(full, 'x --help')).toMatchObject({
    code: 'storage-full',
    message: `A disk of this machine is full: ${full.message}`,
  })
  const forbidden = Object.assign(new Error('EACCES: permission denied'), { code: 'EACCES' })
  expect(toCmuxError(forbidden, 'x --help')).toMatchObject({ code: 'failed', message: forbidden.message })
  expect(toCmuxError(new TypeError('x is not a function'), 'x --help')).toMatchObject({ code: 'internal' })
})

test('a value that the parser refuses is told with the flag that it was given for', () => {
  const error = new Errors.CLIError('Parsing --vmid \n\tExpected an integer but received: x\nSee more help with --help')
  expect(toCmuxError(error, 'x --help').message).toBe('--vmid: Expected an integer but received: x')
})
