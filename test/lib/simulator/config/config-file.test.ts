import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ApiError } from '../../../../src/lib/simulator/api/api-error.js'
import {
  asWritten,
  configDigest,
  formatConfigFile,
  parseConfigFile,
} from '../../../../src/lib/simulator/config/config-file.js'
import { containerConfig, withOptions } from '../../../../src/lib/simulator/config/container-config.js'
import { decodeText, encodeText } from '../../../../src/lib/simulator/config/description.js'
import { anyConfig, someContainer } from './sections.js'

const TEMPLATE = `#golden image
arch: amd64
cores: 2
features: nesting=1
hostname: cmux-base
memory: 2048
net0: name=eth0,bridge=vmbr0,firewall=1,hwaddr=BC:24:11:2E:C5:7E,ip=dhcp,type=veth
ostype: debian
rootfs: local-lvm:base-9000-disk-0,size=8G
swap: 512
tags: cmux;pool
template: 1
unprivileged: 1
`

describe('the configuration file', () => {
  it('reads back as it was, whatever it holds', () => {
    fc.assert(
      fc.property(anyConfig, (config) => {
        expect(parseConfigFile(formatConfigFile(config))).toEqual(config)
      }),
    )
  })

  it('looks as on a real node', () => {
    const config = parseConfigFile(TEMPLATE)
    expect(config.options).toMatchObject({ cores: 2, memory: 2048, template: 1, hostname: 'cmux-base' })
    expect(config.description).toBe('golden image\n')
    expect(formatConfigFile(config)).toBe(TEMPLATE)
  })

  it('has the environment and raw lines behind the options, then what is pending, then the snapshots by name', () => {
    const section = { options: { memory: 64, parent: 'aa', snaptime: 5, snapstate: 'prepare' }, lxc: [] }
    const config = {
      ...containerConfig({ swap: 0, arch: 'amd64', env: 'A=1\0B=2' }, 'one: 1\n\ntwo'),
      lxc: [
        ['lxc.b', '2'],
        ['lxc.a', '1'],
      ] as const,
      pending: { set: { hostname: 'x', cmode: 'tty' }, delete: { tags: 1, mp0: 2 } as const },
      snapshots: { bb: section, aa: { options: { memory: 32 }, lxc: [], description: 'first\n' } },
    }
    expect(formatConfigFile(config)).toBe(`#one%3A 1
#
#two
arch: amd64
swap: 0
lxc.environment.runtime: A=1
lxc.environment.runtime: B=2
lxc.b: 2
lxc.a: 1

[pve:pending]
cmode: tty
delete: !mp0,tags
hostname: x

[aa]
#first
memory: 32

[bb]
memory: 64
parent: aa
snapstate: prepare
snaptime: 5
`)
  })

  it('turns emptied tags into one space', () => {
    const config = asWritten(withOptions(someContainer(), { tags: '' }))
    expect(formatConfigFile(withOptions(someContainer(), { tags: '' }))).toContain('\ntags: \n')
    expect(config.options['tags']).toBe(' ')
  })

  it('reads a description of the old style', () => {
    expect(parseConfigFile('description: a%3A b\narch: amd64\n').description).toBe('a: b\n')
  })

  it('leaves lines out that it does not know', () => {
    const { options } = parseConfigFile('memory: lots\nnonsense\nfoo: bar\nrootfs:\nswap: 1\n')
    expect(options).toEqual({ swap: 1 })
  })

  it('refuses a newline inside a value', () => {
    const config = withOptions(someContainer(), { hostname: 'a\nb' })
    expect(() => formatConfigFile(config)).toThrow(
      new ApiError(500, "detected invalid newline inside property 'hostname'"),
    )
  })

  it('has the SHA-1 of everything in it as its digest, snapshots and pending changes too', () => {
    const config = parseConfigFile(TEMPLATE)
    expect(configDigest(config)).toBe(createHash('sha1').update(TEMPLATE).digest('hex'))
    const pending = { ...config, pending: { set: { cmode: 'tty' }, delete: {} } }
    const snapshot = { ...config, snapshots: { aa: { options: {}, lxc: [] } } }
    expect(new Set([config, pending, snapshot].map(configDigest)).size).toBe(3)
  })
})

describe('a description', () => {
  it('reads back with a newline at the end of every line', () => {
    expect(asWritten(containerConfig({}, 'abc')).description).toBe('abc\n')
    const text = 'line 1: 50%\n\n<!-- zwei: äöü ✓ -->\n'
    expect(asWritten(containerConfig({}, text)).description).toBe(text)
  })

  it('is none when it is empty', () => {
    expect(containerConfig({}, '').description).toBeUndefined()
    expect(containerConfig({}, '\n\n').description).toBeUndefined()
  })

  it('has control characters, percent signs, colons and bytes beyond ASCII encoded', () => {
    expect(encodeText('one: 1\ntwo\n')).toBe('one%3A 1%0Atwo%0A')
    expect(encodeText('50% ä')).toBe('50%25 %C3%A4')
  })

  it('is decoded to what it was', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        expect(decodeText(encodeText(text))).toBe(text)
      }),
    )
  })
})
