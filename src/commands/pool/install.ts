import { Flags } from '@oclif/core'
import { BaseCommand } from '../../lib/ui/base-command.js'

export default class PoolInstall extends BaseCommand<typeof PoolInstall> {
  static override summary =
    'Install the daemon as a hardened systemd service, or bring an installed one up to this version.'
  static override description =
    `Copies this tool to /opt/cmux-pve, writes unit, environment file (0600), credentials and the role's \`pveum\` commands, and starts the
service. On a Proxmox node without a token in the settings it makes user, role and token too. It can be run again at any time: it does
what is missing, keeps settings and credentials that are there, and restarts the service only when something has changed.`
  static override examples = [
    '<%= config.bin %> <%= command.id %> --dry-run',
    'PVE_API_URL=https://pve.example.com:8006 <%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --with-token --no-start',
  ]
  static override flags = {
    'with-token': Flags.boolean({
      summary: 'Callers must send a token, and one is made. Needed behind a proxy, and on any address but loopback.',
    }),
    start: Flags.boolean({ allowNo: true, default: true, summary: 'Start the service, or restart it after a change.' }),
    root: Flags.string({
      default: '/',
      summary: 'Write everything below this folder and start nothing: for images.',
      helpValue: '<folder>',
    }),
    'dry-run': Flags.boolean({ summary: 'Say what would be done, and do nothing.' }),
  }

  async run() {
    const { resolve } = await import('node:path')
    const { LocalExecutor } = await import('../../lib/executor/local.js')
    const { install, planInstall } = await import('../../lib/pool/install/install.js')
    const { stepData, stepText } = await import('../../lib/pool/install/step.js')
    const settings = await this.settings()
    const executor = new LocalExecutor()
    const { root, start } = this.flags
    const machine = { executor, home: this.config.root, root: resolve(root), signal: this.signal }
    try {
      const steps = await planInstall({ settings, callersNeedToken: this.flags['with-token'], start }, machine)
      this.plan = steps.map((step) => ({ text: stepText(step, machine.root), data: stepData(step, machine.root) }))
      if (steps.length === 0) this.output.note('Everything is as it should be: nothing to do.')
      else if (!this.flags['dry-run']) await install(steps, machine, (text) => this.output.text(text))
      return { steps: steps.map((step) => stepData(step, machine.root)) }
    } finally {
      await executor.close()
    }
  }
}
