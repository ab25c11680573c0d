import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { OS_TEMPLATE, type SshNode, sshNode } from './node.js'

let node: SshNode

beforeAll(async () => {
  node = await sshNode()
})
afterAll(() => node.close())

async function create(vmid: number, more = ''): Promise<void> {
  const ran = await node.ssh(`pct create ${vmid} ${OS_TEMPLATE} --rootfs local:1 --memory 64 --swap 0 ${more}`)
  expect(ran).toMatchObject({ status: 0, stderr: '' })
}

describe('pct', () => {
  it('lists nothing at all while there is no container', async () => {
    expect(await node.ssh('pct list')).toEqual({ status: 0, stdout: '', stderr: '' })
  })

  it('creates, starts and lists containers in padded columns', async () => {
    await create(101, '--hostname one')
    await create(102, '--hostname two')
    expect(await node.ssh('pct start 102 && pct list')).toEqual({
      status: 0,
      stdout:
        'VMID       Status     Lock         Name                \n' +
        '101        stopped                 one                 \n' +
        '102        running                 two                 \n',
      stderr: '',
    })
  })

  it('accepts the beginning of a sub-command, and options anywhere in every form', async () => {
    expect((await node.ssh('pct conf 101')).stdout).toContain('hostname: one\n')
    expect((await node.ssh('pct set --tags=b,a 101 -cores 2 --onboot')).stderr).toBe('')
    expect((await node.ssh('pct config 101 --current')).stdout).toMatch(
      /^cores: 2$[\s\S]*^onboot: 1$[\s\S]*^tags: a;b$/m,
    )
  })

  it.each([
    [
      'pct',
      255,
      'ERROR: no command specified\nUSAGE: pct <COMMAND> [ARGS] [OPTIONS]\n\n       pct clone <vmid> <newid> [OPTIONS]\n',
    ],
    ['pct sta 101', 255, "ERROR: unknown command 'pct sta'\n"],
    ['pct start', 255, '400 not enough arguments\npct start <vmid> [OPTIONS]\n'],
    ['pct unlock 101 102', 255, '400 too many arguments\npct unlock <vmid>\n'],
    [
      'pct start 101 --nonsense',
      255,
      'Unknown option: nonsense\n400 unable to parse option\npct start <vmid> [OPTIONS]\n',
    ],
    [
      'pct set 101 --memory',
      255,
      'Option memory requires an argument\n400 unable to parse option\npct set <vmid> [OPTIONS]\n',
    ],
    ['pct set 101 --onboot maybe', 255, '400 unable to parse boolean option\npct set <vmid> [OPTIONS]\n'],
    [
      'pct status 5',
      255,
      '400 Parameter verification failed.\nvmid: invalid format - value does not look like a valid VM ID\n\npct status <vmid> [OPTIONS]\n',
    ],
    ['pct config 999', 2, "Configuration file 'nodes/pve1/lxc/999.conf' does not exist\n"],
    ['pct exec 101 -- true', 255, "container '101' not running!\n"],
    [
      'pct exec 102 ls -la',
      255,
      'Unknown option: la\n400 unable to parse option\npct exec <vmid> [<extra-args>] [OPTIONS]\n',
    ],
    ['pct exec 102 --', 255, 'missing command at'],
    ['pct push 101 /etc/hostname /x', 255, 'can only push files to a running CT\n'],
    ['pct pull 101 /etc/hostname /x', 255, 'can only pull files from a running VM at '],
    ['pct unlock 101', 255, 'no lock found trying to remove any lock\n'],
    ['pct resize 101 rootfs 512M', 255, 'unable to shrink disk size\n'],
  ])('refuses `%s`', async (command, status, stderr) => {
    const ran = await node.ssh(command)
    expect(ran).toMatchObject({ status, stdout: '' })
    expect(ran.stderr.slice(0, stderr.length)).toBe(stderr)
  })

  it('shows every field but the cpu with --verbose, sorted', async () => {
    const { stdout } = await node.ssh('pct status 102 --verbose')
    const names = stdout
      .trim()
      .split('\n')
      .map((line) => line.split(':')[0])
    expect(names).toEqual([...names].sort())
    expect(names).toEqual(expect.arrayContaining(['cpus', 'maxmem', 'status', 'uptime', 'vmid']))
    expect(names).not.toContain('cpu')
  })

  it('shows pending changes beside what counts now', async () => {
    await node.ssh('pct set 102 --arch i386')
    const { stdout } = await node.ssh('pct pending 102')
    expect(stdout).toMatch(/^cur arch: amd64\nnew arch: i386\ncur hostname: two\n/)
  })

  it('hands arguments to a command in the container as they are, with the tools own PATH', async () => {
    expect((await node.ssh(`pct exec 102 -- printf '<%s>' '$HOME' '*' '' '--' 'a b'`)).stdout).toBe(
      '<$HOME><*><><--><a b>',
    )
    expect((await node.ssh(`pct exec 102 -- sh -c 'echo $PATH $container'`)).stdout).toBe(
      '/sbin:/bin:/usr/sbin:/usr/bin lxc\n',
    )
    expect((await node.ssh('pct exec 102 --keep-env 0 -- env')).stdout).toBe(
      'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\ncontainer=lxc\nTERM=linux\n',
    )
  })

  it('tells how a command in the container ended', async () => {
    const statuses = await Promise.all(
      ['sh -c "exit 42"', 'nosuchcommand', '/etc/passwd', `sh -c 'kill -9 $$'`].map((command) =>
        node.ssh(`pct exec 102 -- ${command}`),
      ),
    )
    expect(statuses.map(({ status }) => status)).toEqual([42, 127, 126, 137])
    expect(statuses[1]?.stderr).toMatch(
      /^lxc-attach: 102: .* No such file or directory - Failed to exec "nosuchcommand"\n$/,
    )
  })

  it('carries standard input into the container and files both ways', async () => {
    expect(
      (await node.ssh(`pct exec 102 -- sh -c 'cat > /root/in; wc -c < /root/in'`, 'x'.repeat(100_000))).stdout.trim(),
    ).toBe('100000')
    expect(
      await node.ssh(
        'echo data > /tmp/f; pct push 102 /tmp/f /root/f --perms 0600 --user 0; pct exec 102 -- stat -c "%a %u:%g %s" /root/f',
      ),
    ).toMatchObject({ stdout: '600 0:0 5\n', stderr: '' })
    expect(await node.ssh('pct pull 102 /root/f /tmp/back && cat /tmp/back')).toMatchObject({
      stdout: 'data\n',
      stderr: '',
    })
  })

  it('ends with status 0 although the worker of a push failed', async () => {
    expect(await node.ssh('pct push 102 /tmp/missing /root/x')).toMatchObject({
      status: 0,
      stderr: expect.stringContaining('failed to open /tmp/missing for reading'),
    })
    expect(await node.ssh('pct push 102 /tmp/f /nowhere/x')).toMatchObject({
      status: 0,
      stderr: expect.stringContaining('failed to create file: /nowhere/x: '),
    })
    expect(await node.ssh('pct push 102 /tmp/f /x --perms rw')).toMatchObject({
      status: 0,
      stderr: "invalid mode: '0rw'\n",
    })
    expect(await node.ssh('pct push 102 /tmp/f /x --user nobody')).toMatchObject({
      status: 0,
      stderr: 'failed to get uid for: nobody\n',
    })
  })

  it('ends with 255 when the worker of a start failed', async () => {
    await node.ssh('pct set 101 --lock backup')
    expect(await node.ssh('pct start 101')).toEqual({ status: 255, stdout: '', stderr: 'CT is locked (backup)\n' })
    expect(await node.ssh('pct unlock 101')).toEqual({ status: 0, stdout: '', stderr: '' })
  })

  it('draws snapshots as a tree', async () => {
    expect((await node.ssh('pct listsnapshot 101')).stdout).toBe(`\`-> current${' '.repeat(45)}You are here!\n`)
  })

  it('shows the disks of a container as a table', async () => {
    const { stdout } = await node.ssh('pct df 102')
    expect(stdout).toMatch(
      /^MP +Volume +Size +Used +Avail +Use% Path\nrootfs local:102\/vm-102-disk-0\.raw +998\.4M +[\d.]+K +[\d.]+M +\d+\.\d \/\n$/,
    )
  })

  it('shows the configuration file itself on the node', async () => {
    const { stdout } = await node.ssh('cat /etc/pve/lxc/101.conf; ls /etc/pve/nodes/pve1/lxc')
    expect(stdout).toMatch(/^arch: amd64\n[\s\S]*hostname: one\n[\s\S]*101\.conf\n102\.conf\n$/)
  })

  it('reads what somebody writes into that file, makes a container of a copy, and forgets one that is removed', async () => {
    const file = '/etc/pve/lxc/101.conf'
    const ran = await node.ssh(
      `cp ${file} /tmp/before; sed -i s/^hostname:.*/hostname:edited/ ${file}
      printf 'old\\nline: \\nlxc.apparmor.profile: unconfined\\nlxc.mount.auto = sys\\n' >> ${file}
      pct config 101 | grep -e hostname -e lxc; sha1sum ${file} | cut -c1-40; pvesh get /nodes/pve1/lxc/101/config --output-format json
      cp /tmp/before /etc/pve/lxc/109.conf && pct config 109 | grep hostname && rm /etc/pve/lxc/109.conf; cat /tmp/before > ${file}`,
    )
    expect(ran.stderr).toBe('')
    const [hostname, profile, mount, digest = '', json, other] = ran.stdout.split('\n')
    expect([hostname, profile, mount]).toEqual([
      ...['hostname: edited', 'lxc.apparmor.profile: unconfined', 'lxc.mount.auto: sys'],
    ])
    expect(json).toContain(`"digest":"${digest}"`)
    expect(json).toContain('"lxc":[["lxc.apparmor.profile","unconfined"],["lxc.mount.auto","sys"]]')
    expect(other).toBe('hostname: one')
    expect((await node.ssh('pct status 109; echo x > /etc/pve/nodes/pve1/lxc/readme')).stderr).toBe(
      "Configuration file 'nodes/pve1/lxc/109.conf' does not exist\n" +
        'bash: line 1: cannot create /etc/pve/nodes/pve1/lxc/readme: Operation not permitted\n',
    )
  })

  it('does not shorten what it prints in a pipe', async () => {
    expect((await node.ssh('pct list | tail -n 1 | cut -c1-3; pct status 101 | tr a-z A-Z')).stdout).toBe(
      '102\nSTATUS: STOPPED\n',
    )
  })

  it('makes a template, and leaves the task with the name of root', async () => {
    await create(103)
    expect((await node.ssh('pct template 103')).status).toBe(0)
    expect((await node.ssh('pct template 103')).stderr).toBe("you can't convert a template to a template\n")
    expect(
      (await node.ssh('pvesh get /nodes/pve1/tasks --typefilter vztemplate --output-format json')).stdout,
    ).toContain('"user":"root@pam"')
  })

  it('ends a foreground worker when the client interrupts it', async () => {
    const slow = await sshNode({ latency: 'realistic' })
    await slow.ssh(`pct create 101 ${OS_TEMPLATE} --rootfs local:1`)
    const client = slow.ssh('timeout -s INT 0.3 pct clone 101 102 --full --bwlimit 1; echo ended')
    expect((await client).stdout).toContain('ended\n')
    await slow.close()
  })
})
