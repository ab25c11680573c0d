import { baseName } from '../files/path.js'
import type { Program } from '../machine/program.js'
import { shellProgram } from '../shell/shell.js'
import { gzip, tar } from './archive.js'
import { chmod, chown, touch } from './change-attributes.js'
import { cp, install, ln, mkdir, mktemp, mv, readlink, rm, rmdir, truncate } from './change-files.js'
import { base64, compare, digest } from './digests.js'
import { flock } from './flock.js'
import { grep } from './grep.js'
import { du, find, ls, stat } from './list-files.js'
import { curl, ip, ping, wget } from './network.js'
import { apk, aptGet, dpkg } from './packages.js'
import { echo, printf, seq, yes } from './print.js'
import { byName, env, killProcess, printenv, ps, setsid, sleep, timeout, wrapper, xargs } from './processes.js'
import { sed } from './sed.js'
import { daemon, rcUpdate, service, systemctl } from './services.js'
import { docker, npm, versioned } from './software.js'
import { cat, dd, head, tail, tee, wc } from './streams.js'
import {
  date,
  df,
  free,
  getent,
  hostname,
  id,
  mount,
  nproc,
  powerOff,
  quiet,
  uname,
  uptime,
  which,
  whoami,
} from './system.js'
import { test } from './test.js'
import { awk, basenameOf, cut, dirnameOf, expr, sort, tr, uniq } from './text.js'
import { addGroup, addUser, changePassword, deleteUser, switchUser, userMod } from './users.js'
import { unzip } from './zip.js'

/** The commands of coreutils, util-linux and their like, that every system has. */
const BASE: Readonly<Record<string, Program>> = {
  '[': test,
  awk,
  base64,
  basename: basenameOf,
  cat,
  chgrp: chown,
  chmod,
  chown,
  clear: quiet,
  cmp: compare,
  cp,
  cut,
  date,
  dd,
  df,
  diff: compare,
  dirname: dirnameOf,
  du,
  echo,
  egrep: grep,
  env,
  expr,
  false: () => 1,
  fgrep: grep,
  find,
  flock,
  free,
  getent,
  grep,
  gunzip: gzip,
  gzip,
  halt: powerOff,
  head,
  hostname,
  id,
  install,
  ip,
  kill: killProcess,
  ln,
  ls,
  md5sum: digest,
  mkdir,
  mktemp,
  mount,
  mv,
  nice: wrapper,
  nohup: wrapper,
  nproc,
  pgrep: byName,
  pidof: byName,
  ping,
  pkill: byName,
  poweroff: powerOff,
  printenv,
  printf,
  ps,
  pwd: async (context) => {
    await context.out(`${context.process.cwd}\n`)
    return 0
  },
  readlink,
  realpath: readlink,
  reboot: powerOff,
  rm,
  rmdir,
  sed,
  seq,
  setsid,
  sha1sum: digest,
  sha256sum: digest,
  sha512sum: digest,
  shutdown: powerOff,
  sleep,
  sort,
  stat,
  stdbuf: wrapper,
  stty: quiet,
  sync: quiet,
  tail,
  tar,
  tee,
  test,
  timeout,
  touch,
  tr,
  true: () => 0,
  truncate,
  umount: quiet,
  uname,
  uniq,
  uptime,
  wc,
  wget,
  which,
  whoami,
  xargs,
  yes,
  zcat: gzip,
}

const USERS: Readonly<Record<string, Program>> = {
  addgroup: addGroup,
  adduser: addUser,
  chpasswd: changePassword,
  deluser: deleteUser,
  groupadd: addGroup,
  passwd: changePassword,
  su: switchUser,
  useradd: addUser,
  userdel: deleteUser,
  usermod: userMod,
}

const DEBIAN: Readonly<Record<string, Program>> = {
  apt: aptGet,
  'apt-cache': quiet,
  'apt-get': aptGet,
  'apt-key': quiet,
  bash: shellProgram('bash'),
  'deb-systemd-helper': quiet,
  'debconf-set-selections': quiet,
  dpkg,
  'dpkg-query': dpkg,
  journalctl: quiet,
  ldconfig: quiet,
  runuser: switchUser,
  service,
  systemctl,
}

const ALPINE: Readonly<Record<string, Program>> = { apk, 'rc-service': service, 'rc-update': rcUpdate, openrc: quiet }

/** Programs that come with packages or downloads. */
const INSTALLABLE: Readonly<Record<string, Program>> = {
  'add-apt-repository': quiet,
  bun: versioned,
  containerd: daemon,
  cron: daemon,
  curl,
  'dbus-daemon': daemon,
  docker,
  dockerd: daemon,
  gpg: async (context) => {
    const output = context.args[context.args.findIndex((word) => word === '-o' || word === '--output') + 1]
    const text = await context.stdin.readAll()
    if (output !== undefined && context.args.includes('--dearmor')) context.files.write(context.path(output), text)
    return 0
  },
  less: cat,
  'locale-gen': quiet,
  lsb_release: async (context) => {
    await context.out('bookworm\n')
    return 0
  },
  newuidmap: quiet,
  nginx: daemon,
  npm,
  'ssh-keygen': quiet,
  sshd: daemon,
  sudo: switchUser,
  unzip,
  'update-ca-certificates': quiet,
  versioned,
  zip: quiet,
}

export type OsFamily = 'debian' | 'alpine' | 'busybox'

/** Names of the commands that a fresh system of this family has. */
export function commandNames(family: OsFamily): readonly string[] {
  const own = family === 'debian' ? DEBIAN : family === 'alpine' ? ALPINE : {}
  return [...Object.keys(BASE), ...Object.keys(USERS), ...Object.keys(own)]
}

/** Names of the commands that are found on a node next to its own tools. */
export function baseCommandNames(): readonly string[] {
  return Object.keys(BASE)
}

/** The program behind the mark of an executable. */
export function guestPrograms(): (name: string) => Program | undefined {
  const shells = { sh: shellProgram('dash'), ash: shellProgram('ash') }
  const table = new Map<string, Program>(
    Object.entries({ ...BASE, ...USERS, ...DEBIAN, ...ALPINE, ...INSTALLABLE, ...shells, init: daemon }),
  )
  const applets = new Map<string, Program>(
    Object.entries({ ...BASE, ...USERS, ...ALPINE, sh: shells.ash, ash: shells.ash, init: daemon }),
  )
  table.set('busybox', busybox(applets))
  return (name) => table.get(name) ?? (/^[\w.+-]+$/.test(name) ? versioned : undefined)
}

/** One binary that is many commands: the name it is called by says which. */
function busybox(applets: ReadonlyMap<string, Program>): Program {
  return async (context) => {
    const called = baseName(context.argv[0] ?? '')
    const argv = called === 'busybox' ? context.args : context.argv
    const name = baseName(argv[0] ?? '')
    if (argv.length === 0) {
      await context.out('BusyBox v1.35.0 multi-call binary.\n')
      return 0
    }
    const applet = applets.get(name)
    if (applet !== undefined) return applet({ ...context, argv, args: argv.slice(1) })
    await context.err(`${name}: applet not found\n`)
    return 127
  }
}
