import { beforeEach, describe, expect, it } from 'vitest'
import type { GuestRuntime } from '../../../../src/lib/simulator/guest/guest-runtime.js'
import { container, ROOTFS, run, sh, spec } from './support.js'

let guests: GuestRuntime

beforeEach(async () => {
  guests = await container('debian-12-standard')
})

describe('a scripted installation', () => {
  it('finds no package before the lists are fetched, and installs it for real afterwards', async () => {
    expect(await sh(guests, 'apt-get install -y curl')).toMatchObject({
      status: 100,
      stderr: 'E: Unable to locate package curl\n',
    })
    expect((await sh(guests, 'command -v curl')).status).toBe(127)
    expect(
      (await sh(guests, 'apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq curl git')).status,
    ).toBe(0)
    expect((await sh(guests, 'command -v curl; git --version; dpkg -s curl | grep ^Status')).stdout).toBe(
      '/usr/bin/curl\ngit version 2.39.5\nStatus: install ok installed\n',
    )
    expect((await sh(guests, 'dpkg -s nothere')).status).toBe(1)
  })

  it('fails for a package that does not exist', async () => {
    expect(await sh(guests, 'apt-get update >/dev/null && apt-get install -y nosuchpackage')).toMatchObject({
      status: 100,
      stderr: 'E: Unable to locate package nosuchpackage\n',
    })
  })

  it('cannot fetch anything without an address', async () => {
    const offline = await container('debian-12', {}, { interfaces: [] })
    expect((await sh(offline, 'apt-get update')).stderr).toContain("Temporary failure resolving 'deb.debian.org'")
    expect((await sh(offline, 'apt-get install -y curl')).status).toBe(100)
  })

  it('takes Node from the vendor, with the version asked for', async () => {
    const ran = await sh(
      guests,
      'set -e; apt-get update -qq; apt-get install -y -qq curl; curl -fsSL https://deb.nodesource.com/setup_22.x | bash - >/dev/null; apt-get install -y -qq nodejs; node --version',
    )
    expect(ran).toMatchObject({ status: 0, stdout: 'v22.14.0\n' })
  })

  it('takes bun and uv from their installers', async () => {
    const ran = await sh(
      guests,
      'set -e; apt-get update -qq; apt-get install -y -qq curl; curl -fsSL https://bun.sh/install | bash >/dev/null; curl -LsSf https://astral.sh/uv/install.sh | env UV_INSTALL_DIR=/usr/local/bin sh >/dev/null; ~/.bun/bin/bun --version; uv --version',
    )
    expect(ran).toMatchObject({ status: 0, stdout: '1.2.4\nuv 0.6.2\n' })
  })

  it('takes an archive apart', async () => {
    const ran = await sh(
      guests,
      'set -e; apt-get update -qq; apt-get install -y -qq curl; cd /tmp; curl -fsSLO https://nodejs.org/dist/v20.18.0/node-v20.18.0-linux-x64.tar.xz; mkdir -p /opt/node; tar -xJf node-v20.18.0-linux-x64.tar.xz -C /opt/node --strip-components=1; ln -s /opt/node/bin/node /usr/local/bin/node; node -v',
    )
    expect(ran).toMatchObject({ status: 0, stdout: 'v20.18.0\n' })
  })

  it('installs docker with its service, which starts again with the container', async () => {
    await sh(guests, 'apt-get update -qq; apt-get install -y -qq curl; curl -fsSL https://get.docker.com | sh')
    const look =
      'docker --version; systemctl is-active docker; systemctl is-enabled docker; docker ps | head -n 1 | cut -c1-9; getent group docker | cut -d: -f1'
    const expected = 'Docker version 27.5.1, build 5253ffa\nactive\nenabled\nCONTAINER\ndocker\n'
    expect((await sh(guests, look)).stdout).toBe(expected)
    await sh(guests, 'systemctl stop docker')
    expect(await sh(guests, 'systemctl is-active docker; docker ps')).toMatchObject({
      status: 1,
      stdout: 'inactive\n',
      stderr: expect.stringContaining('Is the docker daemon running?'),
    })
    await guests.kill(100)
    await guests.start(spec())
    expect((await sh(guests, look)).stdout).toBe(expected)
  })

  it('runs a service of its own from a unit file', async () => {
    await guests.writeFile(
      100,
      '/usr/local/bin/worker',
      Buffer.from('#!/bin/sh\necho started >> /var/log/worker\nsleep infinity\n'),
      { mode: 0o755, uid: 0, gid: 0 },
    )
    await guests.writeFile(
      100,
      '/etc/systemd/system/worker.service',
      Buffer.from('[Service]\nExecStart=/usr/local/bin/worker\n[Install]\nWantedBy=multi-user.target\n'),
      { mode: 0o644, uid: 0, gid: 0 },
    )
    expect(await sh(guests, 'systemctl daemon-reload && systemctl enable --now worker')).toMatchObject({
      status: 0,
      stderr: expect.stringContaining('Created symlink'),
    })
    expect(
      (await sh(guests, 'systemctl is-active worker; cat /var/log/worker; pgrep -f worker | wc -l')).stdout,
    ).toMatch(/^active\nstarted\n/)
    expect((await sh(guests, 'systemctl stop worker; systemctl is-active worker')).stdout).toBe('inactive\n')
  })

  it('tells a service that could not start from one that runs', async () => {
    await guests.writeFile(
      100,
      '/etc/systemd/system/broken.service',
      Buffer.from('[Service]\nType=oneshot\nExecStart=/bin/false\n'),
      { mode: 0o644, uid: 0, gid: 0 },
    )
    expect(await sh(guests, 'systemctl start broken')).toMatchObject({ status: 1 })
    expect(await sh(guests, 'systemctl is-active broken')).toMatchObject({ status: 3, stdout: 'failed\n' })
    expect((await sh(guests, 'systemctl start missing')).stderr).toContain('Unit missing.service not found')
  })

  it('adds users, who own what they make and may not touch what is not theirs', async () => {
    await sh(guests, 'adduser --disabled-password --gecos "" dev && usermod -aG sudo dev')
    expect((await sh(guests, 'id dev; su dev -c "touch ~/f; stat -c %U ~/f; whoami"')).stdout).toBe(
      'uid=1000(dev) gid=1000(dev) groups=1000(dev),27(sudo)\ndev\ndev\n',
    )
    expect((await sh(guests, 'su dev -c "echo x > /etc/hosts"')).status).not.toBe(0)
    expect((await run(guests, ['su', 'dev', '-c', 'cat /etc/shadow'])).stderr).toContain('Permission denied')
  })

  it('is there in every clone of the volume', async () => {
    await sh(guests, 'apt-get update -qq; apt-get install -y -qq jq')
    await guests.copyVolume({ volume: ROOTFS }, 'clone')
    await guests.start(spec({ vmid: 101, rootfs: 'clone' }))
    await guests.kill(100)
    await guests.start(spec({ rootfs: 'clone' }))
    expect((await sh(guests, 'jq --version; rm /usr/bin/jq; jq --version')).stdout).toBe('jq-1.6\n')
  })

  it('uses apk on alpine', async () => {
    const alpine = await container('alpine')
    expect(
      await sh(alpine, 'apk add --no-cache curl bash >/dev/null && command -v curl && apk info curl'),
    ).toMatchObject({ status: 0, stdout: '/usr/bin/curl\ncurl\n' })
  })
})
