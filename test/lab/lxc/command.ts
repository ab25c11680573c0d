import { execFile } from 'node:child_process'

/** Runs a program of this node and answers its standard output. Rejects with what it said on stderr, or its status. */
export function command(program: string, ...argv: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(program, argv, { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 }, (error, stdout, stderr) => {
      if (error === null) return resolve(stdout)
      const status = error.signal ?? error.code
      reject(new Error(`command '${[program, ...argv].join(' ')}' failed: ${stderr.trim() || `exit code ${status}`}`))
    })
  })
}
