import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { OS_TEMPLATE, type SshNode, sshNode } from './node.js'

let node: SshNode

beforeAll(async () => {
  node = await sshNode()
  await node.ssh(`pct create 101 ${OS_TEMPLATE} --rootfs local:1 --memory 64 --swap 0 --hostname one && pct start 101`)
  await node.ssh(`pct create 102 ${OS_TEMPLATE} --rootfs local-btrfs:1 --memory 64 --swap 0`)
})
afterAll(() => node.close())

const refused = (stderr: string, status = 255) => ({ status, stdout: '', stderr })

describe('command lines of the tools', () => {
  it.each([
    ['pct set 101 --hostname', 'Option hostname requires an argument\n400 unable to parse option\n'],
    ['pct set 101 --hostname=', 'Option hostname requires an argument\n400 unable to parse option\n'],
    ['pct set 101 --hostname --tags x', '400 too many arguments\n'],
    ['pct set 101 --bogus 1 --other', 'Unknown option: bogus\nUnknown option: other\n400 unable to parse option\n'],
    ['pct set 101 --onboot maybe', '400 unable to parse boolean option\n'],
    ['pct set 101 --net x', 'Option net is ambiguous ('],
    ['pct status --vmid 101', '400 not enough arguments\npct status <vmid> [OPTIONS]\n'],
    ['pct status 101 102', '400 too many arguments\npct status <vmid> [OPTIONS]\n'],
    ['pct list extra', '400 too many arguments\npct list \n'],
    [
      'pvesm status --storage nosuch',
      '400 Parameter verification failed.\nstorage: No such storage.\npvesm status  [OPTIONS]\n',
    ],
    [
      'pveam available --section nope',
      "400 Parameter verification failed.\nsection: value 'nope' does not have a value",
    ],
    [
      `pct create 105 ${OS_TEMPLATE} --rootfs local:1 --pool nopool`,
      "403 Permission check failed (pool 'nopool' does not exist)\n",
    ],
    ['pct sta 101', "ERROR: unknown command 'pct sta'\nUSAGE: pct <COMMAND> [ARGS] [OPTIONS]\n\n       pct clone "],
  ])('refuses `%s`', async (command, stderr) => {
    const ran = await node.ssh(command)
    expect({ ...ran, stderr: ran.stderr.slice(0, stderr.length) }).toEqual(refused(stderr))
  })

  it('reads keys from the file that is named', async () => {
    const create = `pct create 105 ${OS_TEMPLATE} --rootfs local:1 --ssh-public-keys`
    expect(await node.ssh(`${create} /tmp/none`)).toEqual(
      refused("can't open '/tmp/none' - No such file or directory\n", 2),
    )
    expect((await node.ssh(`echo nonsense > /tmp/keys; ${create} /tmp/keys`)).stderr).toBe(
      'SSH public key validation error\n',
    )
  })

  it('tells the usage of one command', async () => {
    expect((await node.ssh('pct help clone')).stdout).toMatch(/^USAGE: pct clone <vmid> <newid> \[OPTIONS\]\n/)
    expect((await node.ssh('pct help nonsense')).status).toBe(255)
  })
})

describe('pvesh', () => {
  it('lists what is below a path with what can be done to it', async () => {
    expect((await node.ssh('pvesh ls /')).stdout).toMatch(
      /^Dr--- {8}access\nDr--- {8}cluster\n[\s\S]*\n-r--- {8}version\n$/,
    )
    expect((await node.ssh('pvesh ls /nodes/pve1/lxc')).stdout).toBe('Dr--d        101\nDr--d        102\n')
    expect(await node.ssh('pvesh ls /version')).toEqual(refused("resource '/version' does not define child links\n"))
    expect(await node.ssh('pvesh ls /nosuch')).toEqual(refused("no such resource '/nosuch'\n"))
  })

  it('tells how a path is used, the parameters that must be given by name', async () => {
    expect((await node.ssh('pvesh usage /version')).stdout).toBe('USAGE: pvesh get /version \n')
    expect((await node.ssh('pvesh usage /nodes/pve1/lxc/101/clone')).stdout).toBe(
      'USAGE: pvesh create /nodes/pve1/lxc/101/clone --newid <integer> [OPTIONS]\n',
    )
    expect((await node.ssh('pvesh create /nodes/pve1/lxc/101/clone')).stderr).toBe(
      '400 Parameter verification failed.\nnewid: property is missing and it is not optional\n' +
        'pvesh create <api_path> --newid <integer> [OPTIONS] [FORMAT_OPTIONS]\n',
    )
    expect(await node.ssh('pvesh usage /nosuch')).toEqual(refused("no such resource '/nosuch'\n"))
  })

  it('names the path as it was given, and takes the first word for it', async () => {
    expect(await node.ssh('pvesh get nosuch')).toEqual(refused("No 'get' handler defined for 'nosuch'\n", 1))
    expect(await node.ssh('pvesh get --quiet /version')).toEqual(refused("No 'get' handler defined for '--quiet'\n", 1))
    expect((await node.ssh('pvesh get version/ --output-format json')).stdout).toMatch(/^\{"release":"9\.2"/)
    expect((await node.ssh('pvesh get')).stderr).toBe(
      '400 not enough arguments\npvesh get <api_path> [OPTIONS] [FORMAT_OPTIONS]\n',
    )
    expect((await node.ssh('pvesh get /version --output-format xml')).stderr).toContain(
      "output-format: value 'xml' does not have a value in the enumeration 'text, json, json-pretty, yaml'\n",
    )
  })

  it('quotes in YAML what looks like a number, keeps lines in their cell, and answers null only where something is asked', async () => {
    expect((await node.ssh('pvesh get /version --output-format yaml')).stdout).toMatch(
      /^---\nrelease: '9\.2'\nrepoid: \S+\nversion: 9\.2\.11\n$/,
    )
    await node.ssh(`pvesh set /nodes/pve1/lxc/102/config --description "$(printf 'two\\nlines')"`)
    expect((await node.ssh('pvesh get /nodes/pve1/lxc/102/config')).stdout).toMatch(
      /│ description +│ two +│\n│ {14}│ lines +│\n/,
    )
    expect((await node.ssh('pvesh get /nodes/pve1/lxc/102/interfaces --output-format json')).stdout).toBe('null\n')
  })
})

describe('files into containers and out of them', () => {
  it('keeps what an existing file has, and makes of a folder an empty file', async () => {
    const { stdout } = await node.ssh(
      'echo hello > /tmp/f; pct push 101 /tmp/f /root/f --perms 0x180 --user 1000; echo longer text > /tmp/f; ' +
        'pct push 101 /tmp/f /root/f; pct exec 101 -- stat -c "%a %u:%g %s" /root/f; ' +
        'pct push 101 /tmp /root/folder; pct exec 101 -- stat -c "%a %s" /root/folder',
    )
    expect(stdout).toBe('600 1000:0 12\n644 0\n')
  })

  it('says no cause when the file to push cannot be opened', async () => {
    expect(await node.ssh('pct push 101 /tmp/none /root/x')).toEqual(
      refused('failed to open /tmp/none for reading\n', 0),
    )
  })

  it('makes the destination of a pull before it looks at the source', async () => {
    expect(await node.ssh('pct pull 101 /root/none /tmp/g --perms 640 --user 33; stat -c "%a %u %s" /tmp/g')).toEqual({
      status: 0,
      stdout: '640 33 0\n',
      stderr: 'failed to open /root/none: No such file or directory\n',
    })
  })
})

describe('pvesm and pveam', () => {
  it('lists volumes of containers first, in columns as wide as they need to be', async () => {
    expect((await node.ssh('pvesm list local')).stdout).toBe(
      'Volid                                    Format  Type            Size VMID\n' +
        'local:101/vm-101-disk-0.raw              raw     rootdir   1073741824 101\n' +
        'local:vztmpl/busybox_1.35-1_amd64.tar.gz tgz     vztmpl       1000000\n',
    )
    expect((await node.ssh('pvesm list local --content iso')).stdout).toBe('Volid Format  Type      Size VMID\n')
  })

  it('makes volumes under the name given or the next free one, and frees them', async () => {
    expect((await node.ssh("pvesm alloc local 101 vm-101-disk-5.raw 1G; pvesm alloc local 101 '' 64M")).stdout).toBe(
      "successfully created 'local:101/vm-101-disk-5.raw'\nsuccessfully created 'local:101/vm-101-disk-1.raw'\n",
    )
    expect((await node.ssh('pvesm alloc local 101 vm-101-disk-5.raw 1G')).stderr).toBe(
      "disk image '/var/lib/vz/images/101/vm-101-disk-5.raw' already exists\n",
    )
    expect((await node.ssh("pvesm alloc local 101 '' 1T")).stderr).toContain(
      'size: value does not match the regex pattern\n',
    )
    expect(
      (await node.ssh('pvesm free local:101/vm-101-disk-5.raw; pvesm free 101/vm-101-disk-1.raw --storage local'))
        .stdout,
    ).toBe("Removed volume 'local:101/vm-101-disk-5.raw'\nRemoved volume 'local:101/vm-101-disk-1.raw'\n")
    expect((await node.ssh('pvesm free nonsense')).stderr).toContain(
      'volume: no storage specified - incomplete volume ID\npvesm free <volume> [OPTIONS]\n',
    )
  })

  it('tells where volumes are, there or not, and refuses what is none', async () => {
    expect((await node.ssh('pvesm path local:999/vm-999-disk-0.raw')).stdout).toBe(
      '/var/lib/vz/images/999/vm-999-disk-0.raw\n',
    )
    expect((await node.ssh('pvesm path nonsense')).stderr).toBe(
      "400 Parameter verification failed.\nvolume: invalid format - unable to parse volume ID 'nonsense'\n\n" +
        'pvesm path <volume>\n',
    )
    expect(await node.ssh('pvesm path local:nonsense')).toEqual(
      refused("unable to parse directory volume name 'nonsense'\n"),
    )
  })

  it('removes appliances without a word, also those that are not there, and nothing else', async () => {
    expect(await node.ssh('pveam remove local:vztmpl/none.tar.gz')).toEqual({ status: 0, stdout: '', stderr: '' })
    expect(await node.ssh('pveam remove local:101/vm-101-disk-0.raw')).toEqual(
      refused("unable to use volume local:101/vm-101-disk-0.raw - content type needs to be 'vztmpl'\n"),
    )
    expect(await node.ssh('pveam list nosuch')).toEqual(refused('Storage does not support templates!\n'))
  })
})
