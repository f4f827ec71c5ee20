import { ROOT_CONTEXT, type Span, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { resourceFromAttributes } from '@opentelemetry/resources'
import {
  BasicTracerProvider,
  BatchSpanProcessor,
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
} from '@opentelemetry/sdk-trace-base'
import { type CallObserver, type CallWatch, newCallWatch } from '../../base/call-watch.ts'
import { serverVersion } from '../version.ts'
import { parentOf, responseHeader } from './context.ts'

/*
 * This file is loaded only where traces are on.
 *
 * INVARIANT: an attribute of a span holds what a metric's label could hold, and the request id: names of operations, codes
 * of problems, layers. No input, no resource, no caller, no value of a condition key.
 */

export interface Tracer extends CallObserver {
  /** Sends what is not sent yet, as far as the collector takes it. */
  close(): Promise<void>
}

/** How long a stop waits for the collector, in milliseconds. */
const LAST_SENDING = 3000

/** Traces calls to a collector: a span a call, and in it one a step. The collector may be away: calls never wait for it. */
export function createTracer({ url, share }: { readonly url: string; readonly share: number }): Tracer {
  const exporter = new OTLPTraceExporter({
    url: `${url.replace(/\/+$/, '').replace(/\/v1\/traces$/, '')}/v1/traces`,
  })
  const provider = new BasicTracerProvider({
    resource: resourceFromAttributes({ 'service.name': 'keyward', 'service.version': serverVersion }),
    sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(share) }),
    spanProcessors: [new BatchSpanProcessor(exporter, { scheduledDelayMillis: 1000 })],
  })
  const tracer = provider.getTracer('keyward', serverVersion)
  /** Spans are dated by the wall clock; what was measured is on the other. */
  const wall = (at: number) => performance.timeOrigin + at

  return Object.freeze<Tracer>({
    begin(source, parent) {
      const from = parentOf(parent)
      const context = from ? trace.setSpanContext(ROOT_CONTEXT, from) : ROOT_CONTEXT
      const kind = source === 'service' ? SpanKind.INTERNAL : SpanKind.SERVER
      return newCallWatch(source, tracer.startSpan('call', { kind }, context))
    },
    end(watch, status) {
      const span = watch.span as Span
      if (span.isRecording()) describe(span, watch, status)
      if (span.isRecording() && watch.steps) {
        const context = trace.setSpan(ROOT_CONTEXT, span)
        for (const { part, from, to } of watch.steps)
          tracer.startSpan(part, { startTime: wall(from), kind: SpanKind.INTERNAL }, context).end(wall(to))
      }
      span.end()
    },
    answerHeader: ({ span }) => responseHeader((span as Span).spanContext()),
    async close() {
      let timer: NodeJS.Timeout | undefined
      const late = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, LAST_SENDING)
      })
      await Promise.race([provider.shutdown().catch(() => {}), late])
      clearTimeout(timer)
    },
  })
}

function describe(span: Span, watch: CallWatch, status: number): void {
  const { source, operation, outcome, denied, requestId } = watch
  if (operation !== '') span.updateName(operation)
  span.setAttribute('keyward.wire', source)
  if (outcome !== '') span.setAttribute('keyward.outcome', outcome)
  if (requestId !== '') span.setAttribute('keyward.request_id', requestId)
  if (denied)
    span.setAttributes({ 'keyward.denied.layer': denied.layer, 'keyward.denied.reason': denied.reason })
  if (status > 0) span.setAttribute('http.response.status_code', status)
  if (status >= 500) span.setStatus({ code: SpanStatusCode.ERROR })
}
