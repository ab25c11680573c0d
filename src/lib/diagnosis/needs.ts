import type { PrivilegeNeed } from '../pve/client.js'

/** A privilege the toolkit needs, and what for. `optional`: only some commands need it. */
export interface Need extends PrivilegeNeed {
  readonly purpose: string
  readonly optional?: boolean
}

/**
 * What a token must be allowed to do for every command to work, in the order an operator would grant it.
 * Sources: the permissions of each endpoint in PVE-FACTS 3 (table) and 3.9.
 */
export function neededPrivileges(places: {
  /** Where the disks of containers go, and where OS templates are. */ readonly storage: string
  readonly osTemplateStorage: string
  readonly bridge: string
}): readonly Need[] {
  return [
    { path: '/vms', privileges: ['VM.Audit'], purpose: 'see containers and their configuration' },
    { path: '/vms', privileges: ['VM.Allocate'], purpose: 'create, convert to a template and delete' },
    { path: '/vms', privileges: ['VM.Clone'], purpose: 'clone' },
    { path: '/vms', privileges: ['VM.PowerMgmt'], purpose: 'start and stop' },
    { path: '/vms', privileges: ['VM.Snapshot', 'VM.Snapshot.Rollback'], any: true, purpose: 'snapshot and roll back' },
    { path: '/vms', privileges: ['VM.Config.Options'], purpose: 'set tags and descriptions' },
    { path: '/vms', privileges: ['VM.Config.Network'], purpose: 'set host names and network interfaces' },
    { path: '/vms', privileges: ['VM.Config.Memory'], purpose: 'set memory' },
    { path: '/vms', privileges: ['VM.Config.CPU'], purpose: 'set cores' },
    { path: '/vms', privileges: ['VM.Config.Disk'], purpose: 'create and resize disks' },
    {
      path: `/storage/${places.storage}`,
      privileges: ['Datastore.AllocateSpace'],
      purpose: 'put disks on the storage',
    },
    {
      path: `/storage/${places.osTemplateStorage}`,
      privileges: ['Datastore.Audit', 'Datastore.AllocateSpace'],
      any: true,
      purpose: 'see and use OS templates',
    },
    {
      path: `/storage/${places.osTemplateStorage}`,
      privileges: ['Datastore.AllocateTemplate'],
      purpose: 'download OS templates',
      optional: true,
    },
    {
      path: `/sdn/zones/localnetwork/${places.bridge}`,
      privileges: ['SDN.Use'],
      purpose: `attach containers to ${places.bridge}`,
    },
    {
      path: '/nodes',
      privileges: ['Sys.Audit'],
      purpose: 'see the load of nodes and the tasks of others',
      optional: true,
    },
  ]
}
