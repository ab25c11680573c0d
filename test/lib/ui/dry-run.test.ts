import { expect, it } from 'vitest'
import { callText } from '../../../src/lib/ui/dry-run.js'

it('writes a call on one line, quoting values that hold more than a word', () => {
  const parameters = { newid: 101, hostname: 'web', description: 'two\nlines', features: undefined }
  expect(callText({ method: 'POST', path: '/nodes/pve1/lxc/9000/clone', parameters })).toBe(
    'POST /nodes/pve1/lxc/9000/clone newid=101 hostname=web description="two\\nlines"',
  )
  expect(callText({ method: 'DELETE', path: '/nodes/pve1/lxc/101' })).toBe('DELETE /nodes/pve1/lxc/101')
})
