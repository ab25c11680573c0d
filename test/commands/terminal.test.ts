import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { PseudoTerminal, type TerminalEnd } from '../support/pseudo-terminal.js'
import { openTestBench, type TestBench } from '../support/test-bench.js'

const TOOL = `${process.execPath} ${join(import.meta.dirname, '../../bin/run.js')}`

let bench: TestBench
beforeAll(async () => {
  bench = await openTestBench()
  await bench.container(101)
  await bench.start(101)
})
afterAll(() => bench.close())

/** What to type, or to do, once the screen shows something. */
type Reaction = readonly [RegExp, string | ((screen: string) => void)]

async function type(line: string, ...reactions: readonly Reaction[]): Promise<TerminalEnd> {
  const terminal = new PseudoTerminal(line, { ...process.env, ...bench.simulator.environmentVariables })
  for (const [pattern, reaction] of reactions) {
    const screen = await terminal.shows(pattern)
    if (typeof reaction === 'string') terminal.type(reaction)
    else reaction(screen)
  }
  return terminal.end
}

test('exec --tty passes keys on, ends with the exit code of the command, and takes the terminal back', async () => {
  const command = `${TOOL} instance exec 101 --tty -- sh -c 'echo ready; read x; echo got $x; exit 3'`
  const { screen } = await type(`${command}; echo "code $?"; stty -a`, [/ready/, 'word\r'])
  expect(screen).toMatch(/got word[\s\S]*code 3/)
  expect(screen).toMatch(/[^-]icanon/)
})

test('Ctrl-C goes to the command, not to us', async () => {
  const command = `${TOOL} instance exec 101 --tty -- sh -c 'echo ready; sleep 1000'`
  const { screen } = await type(`${command}; echo "code $?"`, [/ready/, '\u0003'])
  expect(screen).toContain('code 130')
  expect(screen).not.toContain('Interrupted')
})

test('the terminal is taken back also when the tool is told to end', async () => {
  const tool = `echo pid=$$=; exec ${TOOL} instance exec 101 --tty -- sh -c "echo ready; sleep 1000"`
  const end = (screen: string) => void process.kill(Number(/pid=(\d+)=/.exec(screen)?.[1]), 'SIGTERM')
  const { screen } = await type(`sh -c '${tool}'; echo "code $?"; stty -a`, [/ready/, end])
  expect(screen).toMatch(/code 143[\s\S]*[^-]icanon/)
})

test('shell opens a shell of root, which ends with its own exit code', async () => {
  const { screen, exitCode } = await type(`${TOOL} instance shell ct101`, [/# ?$/, 'id -u; exit 5\r'])
  expect(screen).toMatch(/\n0\r/)
  expect(exitCode).toBe(5)
})

test('in a shell Ctrl-C drops what was typed or runs, and not the shell', async () => {
  const { screen, exitCode } = await type(
    `${TOOL} instance shell ct101`,
    [/# $/, 'echo never\u0003'],
    [/never\^C\s+root@ct101:~# $/, 'echo begun; sleep 1000; echo never\r'],
    [/\nbegun\s/, '\u0003'],
    [/begun\s+\^C\s+root@ct101:~# $/, 'echo "status $?"; for i in 1 2; do sleep 1000; done\r'],
    [/\nstatus 130\s/, '\u0003'],
    [/\^C\s+root@ct101:~# $/, 'exit 6\r'],
  )
  expect(screen.match(/never/g)).toHaveLength(2)
  expect(exitCode).toBe(6)
})

test('delete asks, and declining changes nothing and exits 3', async () => {
  const { screen, exitCode } = await type(`${TOOL} instance delete 101`, [/\?/, 'n\r'])
  expect(screen).toContain('Delete 101 and all its disks for good?')
  expect(exitCode).toBe(3)
  expect(await bench.vmids()).toEqual([101])
})
