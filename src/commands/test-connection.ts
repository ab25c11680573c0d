import { type Finding, worstFinding } from '../lib/diagnosis/finding.js'
import { CmuxError, exitCodeOf } from '../lib/errors.js'
import { BaseCommand } from '../lib/ui/base-command.js'
import { durationFlag } from '../lib/ui/flags.js'
import { painter, processTerminal } from '../lib/ui/terminal.js'

export default class TestConnection extends BaseCommand<typeof TestConnection> {
  static override summary = 'Check everything the toolkit depends on, and say what to do where something is missing.'
  static override description =
    `Looks at the certificate, the token, the version, nodes, storages and what they can hold, each privilege that is needed, the
template, and the node's shell if PVE_SSH_HOST is set. Changes nothing. Ends with the exit code of the worst finding.`
  static override examples = ['<%= config.bin %> <%= command.id %>', '<%= config.bin %> <%= command.id %> --json']
  static override flags = {
    timeout: durationFlag({
      default: 10_000,
      defaultHelp: async () => '10s',
      summary: 'How long the host may take to accept a connection, such as 5s.',
    }),
  }

  async run(): Promise<{ readonly findings: readonly Finding[] }> {
    const { diagnose } = await import('../lib/diagnosis/diagnose.js')
    const { findingText } = await import('../lib/ui/finding-text.js')
    const settings = await this.settings()
    const { stdout, environment } = processTerminal()
    const paint = painter(stdout, environment)

    const findings: Finding[] = []
    for await (const finding of diagnose(settings, {
      connect: () => this.connect(),
      connectTimeout: this.flags.timeout,
      signal: this.signal,
    })) {
      findings.push(finding)
      this.output.text(findingText(finding, paint))
    }
    const worst = worstFinding(findings)
    if (worst?.verdict !== 'failed') return { findings }
    const code = worst.code ?? 'failed'
    if (!this.jsonEnabled()) {
      // Each failure has its line, with its remedy.
      this.exitCode = exitCodeOf(code)
      return { findings }
    }
    throw new CmuxError(code, `${worst.subject}: ${worst.detail}`, {
      ...(worst.remedy !== undefined && { hint: worst.remedy }),
      data: { findings },
    })
  }
}
