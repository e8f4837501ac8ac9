import { ConnectionError } from '../../errors.js'

/** The error's text, without the address in front where it begins with one. */
export function problemOf(error: unknown): string {
  if (!(error instanceof ConnectionError)) return String(error)
  return error.message
    .slice(error.address.length + 2)
    .trim()
    .replace(/\.$/, '')
}

/** What to do about the alert by which a TLS server refused us; `undefined` where it is not about our certificate. */
export function certificateAdvice(error: unknown): string | undefined {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  if (/ALERT_CERTIFICATE_REQUIRED/.test(code)) return 'it asks for a certificate of ours; give tls.cert and tls.key'
  if (/ALERT_(UNKNOWN_CA|(BAD|UNSUPPORTED)_CERTIFICATE|CERTIFICATE_\w+)/.test(code))
    return 'it refuses the certificate in tls.cert, which must be valid now, and of an authority that the server trusts'
  return undefined
}
