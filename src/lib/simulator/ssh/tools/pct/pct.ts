import { type CommandTable, runCommand, type SubCommand } from '../command-table.js'
import type { NodeTool } from '../tool.js'
import { apiCommand } from './api-command.js'
import { df } from './df.js'
import { enter, exec, lxcConsole } from './exec.js'
import { cpusets, fsck, fstrim, mount, rescan, unlock, unmount } from './maintenance.js'
import { configLines, containerList, pendingLines, snapshotTree } from './print.js'
import { status } from './status.js'
import { pull, push } from './transfer.js'

const VMID = ['vmid']

/** `pct` (PVE-FACTS 7.2). */
export const pct: NodeTool = (argv, io) => runCommand(TABLE, argv, io)

const POWER: readonly SubCommand[] = (['reboot', 'resume', 'shutdown', 'start', 'stop', 'suspend'] as const).map(
  (name) => apiCommand({ name, args: VMID, method: 'POST', path: `/{vmid}/status/${name}` }),
)

const TABLE: CommandTable = {
  tool: 'pct',
  groups: [
    [
      apiCommand({ name: 'clone', args: ['vmid', 'newid'], method: 'POST', path: '/{vmid}/clone' }),
      apiCommand({
        name: 'create',
        args: ['vmid', 'ostemplate'],
        method: 'POST',
        path: '',
        files: ['ssh-public-keys'],
      }),
      apiCommand({ name: 'destroy', args: VMID, method: 'DELETE', path: '/{vmid}' }),
      apiCommand({ name: 'list', args: [], method: 'GET', path: '', print: containerList }),
      apiCommand({ name: 'migrate', args: ['vmid', 'target'], method: 'POST', path: '/{vmid}/migrate' }),
      apiCommand({
        name: 'move-volume',
        aliases: ['move_volume'],
        args: ['vmid', 'volume', '[storage]', '[target-vmid]', '[target-volume]'],
        method: 'POST',
        path: '/{vmid}/move_volume',
      }),
      apiCommand({ name: 'pending', args: VMID, method: 'GET', path: '/{vmid}/pending', print: pendingLines }),
      apiCommand({
        name: 'resize',
        args: ['vmid', 'disk', 'size'],
        method: 'PUT',
        path: '/{vmid}/resize',
        ignoresWorker: true,
      }),
      apiCommand({
        name: 'restore',
        args: ['vmid', 'ostemplate'],
        method: 'POST',
        path: '',
        fixed: { restore: '1' },
        files: ['ssh-public-keys'],
      }),
      apiCommand({ name: 'template', args: VMID, method: 'POST', path: '/{vmid}/template', ignoresWorker: true }),
    ],
    [
      apiCommand({ name: 'config', args: VMID, method: 'GET', path: '/{vmid}/config', print: configLines }),
      apiCommand({ name: 'set', args: VMID, method: 'PUT', path: '/{vmid}/config' }),
    ],
    [
      apiCommand({
        name: 'delsnapshot',
        args: ['vmid', 'snapname'],
        method: 'DELETE',
        path: '/{vmid}/snapshot/{snapname}',
      }),
      apiCommand({ name: 'listsnapshot', args: VMID, method: 'GET', path: '/{vmid}/snapshot', print: snapshotTree }),
      apiCommand({
        name: 'rollback',
        args: ['vmid', 'snapname'],
        method: 'POST',
        path: '/{vmid}/snapshot/{snapname}/rollback',
      }),
      apiCommand({ name: 'snapshot', args: ['vmid', 'snapname'], method: 'POST', path: '/{vmid}/snapshot' }),
    ],
    POWER,
    [lxcConsole, cpusets, df, enter, exec, fsck, fstrim, mount, pull, push, rescan, status, unlock, unmount],
  ],
}
