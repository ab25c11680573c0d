import type { ContainerConfig } from './container-config.js'

/** The raw text of the configuration file (PVE-FACTS 4.1). Throws 500 on a value with a newline. */
export function formatConfigFile(_config: ContainerConfig): string {
  throw new Error('being built')
}

/** Reads the text back; lines that are no configuration are ignored, as Proxmox only warns about them. */
export function parseConfigFile(_text: string): ContainerConfig {
  throw new Error('being built')
}

/** SHA-1 of the whole raw file, in hexadecimal. */
export function configDigest(_config: ContainerConfig): string {
  throw new Error('being built')
}

/** What a reader finds after the configuration was written: the engine stores this one, so that the quirks of the file format show. */
export function asWritten(config: ContainerConfig): ContainerConfig {
  return parseConfigFile(formatConfigFile(config))
}
