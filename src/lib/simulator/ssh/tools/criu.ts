import type { NodeTool } from './tool.js'

/** `criu check` and `criu --version` (PVE-FACTS 7.6); it dumps nothing by itself here. */
export const criu: NodeTool = async (argv, { out, err }) => {
  const [command] = argv
  if (command === '--version' || command === '-V') {
    await out('Version: 4.1.1\n')
    return 0
  }
  if (command === 'check') return check(argv.slice(1), out)
  await err(`Error (criu/crtools.c:242): unknown command: ${command ?? ''}\n`)
  return 1
}

async function check(options: readonly string[], out: (text: string) => Promise<void>): Promise<number> {
  const feature = options[options.indexOf('--feature') + 1]
  if (options.includes('--feature') && feature !== undefined) {
    const supported = !['mem_dirty_track', 'lazy_pages'].includes(feature)
    await out(`${feature} is ${supported ? '' : 'not '}supported\n`)
    return supported ? 0 : 1
  }
  if (options.includes('--all') || options.includes('--extra')) {
    await out(
      'Looks good but some kernel features are missing\nwhich, depending on your process tree, may cause\ndump or restore failure.\n',
    )
    return 1
  }
  await out('Looks good.\n')
  return 0
}
