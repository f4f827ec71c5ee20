import type { SpanContext } from '@opentelemetry/api'

// W3C Trace Context, version 00: `00-<32 hex: trace>-<16 hex: span>-<2 hex: flags>`. A later version may have more after
// that. All zeroes are no id.
const HEADER = /^(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/

/** The span of another program that a call belongs to. What cannot be read is ignored, as the standard says. */
export function parentOf(header: string | undefined): SpanContext | undefined {
  const parts = header === undefined || header.length > 256 ? null : HEADER.exec(header.trim())
  if (!parts || (parts[1] === '00' && parts[5] !== undefined)) return undefined
  return {
    traceId: parts[2]!,
    spanId: parts[3]!,
    traceFlags: Number.parseInt(parts[4]!, 16) & 1,
    isRemote: true,
  }
}

/** The `traceresponse` header: which trace and span the answer belongs to, and whether it was kept. */
export function responseHeader({ traceId, spanId, traceFlags }: SpanContext): string {
  return `00-${traceId}-${spanId}-${(traceFlags & 1).toString(16).padStart(2, '0')}`
}
