import type { BaseAgent, IdentityCallback, ParsedKey } from 'ssh2'

/** The ssh-agent at `socket`, which offers only the keys given, whatever else it holds. */
export async function agentWith(socket: string, keys: readonly ParsedKey[]): Promise<BaseAgent> {
  const { default: ssh2 } = await import('ssh2')
  const wanted = new Set(keys.map(fingerprintOf))
  class ChosenKeys extends ssh2.OpenSSHAgent {
    override getIdentities(done: IdentityCallback<ParsedKey>): void {
      super.getIdentities((error, held) => {
        done(
          error,
          held?.filter((key) => 'getPublicSSH' in key && wanted.has(fingerprintOf(key))),
        )
      })
    }
  }
  return new ChosenKeys(socket)
}

const fingerprintOf = (key: ParsedKey): string => key.getPublicSSH().toString('base64')
