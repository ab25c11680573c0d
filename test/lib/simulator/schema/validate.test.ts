import { describe, expect, it } from 'vitest'
import { ApiError } from '../../../../src/lib/simulator/api/api-error.js'
import { CONFIG_OPTIONS, NETWORK } from '../../../../src/lib/simulator/config/options.js'
import type { ObjectSchema } from '../../../../src/lib/simulator/schema/schema.js'
import { validate } from '../../../../src/lib/simulator/schema/validate.js'

/** The errors map of the 400 that a validation ends with. */
function errorsOf(schema: ObjectSchema, values: Readonly<Record<string, unknown>>, cli = false) {
  try {
    validate(schema, values, { cli })
  } catch (error) {
    if (error instanceof ApiError && error.status === 400) {
      expect(error.message).toBe('Parameter verification failed.')
      return error.errors
    }
    throw error
  }
  return undefined
}

const option = (name: string, value: unknown) => errorsOf(CONFIG_OPTIONS, { [name]: value })?.[name]
const string = (rest: object) => ({ p: { type: 'string', ...rest } }) as ObjectSchema

describe('values that are right', () => {
  it('become numbers when they are integers or booleans, and stay text otherwise', () => {
    const values = { memory: '0512', onboot: '1', cpulimit: '1.50', hostname: 'a.b' }
    expect(validate(CONFIG_OPTIONS, values)).toEqual({ memory: 512, onboot: 1, cpulimit: '1.50', hostname: 'a.b' })
  })

  it('must be known even when they have no value', () => {
    expect(errorsOf(CONFIG_OPTIONS, { bogus: null, description: null })).toEqual({
      bogus: 'property is not defined in schema and the schema does not allow additional properties',
    })
  })

  it('may come as JSON numbers and booleans, and null is as if not sent', () => {
    const values = { memory: 128, onboot: true, protection: false, cpulimit: 0.5, description: null }
    expect(validate(CONFIG_OPTIONS, values)).toEqual({ memory: 128, onboot: 1, protection: 0, cpulimit: '0.5' })
  })

  it('are joined when a list parameter was repeated', () => {
    expect(validate(CONFIG_OPTIONS, { tags: ['b', 'a'] })).toEqual({ tags: 'b,a' })
  })

  it('may be words for booleans on the command line only', () => {
    expect(validate(CONFIG_OPTIONS, { onboot: 'On', debug: 'no', template: 'yes' }, { cli: true })).toEqual({
      onboot: 1,
      debug: 0,
      template: 1,
    })
    for (const word of ['on', 'yes', 'true']) {
      expect(option('onboot', word)).toBe(`type check ('boolean') failed - got '${word}'`)
    }
  })
})

describe('every check has its own text', () => {
  it('names a missing parameter and an unknown one, all in one answer', () => {
    expect(errorsOf(string({}), { constructor: 'x', q: '1' })).toEqual({
      p: 'property is missing and it is not optional',
      q: 'property is not defined in schema and the schema does not allow additional properties',
      constructor: 'property is not defined in schema and the schema does not allow additional properties',
    })
  })

  it.each([
    ['memory', '1.5', "type check ('integer') failed - got '1.5'"],
    ['memory', 1.5, "type check ('integer') failed - got '1.5'"],
    ['memory', true, "type check ('integer') failed - got JSON::PP::Boolean"],
    ['memory', { a: 1 }, "type check ('integer') failed - got HASH"],
    ['hostname', ['a', 'b'], "type check ('string') failed - got ARRAY"],
    ['cpulimit', 'x', "type check ('number') failed - got 'x'"],
    ['onboot', '', "type check ('boolean') failed - got ''"],
    ['tty', '7', 'value must have a maximum value of 6'],
    ['memory', '15', 'value must have a minimum value of 16'],
    ['description', 'x'.repeat(8193), 'value may only be 8192 characters long'],
    ['cmode', 'x', "value 'x' does not have a value in the enumeration 'shell, console, tty'"],
  ])('refuses %s=%j', (name, value, text) => {
    expect(option(name, value)).toBe(text)
  })

  it('counts characters, not bytes or halves of them', () => {
    expect(errorsOf(string({ maxLength: 2 }), { p: 'ä😀' })).toBeUndefined()
    expect(errorsOf(string({ minLength: 3 }), { p: 'ä😀' })?.['p']).toBe('value must be at least 3 characters long')
  })

  it('tells only the first thing that is wrong: format before pattern before length before enumeration', () => {
    const everything = { format: 'dns-name', pattern: 'a+', maxLength: 3, enum: ['aaaa'] }
    const error = (value: string) => errorsOf(string(everything), { p: value })?.['p']
    expect(error('-bbbb-')).toBe('invalid format - value does not look like a valid DNS name\n')
    expect(error('bbbb')).toBe('value does not match the regex pattern')
    expect(error('aaaa')).toBe('value may only be 3 characters long')
    expect(error('a')).toBe("value 'a' does not have a value in the enumeration 'aaaa'")
  })

  it('checks the maximum before the minimum', () => {
    const schema: ObjectSchema = { p: { type: 'integer', minimum: 5, maximum: 3 } }
    expect(errorsOf(schema, { p: '4' })?.['p']).toBe('value must have a maximum value of 3')
  })

  it('misses the parameter that another one requires, joining two complaints with a backslash and an n', () => {
    const schema: ObjectSchema = {
      restore: { type: 'boolean', optional: true },
      unique: { type: 'boolean', optional: true, requires: 'restore' },
      other: { type: 'boolean', optional: true, requires: 'restore' },
    }
    expect(errorsOf(schema, { unique: '1' })).toEqual({ restore: "missing property required by 'unique'" })
    expect(errorsOf(schema, { unique: '1', other: '1' })).toEqual({
      restore: "missing property required by 'unique'\\nmissing property required by 'other'",
    })
    expect(errorsOf(schema, { unique: '1', restore: '0' })).toBeUndefined()
  })
})

describe('formats', () => {
  it.each([
    ['pve-vmid', '99', 'value does not look like a valid VM ID\n', '100'],
    ['pve-vmid', '1000000000', 'value does not look like a valid VM ID\n', '999999999'],
    ['pve-node', 'a_b', 'value does not look like a valid node name\n', 'pve-1'],
    ['pve-configid', '1bad', "invalid configuration ID '1bad'\n", 'Ok_1-'],
    ['pve-configid', 'a', "invalid configuration ID 'a'\n", 'ab'],
    ['pve-storage-id', 'a', "storage ID 'a' contains illegal characters\n", 'local-lvm'],
    ['pve-volume-id', 'local', "unable to parse volume ID 'local'\n", 'local:iso/x'],
    ['pve-poolid', 'a/b/c/d', "pool name 'a/b/c/d' contains invalid characters\n", 'a/b/c'],
    ['pve-userid', 'root', "value 'root' does not look like a valid user name\n", 'root@pam'],
    ['pve-tag-list', 'ok;-bad', 'invalid characters in tag\n', 'Foo,bar;_x+y.z BAR'],
    ['pve-task-status-type-list', 'ok,x', "invalid status 'x'\n", 'ok,error'],
    ['pve-startup-order', 'up=x', 'unable to parse startup options\n', '3,up=10,down=5'],
    ['dns-name', '-bad-', 'value does not look like a valid DNS name\n', 'a.b-c'],
    ['dns-name', 'a_b', 'value does not look like a valid DNS name\n', 'A1'],
    ['dns-name-list', 'a.b, c_d', 'value does not look like a valid DNS name\n', 'a.b, c'],
    ['lxc-ip-with-ll-iface-list', '1.1.1.1 x', 'value does not look like a valid IP address\n', 'fe80::1%eth0 1.1.1.1'],
    ['address-list', '-', 'value does not look like a valid address: -\n', '10.0.0.1,host.name'],
    ['mac-addr', '01:00:00:00:00:00', 'value does not look like a valid unicast MAC address\n', 'bc:24:11:00:00:01'],
    ['pve-ipv4-config', '10.0.0.1', 'value does not look like a valid ipv4 network configuration\n', '10.0.0.1/24'],
    ['pve-ipv4-config', '10.0.0.1/33', 'value does not look like a valid ipv4 network configuration\n', 'manual'],
    ['pve-ipv6-config', 'x', 'value does not look like a valid ipv6 network configuration\n', 'fd00::1/64'],
    ['ipv4', '::1', 'value does not look like a valid IPv4 address\n', '10.0.0.1'],
    ['ipv6', '10.0.0.1', 'value does not look like a valid IPv6 address\n', '::1'],
    ['disk-size', '8X', 'value does not look like a valid disk size: 8X\n', '8.5G'],
    ['pve-lxc-mp-string', '/a/../b', '/a/../b contains illegal character sequences\n', '/a/..b'],
    ['pve-lxc-dev-string', '/etc', '/etc is not a valid device path\n', '/dev/fuse'],
    ['lxc-ct-timezone', 'Europe/Nowhere', "invalid time zone 'Europe/Nowhere'\n", 'Europe/Vienna'],
    ['lxc-ct-timezone', '+01:00', "invalid time zone '+01:00'\n", 'host'],
  ])('%s refuses %s', (format, wrong, reason, right) => {
    expect(errorsOf(string({ format }), { p: wrong })?.['p']).toBe(`invalid format - ${reason}`)
    expect(errorsOf(string({ format }), { p: right })).toBeUndefined()
  })

  it('takes an empty list', () => {
    expect(errorsOf(string({ format: 'pve-tag-list' }), { p: '' })).toBeUndefined()
  })

  it('parts a list at NUL only, once there is one', () => {
    expect(errorsOf(string({ format: 'pve-tag-list' }), { p: 'a\0b,c' })?.['p']).toBe(
      'invalid format - invalid characters in tag\n',
    )
  })

  it('checks the type of a VMID before its format', () => {
    const schema: ObjectSchema = { vmid: { type: 'integer', format: 'pve-vmid' } }
    expect(errorsOf(schema, { vmid: 'abc' })).toEqual({ vmid: "type check ('integer') failed - got 'abc'" })
    expect(errorsOf(schema, { vmid: '99' })).toEqual({
      vmid: 'invalid format - value does not look like a valid VM ID\n',
    })
  })
})

describe('property strings', () => {
  const network = (text: string) => errorsOf({ net0: { type: 'string', format: NETWORK } }, { net0: text })?.['net0']

  it('name an unknown key with one newline at the end', () => {
    expect(network('name=eth0,foo=1')).toBe(
      'invalid format - format error\nnet0.foo: property is not defined in schema and the schema does not allow additional properties\n',
    )
  })

  it('end with two newlines when a value has a bad format', () => {
    expect(network('name=eth0,ip=x')).toBe(
      'invalid format - format error\nnet0.ip: invalid format - value does not look like a valid ipv4 network configuration\n\n',
    )
  })

  it('have a line for each key that is wrong', () => {
    expect(network('mtu=1,tag=0')).toBe(
      [
        'invalid format - format error',
        'net0.mtu: value must have a minimum value of 64',
        'net0.name: property is missing and it is not optional',
        'net0.tag: value must have a minimum value of 1',
        '',
      ].join('\n'),
    )
  })

  it('refuse a key twice, a bare value without a default key, and a key without a value', () => {
    expect(network('name=a,name=b')).toBe('invalid format - duplicate key in comma-separated list property: name\n')
    expect(network('eth0')).toBe('invalid format - value without key, but schema does not define a default key\n')
    expect(network('name=')).toBe('invalid format - missing key in comma-separated list property\n')
    expect(option('rootfs', 'local:1,local:2')).toBe(
      'invalid format - duplicate key in comma-separated list property: volume\n',
    )
    expect(option('features', 'nesting')).toBe(
      'invalid format - value without key, but schema does not define a default key\n',
    )
  })

  it('miss the path of a mount point', () => {
    expect(option('mp0', 'local:1')).toBe(
      'invalid format - format error\nmp0.mp: property is missing and it is not optional\n',
    )
  })

  it('take words for booleans even over HTTP', () => {
    expect(option('features', 'nesting=yes')).toBeUndefined()
    expect(option('features', 'nesting=maybe')).toBe(
      "invalid format - format error\nfeatures.nesting: type check ('boolean') failed - got 'maybe'\n",
    )
  })
})
