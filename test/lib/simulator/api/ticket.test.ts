import { expect, test } from 'vitest'
import { Tickets } from '../../../../src/lib/simulator/api/ticket.js'

const MINUTE = 60_000

function ticketsAt(start = 1_800_000_000_000) {
  const time = { now: start }
  return { time, tickets: new Tickets('key', () => time.now) }
}

test('a ticket has its form and is good for two hours', () => {
  const { time, tickets } = ticketsAt()
  const ticket = tickets.ticket('root@pam')
  expect(ticket).toMatch(/^PVE:root@pam:[0-9A-F]{8}::\S+$/)
  expect(tickets.verify(ticket)).toBe('root@pam')
  time.now += 119 * MINUTE
  expect(tickets.verify(ticket)).toBe('root@pam')
  time.now += 2 * MINUTE
  expect(tickets.verify(ticket)).toBeUndefined()
})

test('a ticket of a clock that is some minutes ahead is good, one from further ahead is not', () => {
  const { time, tickets } = ticketsAt()
  const ticket = tickets.ticket('root@pam')
  time.now -= 4 * MINUTE
  expect(tickets.verify(ticket)).toBe('root@pam')
  time.now -= 2 * MINUTE
  expect(tickets.verify(ticket)).toBeUndefined()
})

test('a changed ticket, and one signed with another key, are no good', () => {
  const { tickets } = ticketsAt()
  const ticket = tickets.ticket('joe@pve')
  expect(tickets.verify(ticket.replace('joe', 'ann'))).toBeUndefined()
  expect(tickets.verify('PVE:x')).toBeUndefined()
  expect(new Tickets('other', () => 1_800_000_000_000).verify(ticket)).toBeUndefined()
})

test('a token against cross-site requests belongs to its user', () => {
  const { tickets } = ticketsAt()
  const token = tickets.csrfToken('joe@pve')
  expect(token).toMatch(/^[0-9A-F]{8}:\S+$/)
  expect(tickets.csrfTokenIsGood(token, 'joe@pve')).toBe(true)
  expect(tickets.csrfTokenIsGood(token, 'ann@pve')).toBe(false)
  expect(tickets.csrfTokenIsGood('', 'joe@pve')).toBe(false)
})
