import type { Socket } from 'node:net'

/** Status lines for what never became a request. */
const STATUS: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
}

/** How long the answer may take on its way, in milliseconds. */
const PATIENCE = 1000

/** Answers bytes that are not HTTP, or headers that are too long, in plain, and ends the connection. */
export function answerMalformed(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy()
    return
  }
  const status = STATUS[error.code ?? ''] ?? '400 Bad Request'
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
  // A client that does not close its side is not waited for.
  const cut = setTimeout(() => socket.destroy(), PATIENCE)
  cut.unref()
  socket.once('close', () => clearTimeout(cut))
}
