import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { openLog, stateFolder } from '../../../../src/lib/template/configure/output-log.js'
import { JumpingClock } from '../../../support/jumping-clock.js'

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'cmux-log-'))
  onTestFinished(() => rmSync(path, { recursive: true }))
  return join(path, 'state')
}

test('a log and its folder are for their owner alone, and what is written is there at once', () => {
  const log = openLog(folder(), 'configure-9000', new JumpingClock())
  log.write('one\n')
  log.write(Buffer.from('two\n'))
  expect(readFileSync(log.path, 'utf8')).toBe('one\ntwo\n')
  expect(statSync(log.path).mode & 0o777).toBe(0o600)
  expect(statSync(join(log.path, '..')).mode & 0o777).toBe(0o700)
  log.close()
})

test('logs of the same moment are different files, whatever the container is called', () => {
  const [state, clock] = [folder(), new JumpingClock()]
  const [one, two] = [openLog(state, '../a b', clock), openLog(state, '../a b', clock)]
  expect(one.path).not.toBe(two.path)
  expect(one.path).toMatch(/\/\.\._a_b-2026-01-02T030405Z-[0-9a-f]{6}\.log$/)
  expect(join(one.path, '..')).toBe(state)
})

test('nothing to write leaves no file', () => {
  const log = openLog(folder(), 'configure-9000', new JumpingClock())
  log.close()
  expect(existsSync(log.path)).toBe(false)
})

test.each([
  [{ HOME: '/home/me' }, '/home/me/.local/state/cmux-pve'],
  [{ HOME: '/home/me', XDG_STATE_HOME: '/state' }, '/state/cmux-pve'],
  [{ HOME: '/home/me', XDG_STATE_HOME: 'relative' }, '/home/me/.local/state/cmux-pve'],
])('the state of %j is in %s', (environment, expected) => {
  expect(stateFolder(environment)).toBe(expected)
})
