import { createHash, randomBytes } from 'node:crypto'
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { openTestBench, type TestBench } from '../support/test-bench.js'

let bench: TestBench
let folder: string
beforeAll(async () => {
  bench = await openTestBench()
  await bench.container(101)
  await bench.start(101)
  await bench.container(102)
})
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cmux-transfer-'))
  return () => rmSync(folder, { recursive: true })
})
afterAll(() => bench.close())

const inside = async (script: string) => (await bench.run(['instance', 'exec', '101', '--', 'sh', '-c', script])).stdout
const local = (name: string, content: string | Buffer = 'content\n') => {
  const file = join(folder, name)
  writeFileSync(file, content)
  return file
}

test('a pushed file arrives whole, under its own name in a folder, with permissions and owner, and nothing is left beside it', async () => {
  const content = randomBytes(300_000)
  const file = local('a b.bin', content)
  const argv = ['instance', 'push', file, 'ct101:/srv', '--permissions', '640', '--owner', '1000:1000', '--json']
  const result = await bench.run(argv)
  expect(result.json()).toMatchObject({
    ok: true,
    data: { vmid: 101, path: '/srv/a b.bin', bytes: content.length },
  })
  expect(await inside("stat -c '%a %u:%g %s' '/srv/a b.bin'; ls -A /srv; sha256sum < '/srv/a b.bin'")).toBe(
    `640 1000:1000 300000\na b.bin\n${createHash('sha256').update(content).digest('hex')}  -\n`,
  )
})

test('the permissions of a new file are those of the local one, those of a replaced file stay', async () => {
  const file = local('script')
  chmodSync(file, 0o755)
  await bench.run(['instance', 'push', file, '101:/root/script'])
  expect(await inside('stat -c %a /root/script')).toBe('755\n')
  await inside('chmod 600 /root/script; chown 7:8 /root/script')
  await bench.run(['instance', 'push', local('other', 'new\n'), '101:/root/script'])
  expect(await inside('stat -c "%a %u:%g" /root/script; cat /root/script')).toBe('600 7:8\nnew\n')
})

test('standard input is pushed, standard output is pulled to', async () => {
  const pushed = await bench.run(['instance', 'push', '-', '101:/root/in'], { input: 'from a pipe' })
  expect(pushed).toMatchObject({ exitCode: 0, stdout: '' })
  expect(await bench.run(['instance', 'pull', '101:/root/in', '-'])).toMatchObject({
    exitCode: 0,
    stdout: 'from a pipe',
  })
})

test('a pulled file arrives whole, with its permissions, in a folder or under a name', async () => {
  await inside('seq 1 20000 > /root/numbers; chmod 640 /root/numbers')
  const result = await bench.run(['instance', 'pull', '101:/root/numbers', folder, '--json'])
  const expected = Array.from({ length: 20_000 }, (_value, index) => `${index + 1}\n`).join('')
  expect(result.json()).toMatchObject({ data: { bytes: expected.length, file: join(folder, 'numbers') } })
  expect(readFileSync(join(folder, 'numbers'), 'utf8')).toBe(expected)
  expect(statSync(join(folder, 'numbers')).mode & 0o777).toBe(0o640)
  await bench.run(['instance', 'pull', '101:/root/numbers', join(folder, 'own'), '-p', '600'])
  expect(statSync(join(folder, 'own')).mode & 0o777).toBe(0o600)
  expect(readdirSync(folder).toSorted()).toEqual(['numbers', 'own'])
})

test.each([
  ['a local folder', () => ['push', folder, '101:/root/x'], 1, /is a folder.*single files/],
  [
    'a local file that is not there',
    () => ['push', join(folder, 'none'), '101:/root/x'],
    2,
    /there is no such file\nHint: /,
  ],
  ['a folder that is not in the container', () => ['push', local('f'), '101:/none/x'], 5, /There is no folder \/none/],
  [
    'an owner that the container does not know',
    () => ['push', local('f'), '101:/root/x', '--owner', 'nosuch'],
    1,
    /nosuch/,
  ],
  ['standard input into a folder', () => ['push', '-', '101:/root'], 1, /\/root is a folder/],
  ['a folder of the container', () => ['pull', '101:/etc', folder], 1, /It is a folder/],
  ['a file that is not in the container', () => ['pull', '101:/none', join(folder, 'x')], 5, /There is no such file/],
  [
    'a local folder that is not there',
    () => ['pull', '101:/etc/hostname', join(folder, 'no/x')],
    1,
    /cannot be written/,
  ],
  ['a container that does not run', () => ['push', local('f'), '102:/root/x'], 6, /is not running/],
  ['a place that is none', () => ['push', local('f'), '/root/x'], 2, /CONTAINER:PATH/],
  ['a relative path', () => ['pull', '101:etc/hostname', folder], 2, /absolute path/],
  ['permissions that are none', () => ['push', local('f'), '101:/root/x', '-p', 'rw'], 2, /octal/],
])('%s is refused, and leaves nothing behind', async (_what, argv, exitCode, message) => {
  const words = argv()
  const before = readdirSync(folder)
  const result = await bench.run(['instance', ...words])
  expect(result).toMatchObject({ exitCode, stderr: expect.stringMatching(message) })
  expect(readdirSync(folder)).toEqual(before)
  expect(await inside('find / -name "*.cmux-pve-*"')).toBe('')
})

test('an interrupted push leaves nothing in the container, and an interrupted pull nothing here', async () => {
  const started = { name: 'SIGINT', after: /Copying/ } as const
  const pushed = await bench.run(['instance', 'push', '/dev/zero', '101:/root/endless'], { signal: started })
  expect(pushed.exitCode).toBe(130)
  await expect.poll(() => inside('ls -A /root | grep endless; true')).toBe('')
  mkdirSync(join(folder, 'sub'))
  await inside('head -c 100000 /dev/zero > /root/zeros')
  const argv = ['instance', 'pull', '101:/dev/zero', join(folder, 'sub', 'x')]
  expect((await bench.run(argv, { signal: started })).exitCode).toBe(130)
  expect(readdirSync(join(folder, 'sub'))).toEqual([])
})

test.each([
  ['SIGINT', 130],
  ['SIGKILL', null],
] as const)(
  '%s while the file is being written in the container ends a push with %s, and nothing of the file stays',
  async (name, exitCode) => {
    const files = () => inside('ls -A /root')
    const after = () => expect.poll(files, { timeout: 10_000 }).toContain('half.cmux-pve-')
    const result = await bench.run(['instance', 'push', '/dev/zero', '101:/root/half'], { signal: { name, after } })
    expect(result.exitCode).toBe(exitCode)
    await expect.poll(files).not.toContain('half')
  },
)

test.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
] as const)(
  '%s while the file is being written ends a pull with %i, and nothing of the file stays',
  async (name, exitCode) => {
    const sub = join(folder, 'sub')
    mkdirSync(sub)
    const after = () =>
      vi.waitUntil(() => readdirSync(sub).some((file) => statSync(join(sub, file)).size > 1_000_000), {
        timeout: 10_000,
      })
    const result = await bench.run(['instance', 'pull', '101:/dev/zero', join(sub, 'x')], { signal: { name, after } })
    expect(result).toMatchObject({ exitCode, stderr: expect.stringContaining(`Interrupted by ${name}`) })
    expect(readdirSync(sub)).toEqual([])
  },
)

test('a pull that takes too long ends with 124, and nothing of the file stays', async () => {
  const argv = ['instance', 'pull', '101:/dev/zero', join(folder, 'x'), '--timeout', '300ms']
  expect(await bench.run(argv)).toMatchObject({ exitCode: 124, stderr: expect.stringContaining('did not end within') })
  expect(readdirSync(folder)).toEqual([])
})

test('a pull onto a full disk says that it is full', async () => {
  const result = await bench.run(['instance', 'pull', '101:/dev/zero', '/dev/full', '--json'])
  expect(result.exitCode).toBe(1)
  expect(result.json()).toMatchObject({ ok: false, error: { code: 'storage-full' } })
})

test('--json and standard output do not go together', async () => {
  expect((await bench.run(['instance', 'pull', '101:/etc/hostname', '-', '--json'])).exitCode).toBe(2)
})
