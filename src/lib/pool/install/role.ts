import { quoteArgv } from '../../executor/quoting.js'
import { credentialPath } from './layout.js'

/** Whom the daemon is in Proxmox: a user that nobody logs in as, with one token. */
export const POOL_USER = 'cmux-pool@pve'
const POOL_TOKEN_NAME = 'daemon'

export interface RolePlaces {
  /** Storage that holds the disks of the pool's containers; absent: any. */
  readonly storage?: string
  /** Bridge that the templates are attached to. */
  readonly bridge: string
}

/** A role, what it allows and where it is given. */
export interface PoolRole {
  readonly role: string
  readonly privileges: readonly string[]
  /** It holds for everything below too. */
  readonly path: string
  readonly purpose: string
}

/**
 * Everything that the daemon may do, and nothing that it does not do (PVE-FACTS 3, the table, and 3.9). Proxmox has no way to allow a
 * range of VMIDs, so the rights on containers are those on `/vms`; the daemon itself touches none outside of its range.
 */
export function poolRoles({ storage, bridge }: RolePlaces): readonly PoolRole[] {
  return [
    {
      role: 'CmuxPool',
      privileges: [
        'VM.Audit',
        'VM.Allocate',
        'VM.Clone',
        'VM.PowerMgmt',
        'VM.Snapshot',
        'VM.Config.Options',
        'VM.Config.Network',
      ],
      path: '/vms',
      purpose: 'see, clone, start, stop, snapshot, roll back and delete containers; set description, tags and hostname',
    },
    {
      role: 'CmuxPoolStorage',
      privileges: ['Datastore.AllocateSpace'],
      path: storage === undefined ? '/storage' : `/storage/${storage}`,
      purpose: 'put the disks of clones there',
    },
    {
      role: 'CmuxPoolNetwork',
      privileges: ['SDN.Use'],
      path: `/sdn/zones/localnetwork/${bridge}`,
      purpose: 'give clones the network of their template',
    },
    {
      role: 'CmuxPoolAudit',
      privileges: ['Sys.Audit'],
      path: '/nodes',
      purpose: 'see memory and uptime of the nodes (so that a booted one is noticed), and the tasks behind a lock',
    },
  ]
}

/** One command of `pveum`; where `otherwise` is given, that one is run when the first fails because the thing is there already. */
export interface PveumStep {
  readonly argv: readonly string[]
  readonly otherwise?: readonly string[]
}

/** Makes user, roles and their places. Can be run again: it then puts them right. */
export function roleSteps(places: RolePlaces): readonly PveumStep[] {
  const roles = poolRoles(places)
  const comment = ['--comment', 'cmux-pve pool daemon']
  return [
    {
      argv: ['pveum', 'user', 'add', POOL_USER, ...comment],
      otherwise: ['pveum', 'user', 'modify', POOL_USER, ...comment],
    },
    ...roles.map(({ role, privileges }) => ({
      argv: ['pveum', 'role', 'add', role, '--privs', privileges.join(' ')],
      otherwise: ['pveum', 'role', 'modify', role, '--privs', privileges.join(' ')],
    })),
    ...roles.map(({ role, path }) => ({
      argv: ['pveum', 'acl', 'modify', path, '--users', POOL_USER, '--roles', role],
    })),
  ]
}

/** Makes the token and prints its secret, once. Fails when there is one of that name. */
export const TOKEN_COMMAND: readonly string[] = [
  ...['pveum', 'user', 'token', 'add', POOL_USER, POOL_TOKEN_NAME],
  ...['--privsep', '0', '--output-format', 'json'],
]

/** The same as a script for one node of the cluster. */
export function roleScript(places: RolePlaces): string {
  const lines = roleSteps(places).map(({ argv, otherwise }) =>
    otherwise === undefined ? quoteArgv(argv) : `${quoteArgv(argv)} 2>/dev/null ||\n  ${quoteArgv(otherwise)}`,
  )
  return `${[
    '#!/bin/sh',
    '# The least that the pool daemon must be allowed. Run it on one node of the cluster, as root; it can be run again.',
    'set -eu',
    ...lines,
    '',
    '# The token, unless there is one. Its secret is printed once: full-tokenid=value goes into',
    `# ${credentialPath('PVE_API_TOKEN')} on the machine of the daemon (mode 0600).`,
    quoteArgv(TOKEN_COMMAND),
  ].join('\n')}\n`
}
