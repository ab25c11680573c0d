import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { cmux } from '../../support/cli.js'
import { PseudoTerminal } from '../../support/pseudo-terminal.js'
import { containerProcesses } from '../container-processes.js'
import { type ContainerSshd, startContainerSshd } from '../container-sshd.js'
import { inLab } from '../in-lab.js'
import { type LabNode, startLabNode } from '../node.js'

const CT = 471
const TOOL = `${process.execPath} -- ${join(import.meta.dirname, '../../../bin/run.js')}`

const SLEEPS = 'echo started; sleep 4321 | sleep 4321 & sleep 4321'
/** The same with a shell that ignores being asked to end, which takes the tool two seconds. */
const STUBBORN = "sleep 4321 | sleep 4321 & (trap '' HUP TERM; echo started; sleep 4321; sleep 4321) & sleep 4321"

inLab('whoever lets go of a command in a real container', () => {
  let node: LabNode
  let sshd: ContainerSshd

  beforeAll(async () => {
    node = await startLabNode()
    await node.createContainer(CT, '10.0.2.71/24')
    sshd = await startContainerSshd(CT)
  })
  afterAll(() => node.close())

  describe.each(['local', 'pve-ssh', 'container-ssh'] as const)('by %s', (mode) => {
    let idle: readonly string[]
    beforeAll(() => {
      idle = containerProcesses(CT)
    })
    const environment = () => ({
      ...node.environment,
      PVE_EXEC_MODE: mode,
      PVE_CONTAINER_HOST_FINGERPRINT: sshd.fingerprint,
    })
    const exec = (words: readonly string[], name?: NodeJS.Signals) =>
      cmux(['instance', 'exec', String(CT), ...words], {
        env: environment(),
        ...(name !== undefined && { signal: { name, after: /started/, of: 'stdout' } }),
      })
    const terminal = (command: string) => new PseudoTerminal(command, { PATH: process.env['PATH'], ...environment() })
    /** What the tool had to end is gone when the tool is; an sshd takes a moment to notice the end of a connection. */
    const expectNothingLeft = async () => {
      expect(containerProcesses(CT).filter((line) => line.includes('4321'))).toEqual([])
      await expect.poll(() => containerProcesses(CT), { timeout: 5000 }).toEqual(idle)
    }

    it.each([
      ['SIGINT', 130, STUBBORN],
      ['SIGTERM', 143, SLEEPS],
      ['SIGHUP', 129, SLEEPS],
    ] as const)('by %s ends all of it', async (name, exitCode, script) => {
      const result = await exec(['--', 'sh', '-c', script], name)
      expect(result).toMatchObject({ exitCode, stdout: 'started\n', stderr: expect.stringContaining(name) })
      await expectNothingLeft()
    })

    it('by --timeout ends all of it', async () => {
      const result = await exec(['--timeout', '1s', '--', 'sh', '-c', STUBBORN])
      expect(result).toMatchObject({ exitCode: 124, stderr: expect.stringContaining('did not end within 1 s') })
      await expectNothingLeft()
    })

    it('by Ctrl-C on a terminal ends all of it', async () => {
      const window = terminal(`exec ${TOOL} instance exec ${CT} -- sh -c "${SLEEPS}"`)
      await window.shows(/started/)
      window.type('\u0003')
      const { screen, exitCode } = await window.end
      expect(screen).toContain('Interrupted by SIGINT')
      expect(exitCode).toBe(130)
      await expectNothingLeft()
    })

    it('by closing the terminal ends all of it', async () => {
      // It goes on writing to a terminal that is not there any more.
      const script = 'sleep 4321 & while :; do echo started; sleep 0.01; done'
      const window = terminal(`${TOOL} instance exec ${CT} -- sh -c "${script}"`)
      await window.shows(/started/)
      window.close()
      await expect.poll(() => containerProcesses(CT), { timeout: 10_000 }).toEqual(idle)
    })

    it('with --tty lets Ctrl-C reach the command, which decides what it does', async () => {
      const script = 'trap "echo heard; exit 7" INT; echo started; while :; do sleep 0.1; done'
      const window = terminal(`${TOOL} instance exec ${CT} --tty -- sh -c '${script}'; echo "code $?"`)
      await window.shows(/started/)
      window.type('\u0003')
      const { screen } = await window.end
      expect(screen).toMatch(/heard[\s\S]*code 7/)
      expect(screen).not.toContain('Interrupted')
      await expectNothingLeft()
    })

    it.each(['SIGTERM', '--timeout'])('with --tty by %s ends all of it, and gives the terminal back', async (how) => {
      const limit = how === '--timeout' ? '--timeout 1s' : ''
      const tool = `echo pid=$$=; exec ${TOOL} instance exec ${CT} --tty ${limit} -- sh -c "${SLEEPS}"`
      const window = terminal(`sh -c '${tool}'; echo "code $?"; stty -a`)
      const screen = await window.shows(/started/)
      if (how === 'SIGTERM') process.kill(Number(/pid=(\d+)=/.exec(screen)?.[1]), 'SIGTERM')
      expect((await window.end).screen).toMatch(new RegExp(`code ${how === 'SIGTERM' ? 143 : 124}[\\s\\S]*[^-]icanon`))
      await expectNothingLeft()
    })

    it('with --tty by closing the terminal ends all of it', async () => {
      const window = terminal(`${TOOL} instance exec ${CT} --tty -- sh -c "${SLEEPS}"`)
      await window.shows(/started/)
      window.close()
      await expect.poll(() => containerProcesses(CT), { timeout: 10_000 }).toEqual(idle)
    })

    it('in a shell stops the program with Ctrl-C, and not the shell', async () => {
      const window = terminal(`${TOOL} instance shell ${CT}`)
      await window.shows(/# /)
      window.type('sleep 4321; echo "status $?"\r')
      await expect.poll(() => containerProcesses(CT)).toContain('sleep 4321')
      window.type('\u0003')
      await expect.poll(() => containerProcesses(CT)).not.toContain('sleep 4321')
      window.type('echo still $((40 + 2))\r')
      await window.shows(/still 42/)
      window.type('exit 5\r')
      expect((await window.end).exitCode).toBe(5)
      await expectNothingLeft()
    })

    it('in a shell by closing the terminal ends all of it', async () => {
      const window = terminal(`${TOOL} instance shell ${CT}`)
      await window.shows(/# /)
      window.type('sleep 4321 | sleep 4321\r')
      await expect.poll(() => containerProcesses(CT).filter((line) => line === 'sleep 4321')).toHaveLength(2)
      window.close()
      await expect.poll(() => containerProcesses(CT), { timeout: 10_000 }).toEqual(idle)
    })
  })
})
