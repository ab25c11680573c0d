/**
 * A sandbox from a template: started, used, put to sleep with its memory, woken, stopped.
 *
 * PVE_API_URL, PVE_API_TOKEN, PVE_TEMPLATE_VMID and PVE_SSH_HOST come from the environment or the nearest .env.
 */
import { createProxmoxProvider, isPauseImpossible, loadSettings } from 'cmux-pve'

const provider = createProxmoxProvider(loadSettings(), { onWarning: (text) => console.error(text) })
try {
  const sandbox = await provider.startInstance({ name: 'example', memory: 512 })
  console.log(`${sandbox.name} runs on ${sandbox.node} at ${sandbox.addresses.join(', ')}`)

  try {
    const paused = await provider.pauseInstance(sandbox.id)
    console.log(`${paused.name} is ${paused.status}`)
  } catch (error) {
    if (!isPauseImpossible(error)) throw error
    // Nothing was frozen. Stopping it in place of that is for us to decide.
    for (const { what } of error.blockers) console.log(`cannot sleep: ${what}`)
    const stopped = await provider.pauseInstance(sandbox.id, { pause: 'stop' })
    console.log(`${stopped.name} is ${stopped.status}`)
  }

  const { status } = await provider.resumeInstance(sandbox.id, { pause: 'stop' })
  console.log(`${sandbox.name} is ${status}`)
  await provider.stopInstance(sandbox.id, { force: true })
} finally {
  await provider.close()
}
