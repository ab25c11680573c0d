import { describe, expect, test } from 'vitest'
import type { AccessConfig } from '../../../../src/lib/simulator/api/access-config.js'
import { AccessControl, tokenIdentity } from '../../../../src/lib/simulator/api/access-control.js'
import type { Identity } from '../../../../src/lib/simulator/api/call-context.js'
import { type Pool, Pools } from '../../../../src/lib/simulator/api/pools.js'
import { PRIVILEGES } from '../../../../src/lib/simulator/api/privileges.js'

const NOW = 1_800_000_000

function access(config: AccessConfig = {}, ...pools: Pool[]): AccessControl {
  const table = new Map(pools.map((pool) => [pool.poolid, pool]))
  return new AccessControl({
    clock: { now: () => NOW * 1000 },
    newSecret: () => 'generated',
    pools: new Pools(table),
    config,
  })
}

function who(id: string): Identity {
  const identity = tokenIdentity(id)
  if (identity === undefined) throw new Error(id)
  return identity
}

const names = (control: AccessControl, id: string, path: string) => [...control.privileges(who(id), path).keys()].sort()

describe('the access control list', () => {
  test('root@pam may do everything everywhere, and so may its token without separate privileges', () => {
    const control = access({ tokens: [{ id: 'root@pam!full', privsep: false }] })
    expect(names(control, 'root@pam', '/vms/101')).toEqual(PRIVILEGES)
    expect(names(control, 'root@pam!full', '/vms/101')).toEqual(PRIVILEGES)
  })

  test('a token with separate privileges and no entry may do nothing, even one of root', () => {
    const control = access({ tokens: [{ id: 'root@pam!low' }] })
    expect(names(control, 'root@pam!low', '/')).toEqual([])
  })

  test('a token with separate privileges has what it and its user share', () => {
    const control = access({
      users: [{ id: 'joe@pve', grants: [{ path: '/', privileges: ['VM.Audit', 'VM.Clone'] }] }],
      tokens: [{ id: 'joe@pve!tt', grants: [{ path: '/vms', privileges: ['VM.Clone', 'VM.Allocate'] }] }],
    })
    expect(names(control, 'joe@pve!tt', '/vms/7')).toEqual(['VM.Clone'])
    expect(names(control, 'joe@pve!tt', '/')).toEqual([])
  })

  test('a lower level replaces what an upper one gave', () => {
    const control = access({
      users: [
        {
          id: 'joe@pve',
          grants: [
            { path: '/vms', role: 'PVEVMAdmin' },
            { path: '/vms/101', privileges: ['VM.Audit'] },
          ],
        },
      ],
    })
    expect(control.may(who('joe@pve'), '/vms/100', ['VM.Allocate'])).toBe(true)
    expect(names(control, 'joe@pve', '/vms/101')).toEqual(['VM.Audit'])
  })

  test('an entry without propagation holds on its own path only', () => {
    const control = access({
      users: [{ id: 'joe@pve', grants: [{ path: '/vms', role: 'PVEAuditor', propagate: false }] }],
    })
    expect(control.privileges(who('joe@pve'), '/vms').get('VM.Audit')).toBe(0)
    expect(names(control, 'joe@pve', '/vms/101')).toEqual([])
  })

  test('on one level the entry of a user beats those of the groups', () => {
    const control = access({
      users: [
        { id: 'joe@pve', groups: ['admins'], grants: [{ path: '/', role: 'PVEAuditor' }] },
        { id: 'ann@pve', groups: ['admins'] },
      ],
      groups: { admins: [{ path: '/', role: 'Administrator' }] },
    })
    expect(names(control, 'ann@pve', '/nodes')).toEqual(PRIVILEGES)
    expect(control.may(who('joe@pve'), '/nodes', ['Sys.Modify'])).toBe(false)
    expect(control.may(who('joe@pve'), '/nodes', ['Sys.Audit'])).toBe(true)
  })

  test('NoAccess takes everything away', () => {
    const control = access({
      users: [
        {
          id: 'joe@pve',
          grants: [
            { path: '/', role: 'Administrator' },
            { path: '/vms/9', role: 'NoAccess' },
          ],
        },
      ],
    })
    expect(names(control, 'joe@pve', '/vms/9')).toEqual([])
  })

  test('the rights on a pool reach its members', () => {
    const control = access(
      { users: [{ id: 'joe@pve', grants: [{ path: '/pool/lab', role: 'PVEVMUser' }] }] },
      { poolid: 'lab', vms: [101], storage: ['local'] },
    )
    expect(control.may(who('joe@pve'), '/vms/101', ['VM.PowerMgmt'])).toBe(true)
    expect(control.may(who('joe@pve'), '/vms/102', ['VM.PowerMgmt'])).toBe(false)
  })

  test('a refusal names the first privilege that is missing, or all alternatives', () => {
    const control = access({ tokens: [{ id: 'root@pam!tt', grants: [{ path: '/vms', privileges: ['VM.Audit'] }] }] })
    const check = (privileges: string[], any: boolean) => () =>
      control.check(who('root@pam!tt'), '/vms/1', privileges, { any })
    expect(check(['VM.Audit', 'VM.Clone', 'VM.Allocate'], false)).toThrow('Permission check failed (/vms/1, VM.Clone)')
    expect(check(['VM.Clone', 'VM.Allocate'], true)).toThrow('Permission check failed (/vms/1, VM.Clone|VM.Allocate)')
    expect(check(['VM.Clone', 'VM.Audit'], true)).not.toThrow()
  })

  test('a container that goes takes its entries and its pool membership along', () => {
    const control = access(
      { users: [{ id: 'joe@pve', grants: [{ path: '/vms/101', role: 'PVEVMUser' }] }] },
      { poolid: 'lab', vms: [101, 102], storage: [] },
    )
    control.removeContainer(101)
    expect(names(control, 'joe@pve', '/vms/101')).toEqual([])
    expect(control.pools.get('lab').vms).toEqual([102])
  })

  test('a grant of a role that does not exist is refused', () => {
    expect(() => access({ users: [{ id: 'joe@pve', grants: [{ path: '/', role: 'Nope' }] }] })).toThrow(
      "role 'Nope' does not exist",
    )
  })
})

describe('who somebody is', () => {
  const control = access({
    users: [
      { id: 'gone@pve', enabled: false },
      { id: 'late@pve', expire: NOW - 1 },
      { id: 'joe@pve', password: 'secret' },
    ],
    tokens: [
      { id: 'joe@pve!good', secret: 's' },
      { id: 'joe@pve!old', secret: 's', expire: NOW },
      { id: 'gone@pve!tt', secret: 's' },
      { id: 'joe@pve!random' },
    ],
  })

  test.each([
    ['joe@pve!good', 's', undefined],
    ['joe@pve!random', 'generated', undefined],
    ['joe@pve!good', 'x', 'invalid token value!'],
    ['joe@pve!old', 's', "token 'old' access expired"],
    ['joe@pve!none', 's', "no such token 'none' for user 'joe@pve'"],
    ['nobody@pve!tt', 's', "no such user ('nobody@pve')"],
    ['gone@pve!tt', 's', "user 'gone@pve' is disabled"],
    ['joe@pve', 's', 'no tokenid specified'],
  ])('the token %s with secret %s: %s', (id, secret, problem) => {
    expect(control.tokenProblem(id, secret)).toBe(problem)
  })

  test('a password opens an account that has one, and no other', () => {
    expect(control.passwordMatches('joe@pve', 'secret')).toBe(true)
    expect(control.passwordMatches('joe@pve', 'x')).toBe(false)
    expect(control.passwordMatches('root@pam', '')).toBe(false)
    expect(control.userProblem('late@pve')).toBe("user 'late@pve' access expired")
  })

  test.each(['root', 'a b@pve', 'root@pam!1x', 'root@1!x', 'a/b@pve'])('%s is no identity', (id) => {
    expect(tokenIdentity(id)).toBeUndefined()
  })
})
