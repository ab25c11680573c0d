import type { RollbackPreview, SnapshotList } from '../instance/snapshot.js'
import type { RevertedOption } from '../instance/snapshot-plan.js'
import type { Snapshot } from '../pve/client.js'
import type { Column } from './output.js'
import { formatTime } from './time.js'

/** The columns of `criu snapshots`. */
export function snapshotColumns({ parent }: SnapshotList): readonly Column<Snapshot>[] {
  return [
    { header: 'NAME', value: ({ name }) => name },
    { header: 'TAKEN', value: ({ snaptime }) => (snaptime === undefined ? undefined : formatTime(snaptime)) },
    { header: 'AFTER', value: (snapshot) => snapshot.parent },
    { header: 'CURRENT', value: ({ name }) => (name === parent ? 'goes on from here' : undefined) },
    { header: 'STATE', value: ({ snapstate }) => (snapstate === undefined ? 'whole' : `not whole (${snapstate})`) },
    { header: 'DESCRIPTION', value: ({ description }) => description.split('\n')[0] || undefined },
  ]
}

/** What a rollback will do, before it is done. */
export function rollbackText(preview: RollbackPreview, start: boolean): readonly string[] {
  const { running, options, taken, snapshot } = preview
  const when = taken === undefined ? '' : `, taken ${formatTime(taken)}`
  return [
    `Rolling back to '${snapshot}'${when}: what was written to the disks since is lost.`,
    running
      ? `The container runs: it is stopped at once, without being asked${start ? ', and started again' : ', and not started again (--start does)'}.`
      : start
        ? 'The container is stopped, and is started afterwards.'
        : 'The container is stopped, and stays so.',
    ...options.map((option) => `${optionText(option)}.`),
    'The description stays as it is now.',
  ]
}

const optionText = ({ key, now = 'not set', after = 'not set' }: RevertedOption): string =>
  `${key} goes back from ${now} to ${after}`
