import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { OS_TEMPLATE, type SshNode, sshNode } from './node.js'

let node: SshNode

beforeAll(async () => {
  node = await sshNode()
  await node.ssh(`pct create 101 ${OS_TEMPLATE} --rootfs local:1 --hostname one && pct start 101`)
})
afterAll(() => node.close())

describe('the other tools of a node', () => {
  it('pveversion tells version, the mark of a simulator, and packages', async () => {
    expect((await node.ssh('pveversion')).stdout).toMatch(
      /^pve-manager\/9\.2\.11\/[0-9a-f]{16}-simulated \(running kernel: \S+\)\n$/,
    )
    expect((await node.ssh('pveversion -v')).stdout).toMatch(/^criu: 4\.1\.1-1$/m)
    expect((await node.ssh('pveversion nonsense')).status).toBe(255)
  })

  it('pvesm status has the columns of Proxmox', async () => {
    const [header = '', row = ''] = (await node.ssh('pvesm status')).stdout.split('\n')
    expect(header).toMatch(/^Name +Type {5}Status {5}Total \(KiB\) {6}Used \(KiB\) Available \(KiB\) {8}%$/)
    expect(row).toMatch(/^\w+ +(btrfs|dir) {5}active +\d+ +\d+ +\d+ +\d+\.\d\d%$/)
    expect(row.length).toBe(header.length)
  })

  it('pvesm list and path find volumes', async () => {
    expect((await node.ssh('pvesm list local --vmid 101')).stdout).toMatch(
      /^Volid +Format +Type +Size VMID\nlocal:101\/vm-101-disk-0\.raw +raw +rootdir +1073741824 101\n$/,
    )
    expect((await node.ssh('pvesm path local:101/vm-101-disk-0.raw')).stdout).toBe(
      '/var/lib/vz/images/101/vm-101-disk-0.raw\n',
    )
    expect(await node.ssh('pvesm list nowhere')).toMatchObject({
      status: 255,
      stderr: "storage 'nowhere' does not exist\n",
    })
  })

  it('pveam lists what is there and refuses what is not', async () => {
    expect((await node.ssh('pveam list local')).stdout).toMatch(
      /^NAME +SIZE {2}\nlocal:vztmpl\/busybox_1\.35-1_amd64\.tar\.gz +0\.95MB\n$/,
    )
    expect((await node.ssh('pveam available --section system')).stdout).toMatch(/^system {10}\S/)
    expect((await node.ssh('pveam download local nothing')).stderr).toContain('no such template')
  })

  it('pvesh answers as JSON with sorted keys, as a table, and runs tasks in the foreground', async () => {
    expect((await node.ssh('pvesh get /version --output-format json')).stdout).toMatch(
      /^\{"release":"9\.2","repoid":"[^"]+","version":"9\.2\.11"\}\n$/,
    )
    expect((await node.ssh('pvesh get nodes/pve1/lxc/101/status/current --output-format json-pretty')).stdout).toMatch(
      /^\{\n {3}"cpu" : /,
    )
    expect((await node.ssh('pvesh get /version')).stdout).toMatch(
      /^┌─+┬─+┐\n│ key +│ value +│\n╞═+╪═+╡\n│ release +│ 9\.2 +│\n/,
    )
    expect((await node.ssh('pvesh create /nodes/pve1/lxc/101/status/stop')).stdout).toMatch(
      /UPID:pve1:.*:vzstop:101:root@pam:\n$/,
    )
    const failed = await node.ssh(
      'pct set 101 --lock backup; pvesh create /nodes/pve1/lxc/101/status/start; echo $?; pct unlock 101',
    )
    expect(failed.stdout).toMatch(/UPID:pve1:.*:vzstart:101:root@pam:\n0\n$/)
    expect(await node.ssh('pvesh get /foo')).toEqual({
      status: 1,
      stdout: '',
      stderr: "No 'get' handler defined for '/foo'\n",
    })
    expect((await node.ssh('pvesh set /nodes/pve1/lxc/101/config --memory x')).stderr).toMatch(
      /^400 Parameter verification failed\.\nmemory: type check \('integer'\) failed - got 'x'\n/,
    )
  })

  it('lxc-checkpoint fails on a default container and leaves it running', async () => {
    await node.ssh('pct start 101')
    const ran = await node.ssh('lxc-checkpoint -n 101 -s -D /tmp/dump')
    expect(ran).toMatchObject({ status: 1, stdout: '' })
    expect(ran.stderr).toMatch(/dump failed with 1\n.*Checkpointing 101 failed\n$/)
    expect((await node.ssh('pct status 101; tail -n 1 /tmp/dump/dump.log')).stdout).toMatch(
      /^status: running\n.*Dumping FAILED/,
    )
  })

  it('lxc-checkpoint dumps and restores a container without terminals, once into each directory', async () => {
    await node.ssh(
      `pct create 102 ${OS_TEMPLATE} --rootfs local:1 --tty 0 --console 0; pct start 102; pct exec 102 -- sh -c 'setsid sleep 1000 &'`,
    )
    expect(await node.ssh('lxc-checkpoint -n 102 -s -D /tmp/one')).toMatchObject({ status: 0, stderr: '' })
    expect((await node.ssh('pct status 102')).stdout).toBe('status: stopped\n')
    expect((await node.ssh('mv /tmp/one /tmp/two; lxc-checkpoint -n 102 -r -D /tmp/one')).stderr).toMatch(
      /Restoring 102 failed\n$/,
    )
    expect(await node.ssh('lxc-checkpoint -n 102 -r -D /tmp/two')).toMatchObject({ status: 0 })
    expect((await node.ssh('pct exec 102 -- ps')).stdout).toContain('sleep')
    expect((await node.ssh('lxc-checkpoint -n 102 -D /tmp/two')).stderr).toContain(
      'please use a fresh directory for the dump directory',
    )
  })

  it('shows containers in /proc and their limits in the cgroups, which a restore forgets', async () => {
    await node.ssh(`pct create 103 ${OS_TEMPLATE} --rootfs local:1 --tty 0 --console 0 --memory 256; pct start 103`)
    const { stdout: init } = await node.ssh('lxc-info -n 103 -p -H')
    expect(
      (await node.ssh(`pgrep --ns ${init.trim()} --nslist pid; grep NSpid /proc/${init.trim()}/status`)).stdout,
    ).toBe(`${init}NSpid:\t${init.trim()}\t1\n`)
    const limit = async () => (await node.ssh('lxc-cgroup -n 103 memory.max')).stdout
    expect(await limit()).toBe('268435456\n')
    await node.ssh('lxc-checkpoint -n 103 -s -D /tmp/three; lxc-checkpoint -n 103 -r -D /tmp/three')
    expect(await limit()).toBe('max\n')
    await node.ssh('lxc-cgroup -n 103 memory.max 268435456')
    expect(await limit()).toBe('268435456\n')
    expect((await node.ssh('grep -E "tty|console" /var/lib/lxc/103/config')).stdout).toBe(
      'lxc.tty.max = 0\nlxc.console.path = none\n',
    )
  })

  it('shows the log of each task, and the lists of them, as files', async () => {
    const [upid = ''] = node.cluster.node('pve1').tasks.upids()
    const digit = upid.split(':')[4]?.at(-1)
    const ran = await node.ssh(
      `cd /var/log/pve/tasks && tail -n 1 ${digit}/${upid} && head -n 1 index && cat active && ls | tail -n 3; ls ${digit} | grep -c .`,
    )
    expect(ran.stderr).toBe('')
    expect(ran.stdout).toMatch(
      /^TASK OK\nUPID:pve1:\S+:vzcreate:101:root@pam: [0-9A-F]{8} OK\nactive\nindex\nindex\.1\n\d+\n$/,
    )
  })

  it('flock keeps others out for as long as whoever holds it lives', async () => {
    const held = node.ssh('exec 9>/tmp/lock; flock 9; sleep 2; echo done')
    await expect.poll(async () => (await node.ssh('flock -n /tmp/lock true; echo $?')).stdout).toBe('1\n')
    expect((await held).stdout).toBe('done\n')
    expect((await node.ssh('flock -w 3 /tmp/lock echo mine')).stdout).toBe('mine\n')
  })

  it.each([
    ['lxc-checkpoint -n 101 -s', 'lxc-checkpoint: could not parse command line\n'],
    ['lxc-checkpoint -n 101 -r -s -D /tmp/x', 'lxc-checkpoint: could not parse command line\n'],
    ['lxc-checkpoint -s -D /tmp/x', 'lxc-checkpoint: No container name specified\n'],
    [
      'lxc-checkpoint -n 999 -s -D /tmp/x',
      'lxc-checkpoint: 999: ../src/lxc/tools/lxc_checkpoint.c: main: 298 999 is not defined\n',
    ],
  ])('refuses `%s`', async (command, stderr) => {
    expect(await node.ssh(command)).toEqual({ status: 1, stdout: '', stderr })
  })

  it('criu looks good, and probes find the tools', async () => {
    expect(
      (
        await node.ssh(
          'criu check; criu --version; command -v pct lxc-checkpoint; test -f /etc/pve/lxc/101.conf && echo there',
        )
      ).stdout,
    ).toBe('Looks good.\nVersion: 4.1.1\n/usr/sbin/pct\n/usr/sbin/lxc-checkpoint\nthere\n')
  })

  it('criu supports the features that it knows and the kernel has, and no others', async () => {
    const features = ['userns', 'mem_dirty_track', 'no_such_thing']
    const { stdout, stderr } = await node.ssh(
      features.map((name) => `criu check --feature ${name}; echo $?`).join('; '),
    )
    expect(stdout).toBe('userns is supported\n0\n1\n1\n')
    expect(stderr).toMatch(/Dirty tracking is OFF.*\n.*Unknown feature no_such_thing\n/)
  })

  it('lxc-info tells state and process', async () => {
    expect((await node.ssh('lxc-info -n 101 -s -H; lxc-info -n 101 -p')).stdout).toMatch(/^RUNNING\nPID: +\d+\n$/)
  })
})
