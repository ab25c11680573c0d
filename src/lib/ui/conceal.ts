/** The text with every occurrence of a secret replaced, in case a foreign error message holds one. */
export function conceal(text: string, secrets: readonly string[]): string {
  return secrets.reduce((rest, secret) => rest.replaceAll(secret, '***'), text)
}
