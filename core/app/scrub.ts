/** Takes secrets out of text before it is written anywhere. */

const PATTERNS: readonly (readonly [RegExp, string])[] = [
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g, '[private key]'],
  [/\bLTAI[A-Za-z0-9]{12,}/g, '[access key]'],
  [/\bSTS\.[A-Za-z0-9]{12,}/g, '[access key]'],
  [/\bxox[a-z]-[A-Za-z0-9-]{6,}/g, '[slack token]'],
  [/\bxapp-[A-Za-z0-9-]{6,}/g, '[slack token]'],
  [/\bgh[pousr]_[A-Za-z0-9]{16,}/g, '[github token]'],
  [/\bgithub_pat_[A-Za-z0-9_]{16,}/g, '[github token]'],
  [/\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*/g, '[jwt]'],
  [/\b(postgres(?:ql)?:\/\/[^:@\s/"]*):[^@\s"]*@/g, '$1:[password]@'],
  [/\b([Bb]earer) [A-Za-z0-9._~+/=-]{8,}/g, '$1 [token]'],
]

/** What is known to look like a secret, and every secret of the configuration, word for word. */
export function scrubber(secrets: readonly string[]): (text: string) => string {
  // A secret stands in a JSON line with its quotes and backslashes escaped.
  const exact = secrets.flatMap((secret) => [secret, JSON.stringify(secret).slice(1, -1)])
  return (text) => {
    let clean = text
    for (const secret of exact) clean = clean.replaceAll(secret, '[secret]')
    for (const [pattern, instead] of PATTERNS) clean = clean.replace(pattern, instead)
    return clean
  }
}
