import { createHash } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import { bytesOf, textOf } from '../files/content.js'
import { binary } from '../machine/program.js'
import { fileEntry, writeTar } from './tar-format.js'
import { writeZip } from './zip.js'

export interface WebAnswer {
  readonly status: number
  readonly body: Uint8Array
}

const BUN_INSTALLER = `#!/usr/bin/env bash
set -eu
install_dir="\${BUN_INSTALL:-$HOME/.bun}"
mkdir -p "$install_dir/bin"
curl -fsSL https://github.com/oven-sh/bun/releases/latest/download/bun-linux-x64 -o "$install_dir/bin/bun"
chmod +x "$install_dir/bin/bun"
ln -sf bun "$install_dir/bin/bunx"
echo "bun was installed successfully to $install_dir/bin/bun"
`

const UV_INSTALLER = `#!/bin/sh
set -u
install_dir="\${UV_INSTALL_DIR:-$HOME/.local/bin}"
mkdir -p "$install_dir"
curl -fsSL https://github.com/astral-sh/uv/releases/latest/download/uv-x86_64 -o "$install_dir/uv"
chmod +x "$install_dir/uv"
cp "$install_dir/uv" "$install_dir/uvx"
echo "everything's installed!"
`

const DOCKER_INSTALLER = `#!/bin/sh
set -e
mkdir -p /etc/apt/sources.list.d
echo "deb [arch=amd64] https://download.docker.com/linux/debian bookworm stable" > /etc/apt/sources.list.d/docker.list
apt-get update -qq
apt-get install -y -qq docker-ce docker-ce-cli containerd.io docker-buildx-plugin docker-compose-plugin
`

/** The few places of the internet that installations need, and something harmless for every other address. */
const PLACES: readonly (readonly [RegExp, (found: RegExpExecArray) => Uint8Array])[] = [
  [/^bun\.(?:sh|com)\/install$/, () => text(BUN_INSTALLER)],
  [/^astral\.sh\/uv(?:\/[\d.]+)?\/install\.sh$/, () => text(UV_INSTALLER)],
  [/^get\.docker\.com\/?$/, () => text(DOCKER_INSTALLER)],
  [
    /^deb\.nodesource\.com\/setup_(\d+|lts)\.x$/,
    (found) => text(nodeSource(found[1] === 'lts' ? '22' : (found[1] ?? '22'))),
  ],
  [
    /^nodejs\.org\/dist\/v([\d.]+)\/(node-v[\d.]+-linux-x64)\.tar\.(?:gz|xz)$/,
    (found) => nodeArchive(found[1] ?? '', found[2] ?? ''),
  ],
  [/\/oven-sh\/bun\/releases\/.*\/(bun-linux-[\w-]+)\.zip$/, (found) => bunArchive(found[1] ?? '')],
  [
    /\/oven-sh\/bun\/releases\/.*\/SHASUMS256\.txt$/,
    () => text(BUN_BUILDS.map((build) => sumLine(bunArchive(build), `${build}.zip`)).join('')),
  ],
  [/\/astral-sh\/uv\/releases\/.*\/(uv-[\w-]+)\.tar\.gz$/, (found) => uvArchive(found[1] ?? '')],
  [
    /\/astral-sh\/uv\/releases\/.*\/(uv-[\w-]+)\.tar\.gz\.sha256$/,
    (found) => text(sumLine(uvArchive(found[1] ?? ''), `${found[1]}.tar.gz`)),
  ],
  [/\/bun-linux-x64[^/]*$/, () => program('bun', '1.2.4')],
  [/\/uv-x86_64[^/]*$/, () => program('uv', '0.6.2')],
  [
    /\.(?:tar\.gz|tgz|tar\.xz)$/,
    () => gzipSync(writeTar([fileEntry('README', 'An archive from a simulated internet.\n')])),
  ],
  [
    /\.(?:gpg|asc|key)$|\/gpg$/,
    () => text('-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nsimulated\n-----END PGP PUBLIC KEY BLOCK-----\n'),
  ],
]

/** What a request gets; undefined when the name of the host does not resolve. */
export function fetchUrl(url: string): WebAnswer | undefined {
  const address = url.replace(/^https?:\/\//, '').replace(/[?#].*$/, '')
  const host = address.split(/[/:]/)[0] ?? ''
  if (!host.includes('.') || /\.(?:invalid|test|local|example)$/.test(host)) return undefined
  if (/\/(?:missing|not-found|404)(?:$|[./])/.test(address)) return { status: 404, body: text('not found\n') }
  for (const [pattern, answer] of PLACES) {
    const found = pattern.exec(address)
    if (found !== null) return { status: 200, body: answer(found) }
  }
  return { status: 200, body: text(`<!doctype html><title>${host}</title>\n`) }
}

function nodeSource(major: string): string {
  return `#!/bin/bash
set -e
mkdir -p /etc/apt/sources.list.d
echo "deb [signed-by=/usr/share/keyrings/nodesource.gpg] https://deb.nodesource.com/node_${major}.x nodistro main" > /etc/apt/sources.list.d/nodesource.list
apt-get update
`
}

function nodeArchive(version: string, folder: string): Uint8Array {
  const mark = (name: string, value: string) => textOf(binary(name, value).content)
  return gzipSync(
    writeTar([
      fileEntry(`${folder}/bin/node`, mark('node', version), 0o755),
      fileEntry(`${folder}/bin/npm`, mark('npm', '10.9.2'), 0o755),
      fileEntry(`${folder}/bin/npx`, mark('npx', '10.9.2'), 0o755),
      fileEntry(`${folder}/LICENSE`, 'MIT\n'),
    ]),
  )
}

const BUN_BUILDS = ['bun-linux-x64', 'bun-linux-x64-baseline', 'bun-linux-aarch64']

function bunArchive(folder: string): Uint8Array {
  return writeZip([{ name: `${folder}/bun`, mode: 0o755, data: program('bun', '1.2.4') }])
}

function uvArchive(folder: string): Uint8Array {
  const mark = (name: string) => textOf(binary(name, '0.6.2').content)
  return gzipSync(
    writeTar([fileEntry(`${folder}/uv`, mark('uv'), 0o755), fileEntry(`${folder}/uvx`, mark('uvx'), 0o755)]),
  )
}

/** As sha256sum writes it. */
function sumLine(content: Uint8Array, name: string): string {
  return `${createHash('sha256').update(content).digest('hex')}  ${name}\n`
}

function program(name: string, version: string): Uint8Array {
  return bytesOf(binary(name, version).content)
}

function text(value: string): Uint8Array {
  return Buffer.from(value)
}
