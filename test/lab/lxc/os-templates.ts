import { chmod, copyFile, mkdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { command } from './command.js'

export type OsTemplate = 'busybox' | 'debian'

/** Which of the lab's root file systems stands for an OS template's volume id. Undefined: neither. */
export function osTemplateOf(volume: string): OsTemplate | undefined {
  const name = volume.split(/[:/]/).at(-1) ?? ''
  return (['busybox', 'debian'] as const).find((template) => name.startsWith(template))
}

/** Fills an empty folder. Both have busybox's init, which criu can dump. `debian`: tar file with the system. */
export async function fillRootfs(folder: string, template: OsTemplate, debian: string): Promise<void> {
  if (template === 'busybox') return fillBusybox(folder)
  await command('tar', '-C', folder, '--numeric-owner', '-xf', debian)
  await copyFile('/bin/busybox', join(folder, 'usr/sbin/busybox'))
  await symlink('busybox', join(folder, 'usr/sbin/init'))
}

async function fillBusybox(folder: string): Promise<void> {
  const folders = ['bin', 'sbin', 'usr/bin', 'usr/sbin', 'etc', 'dev', 'proc', 'sys', 'root', 'run', 'tmp', 'var/log']
  for (const name of folders) await mkdir(join(folder, name), { recursive: true })
  await chmod(join(folder, 'tmp'), 0o1777)
  await copyFile('/bin/busybox', join(folder, 'bin/busybox'))
  await command('chroot', folder, '/bin/busybox', '--install', '-s')
  await symlink('../bin/busybox', join(folder, 'sbin/busybox'))
  await writeFile(
    join(folder, 'etc/passwd'),
    'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n',
  )
  await writeFile(join(folder, 'etc/group'), 'root:x:0:\nnogroup:x:65534:\n')
}
