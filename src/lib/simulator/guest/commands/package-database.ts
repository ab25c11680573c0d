import type { FileSystem } from '../files/file-system.js'

const STATUS = '/var/lib/dpkg/status'

export interface InstalledPackage {
  readonly name: string
  readonly version: string
}

/** The packages that /var/lib/dpkg/status records as installed. */
export function installedPackages(files: FileSystem): readonly InstalledPackage[] {
  if (!files.exists(STATUS)) return []
  return files
    .readText(STATUS)
    .split('\n\n')
    .flatMap((entry) => {
      const name = /^Package: (.*)$/m.exec(entry)?.[1]
      const version = /^Version: (.*)$/m.exec(entry)?.[1] ?? ''
      return name === undefined ? [] : [{ name, version }]
    })
}

export function installedPackage(files: FileSystem, name: string): InstalledPackage | undefined {
  return installedPackages(files).find((one) => one.name === name)
}

export function recordPackage(files: FileSystem, { name, version }: InstalledPackage): void {
  forgetPackage(files, name)
  files.append(STATUS, `${packageEntry({ name, version })}\n`)
}

export function forgetPackage(files: FileSystem, name: string): void {
  const entries = installedPackages(files).filter((one) => one.name !== name)
  files.write(STATUS, entries.map((one) => `${packageEntry(one)}\n`).join(''))
}

export function packageEntry({ name, version }: InstalledPackage): string {
  return `Package: ${name}\nStatus: install ok installed\nPriority: optional\nSection: misc\nArchitecture: amd64\nVersion: ${version}\nDescription: ${name}\n`
}
