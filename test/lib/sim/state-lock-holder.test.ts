import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { holdStateFile } from '../../../src/lib/sim/state-lock.js'

const statOf = (id: number) => readFileSync(`/proc/${id}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []

test.skipIf(process.platform !== 'linux')(
  'a state file is free when its holder was killed, even while nobody has asked how it ended',
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'cmux-lock-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    // What is started first becomes a child of a program that never waits for it.
    const parent = spawn('sh', ['-c', 'sleep 60 & echo $!; exec sleep 60'], { stdio: ['ignore', 'pipe', 'ignore'] })
    onTestFinished(() => void parent.kill('SIGKILL'))
    const [line] = await once(parent.stdout, 'data')
    const holder = Number(String(line).trim())
    const lock = join(folder, 'state.lock')
    writeFileSync(lock, `${holder} ${statOf(holder)[19]}\n`)
    await expect(holdStateFile(join(folder, 'state'))).rejects.toMatchObject({ code: 'conflict' })
    process.kill(holder, 'SIGKILL')
    while (statOf(holder)[0] !== 'Z') await pause(5)
    await holdStateFile(join(folder, 'state'))
    expect(readFileSync(lock, 'utf8')).toMatch(new RegExp(`^${process.pid} `))
  },
)
