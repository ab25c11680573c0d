import { bundleCommandLine } from '../../scripts/build/command-line.js'

/** A command line made of commands that show what every command has in common. */
const fixture = 'test/fixtures/cli'
await bundleCommandLine({ sources: `${fixture}/src`, output: `${fixture}/dist`, loader: `${fixture}/load.cjs` })
