import fc from 'fast-check'
import {
  type ContainerConfig,
  containerConfig,
  NO_PENDING,
  type SnapshotSection,
  withDescription,
} from '../../../../src/lib/simulator/config/container-config.js'
import type { RandomIntegers } from '../../../../src/lib/simulator/config/network.js'

/** Octets 1, 2, 3… in turn. */
export function countingRandom(): RandomIntegers {
  let last = 0
  return {
    integer(minimum, maximum) {
      last += 1
      return minimum + (last % (maximum - minimum + 1))
    },
  }
}

/** A container as it stands after a create on a dir storage. */
export function someContainer(options: ContainerConfig['options'] = {}): ContainerConfig {
  return containerConfig({
    arch: 'amd64',
    hostname: 'CT101',
    memory: 64,
    ostype: 'debian',
    rootfs: 'local:101/vm-101-disk-0.raw,size=1G',
    swap: 0,
    unprivileged: 1,
    ...options,
  })
}

const value = fc.stringMatching(/^[!-9;-~]([ -~]{0,12}[!-~])?$/)
const options = fc.record(
  {
    arch: fc.constantFrom('amd64', 'arm64'),
    cores: fc.integer({ min: 1, max: 64 }),
    cpulimit: fc.constantFrom('0.5', '2'),
    env: fc
      .array(fc.stringMatching(/^[A-Z]{1,4}=[a-z]{1,4}$/), { minLength: 1, maxLength: 3 })
      .map((all) => all.join('\0')),
    entrypoint: value,
    hostname: fc.stringMatching(/^[a-z][a-z0-9]{0,10}$/),
    lock: fc.constantFrom('backup', 'create', 'disk'),
    memory: fc.integer({ min: 16, max: 65536 }),
    mp0: fc.constant('local:101/vm-101-disk-1.raw,mp=/data,size=1G'),
    onboot: fc.constantFrom(0, 1),
    parent: fc.stringMatching(/^[a-z][a-z0-9]{1,8}$/),
    tags: fc.constantFrom('a', 'a;b', ' '),
    template: fc.constantFrom(0, 1),
  },
  { requiredKeys: [], noNullPrototype: true },
)
const lxc = fc.array(fc.tuple(fc.stringMatching(/^lxc\.[a-z]{1,8}(\.[a-z]{1,8})?$/), value), { maxLength: 3 })
const description = fc.option(
  fc.array(fc.oneof(fc.string({ maxLength: 12 }), fc.constantFrom('a: 50%', 'äöü ✓ 😀', '[x]', '#y')), {
    maxLength: 4,
  }),
  { nil: undefined },
)
const section: fc.Arbitrary<SnapshotSection> = fc
  .tuple(options, lxc, description)
  .map(([set, lines, text]) => withDescription({ options: set, lxc: lines }, text?.join('\n')))
const snapshotName = fc.stringMatching(/^[a-z][a-z0-9_-]{1,10}$/)
const pending = fc.oneof(
  fc.constant(NO_PENDING),
  fc.record({
    set: fc.record(
      { cmode: fc.constantFrom('tty', 'shell'), memory: fc.integer({ min: 16, max: 99 }) },
      { noNullPrototype: true },
    ),
    delete: fc.dictionary(fc.constantFrom('mp0', 'unused0', 'tags'), fc.constantFrom<1 | 2>(1, 2), {
      noNullPrototype: true,
    }),
  }),
)

/** Any configuration that a file can hold. */
export const anyConfig: fc.Arbitrary<ContainerConfig> = fc
  .tuple(section, pending, fc.dictionary(snapshotName, section, { maxKeys: 3, noNullPrototype: true }))
  .map(([main, waiting, snapshots]) => ({ ...main, pending: waiting, snapshots }))
