// Replays recorded scenarios against the simulator: npm run test:conformance [-- FILES OR FOLDERS]
import { join, resolve } from 'node:path'
import { withRecordedNode } from '../test/support/conformance.js'

// npm starts a script in the package's folder; files are named as seen from where the user stands.
const standing = process.env['INIT_CWD'] ?? process.cwd()

process.exitCode = await withRecordedNode(join(process.cwd(), 'test/fixtures/conformance'), (replay) =>
  replay({
    scenarios: process.argv.slice(2).map((word) => (word.startsWith('-') ? word : resolve(standing, word))),
    print: (text) => process.stdout.write(text),
  }),
)
