import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { cmux } from '../support/cli.js'

test.each([
  ['instance exec', 'INSTANCE [FLAGS] -- COMMAND...'],
  ['criu delete', 'INSTANCE [CHECKPOINT...] ['],
  ['instance start', 'INSTANCE... ['],
  ['pool allocate', '[TEMPLATE] [FLAGS] [-- COMMAND...]'],
])('the help of %s shows its arguments as they are given', async (command, shown) => {
  const { stdout } = await cmux([...command.split(' '), '--help'])
  expect(stdout).toContain(`USAGE\n  $ cmux-pve ${command} ${shown}`)
})

test('the help of instance resize shows that a disk grows without --volume', async () => {
  const { stdout } = await cmux(['instance', 'resize', '--help'])
  expect(stdout).toMatch(/\[--disk\s+<size>\]/)
})

interface Shown {
  readonly strict?: boolean
  readonly usage?: string
  readonly flags: Readonly<Record<string, { readonly dependsOn?: unknown }>>
}

test('no usage line is made up of arguments that only seem to repeat, or of flags that only seem to belong together', () => {
  const manifest = readFileSync(join(import.meta.dirname, '../../oclif.manifest.json'), 'utf8')
  const commands: Readonly<Record<string, Shown>> = JSON.parse(manifest).commands
  const misleading = Object.entries(commands).filter(
    ([, { strict, usage, flags }]) =>
      usage === undefined &&
      (strict === false || Object.values(flags).some(({ dependsOn }) => dependsOn !== undefined)),
  )
  expect(misleading.map(([id]) => id)).toEqual([])
})

/** Nothing says where a server is: what is told of the command line was known without one. */
test.each([
  ['instance clone 99', "'99' is not a VMID"],
  ['instance clone 9000 --hostname bad_name', "--hostname: 'bad_name' is not a hostname"],
  ['instance clone 9000 --tag -x', "--tag: '-x' is not a tag"],
  ['instance clone 9000 --memory 8M', "Invalid value for --memory '8M'"],
  ['instance start web 1000000000', "'1000000000' is not a VMID"],
  ['instance status 99', "'99' is not a VMID"],
  ['instance delete 99 --yes', "'99' is not a VMID"],
  ['instance exec 99 -- true', "'99' is not a VMID"],
  ['instance push x 99:/tmp/x', "'99' is not a VMID"],
  ['instance pull 0100:/tmp/x -', "'0100' is not a VMID"],
  ['instance resize 100 --disk +1G', "Invalid value for --disk '+1G'"],
  ['instance resize 100 --disk 1G --volume scsi0', "--volume: 'scsi0' is not a disk of a container"],
  ['criu snapshot db 1st', "'1st' cannot be the name of a snapshot"],
  ['criu checkpoint db --name a', "'a' is not a name for a checkpoint"],
  ['criu restore db --checkpoint ../x', "'../x' is not a name for a checkpoint"],
  ['criu inspect db ../x', "'../x' is not a name for a checkpoint"],
  ['criu delete db a/b', "'a/b' is not a name for a checkpoint"],
  ['criu list 99', "'99' is not a VMID"],
  ['template info 99', "'99' is not a VMID"],
  ['template create debian --ip 10.0.0.5', "--ip: '10.0.0.5' is not an address with its prefix length"],
  ['template create debian --bridge vmbr0,tag=5', "--bridge: 'vmbr0,tag=5' is not the name of a bridge"],
  ['instance push f web:/x --owner root/adm', "--owner: 'root/adm' is not the owner of a file"],
  ['instance push f web:/x --owner :', "--owner: ':' is not the owner of a file"],
  ['pool allocate 9000 --timeout 900ms', "'900ms' is not a value for --timeout: it must be 1.0 s at least"],
  ['pool allocate 9000 --timeout 0', "'0' is not a value for --timeout: it must be 1.0 s at least"],
  ['pool bench 9000 --timeout 601s', "'601s' is not a value for --timeout: it must be 10 min at most"],
  ['pool allocate 9000 --file none:/x', '--file: none cannot be read: there is no such file'],
  ['pool serve --port x', '--port: Expected an integer'],
  ['pool serve --port 99999', '--port: Expected an integer less than or equal to 65535'],
  ['template create debian --ip 10.0.0.5/24 --gateway gw', "--gateway: 'gw' is not the address of a gateway"],
  ['pool allocate 9000 --instance-id bad_name', "--instance-id: 'bad_name' is not a hostname"],
])('%s is refused before a server is looked for', async (line, message) => {
  const { exitCode, stdout, stderr } = await cmux(line.split(' '))
  expect({ exitCode, stdout, first: stderr.split('\n')[0] }).toEqual({
    exitCode: 2,
    stdout: '',
    first: expect.stringContaining(`Error: ${message}`),
  })
})

test.each([
  ['instance stop ', 'INSTANCE is empty'],
  ['instance clone --node ', '--node is empty'],
  ['instance clone --full --storage ', '--storage is empty'],
  ['instance clone --tag a --tag ', '--tag is empty'],
  ['instance clone --env-file ', '--env-file is empty'],
  ['instance list --node ', '--node is empty'],
  ['instance push f web:/x --owner ', '--owner is empty'],
  ['pool release ', 'CONTAINER is empty'],
  ['pool release 201 ', 'CONTAINER is empty'],
  ['pool renew --ttl 1h ', 'CONTAINER is empty'],
  ['pool serve --port ', '--port is empty'],
  ['criu delete web ', 'CHECKPOINT is empty'],
  ['sim serve --state ', '--state is empty'],
  ['template create ', 'OS-TEMPLATE is empty'],
])("an empty word, as of a variable that is not set, names nothing: %s''", async (line, message) => {
  const { exitCode, stderr } = await cmux(line.split(' '))
  expect({ exitCode, stderr }).toEqual({ exitCode: 2, stderr: expect.stringContaining(`Error: ${message}: `) })
})

/** Without settings this is as far as they get. */
test.each(['instance clone --description ', 'instance exec web -- printf ', 'template create debian --description '])(
  "an empty word that says something is taken: %s''",
  async (line) => {
    expect((await cmux(line.split(' '))).exitCode).not.toBe(2)
  },
)
