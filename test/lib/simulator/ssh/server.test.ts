import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { newKeyPair } from '../../../../src/lib/simulator/ssh/host-key.js'
import { clientArguments, runClient, type SshNode, sshNode } from './node.js'

let node: SshNode

beforeAll(async () => {
  node = await sshNode()
})
afterAll(() => node.close())

describe('the sshd of a simulated node', () => {
  it('runs a command and keeps stdout, stderr and the exit status apart', async () => {
    expect(await node.ssh('echo out; echo err >&2; exit 7')).toEqual({ status: 7, stdout: 'out\n', stderr: 'err\n' })
  })

  it('parses the command line once', async () => {
    expect(await node.ssh(`printf '<%s>' '$HOME' "a  b" 'it'\\''s' ';' && pwd`)).toMatchObject({
      stdout: "<$HOME><a  b><it's><;>/root\n",
    })
  })

  it('refuses a key that it does not know', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'cmux-ssh-'))
    const stranger = newKeyPair()
    const ran = await runClient([
      ...(await clientArguments(folder, 'stranger', stranger.private, node.service.port)),
      'echo in',
    ])
    await rm(folder, { recursive: true })
    expect(ran).toMatchObject({ status: 255, stdout: '' })
    expect(ran.stderr).toContain('Permission denied (publickey)')
  })

  it('refuses every user but root', async () => {
    const ran = await runClient([...node.client.slice(0, -1), 'someone@127.0.0.1', 'true'])
    expect(ran.stderr).toContain('Permission denied')
  })

  it('says in its banner that it is a simulator', async () => {
    const ran = await node.ssh('true', '', ['-o', 'LogLevel=INFO'])
    expect(ran.stderr).toContain('simulated Proxmox VE node')
  })

  it('serves two sessions at once', async () => {
    const waiting = node.ssh('while [ ! -e /tmp/go ]; do sleep 0.02; done; echo first')
    const second = await node.ssh('echo second; touch /tmp/go')
    expect([second.stdout, (await waiting).stdout]).toEqual(['second\n', 'first\n'])
  })

  it('carries 20 MB through a pipe unchanged', async () => {
    const data = Buffer.alloc(20 * 1024 ** 2, 'The quick brown fox jumps over the lazy dog. ')
    const ran = await node.ssh('cat | tee /tmp/copy | sha256sum; wc -c < /tmp/copy', data)
    expect(ran.stdout).toBe(`${createHash('sha256').update(data).digest('hex')}  -\n${data.length}\n`)
  })

  it('ends what runs when the client is lost', async () => {
    const client = spawn('ssh', [...node.client, 'echo started; while :; do date +%s%N > /tmp/beat; sleep 0.01; done'])
    await new Promise((resolve) => client.stdout.once('data', resolve))
    client.kill('SIGKILL')
    await expect
      .poll(async () => (await node.ssh('pgrep -f /tmp/beat')).stdout.trim().split('\n').length, { timeout: 3000 })
      .toBe(1)
    const first = await node.ssh('cat /tmp/beat; rm /tmp/beat; sleep 0.1; ls /tmp/beat')
    expect(first.status).toBe(2)
  })

  it('gives a shell with a terminal, which echoes, interrupts and ends', async () => {
    const client = spawn('ssh', ['-tt', ...node.client])
    let screen = ''
    client.stdout.on('data', (chunk: Buffer) => {
      screen += chunk.toString()
    })
    const shows = (text: string) => expect.poll(() => screen, { timeout: 5000 }).toContain(text)
    await shows('root@pve1:~# ')
    client.stdin.write('echo a$((1+1))b\r')
    await shows('a2b\r\n')
    client.stdin.write('sleep 100\r')
    await shows('sleep 100\r\n')
    client.stdin.write('\x03')
    await shows('^C\r\nroot@pve1:~# ')
    client.stdin.write('echo dropped\x03')
    await shows('echo dropped^C\r\nroot@pve1:~# ')
    client.stdin.write('echo b$((2+2))\r')
    await shows('b4\r\n')
    client.stdin.write('exit 3\r')
    expect(await new Promise((resolve) => client.once('close', resolve))).toBe(3)
  })

  it('tells a fingerprint that is the one of its host key', async () => {
    const scan = await new Promise<string>((resolve) => {
      const child = spawn('sh', ['-c', `ssh-keyscan -p ${node.service.port} 127.0.0.1 2>/dev/null | ssh-keygen -lf -`])
      child.stdout.once('data', (chunk: Buffer) => resolve(chunk.toString()))
    })
    expect(scan).toContain(node.service.fingerprint)
  })
})
