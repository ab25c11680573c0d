import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readZip, writeZip } from '../../../../src/lib/simulator/guest/commands/zip.js'
import { container, sh } from './support.js'

test('what is written to an archive is read from it', () => {
  const name = fc.stringMatching(/^[a-z]{1,8}(\/[a-z]{1,8})?$/)
  const entry = fc.record({ name, mode: fc.constantFrom(0o644, 0o755), data: fc.uint8Array({ maxLength: 200 }) })
  fc.assert(
    fc.property(fc.array(entry), (entries) => {
      const read = readZip(writeZip(entries))
      expect(read?.map((one) => ({ ...one, data: [...one.data] }))).toEqual(
        entries.map((one) => ({ ...one, data: [...one.data] })),
      )
    }),
  )
  expect(readZip(Buffer.from('no archive'))).toBeUndefined()
})

test('a download is what its checksum says, and runs once it is unpacked', async () => {
  const guests = await container()
  const { status, stdout } = await sh(
    guests,
    `apt-get -qq update && apt-get -qq -y install unzip curl && cd /tmp
     for name in bun-linux-x64.zip SHASUMS256.txt; do
       curl -fsSL -o $name https://github.com/oven-sh/bun/releases/latest/download/$name
     done
     grep ' bun-linux-x64.zip$' SHASUMS256.txt | sha256sum -c - && unzip -q bun-linux-x64.zip && bun-linux-x64/bun --version`,
  )
  expect({ status, stdout }).toEqual({ status: 0, stdout: expect.stringMatching(/bun-linux-x64\.zip: OK\n1\.2\.4\n$/) })
})
