/** What is known of the connection and the envelope, apart from the caller and the operation's input. */
export interface Connection {
  readonly requestId: string
  /** The client's address, after the trusted-proxy rule. IPv4-mapped IPv6 is written as IPv4. */
  readonly sourceAddress: string
  /**
   * `0` without TLS, else `1.2` or `1.3` (design, section 5, "TLS"). `1.0`, the lowest, when a trusted proxy says that the
   * client came over TLS but not by which version.
   */
  readonly tlsVersion: string
  readonly userAgent: string | undefined
  readonly referer: string | undefined
  /** Time of receipt, by the service's clock, in milliseconds. */
  readonly receivedAt: number
}

/** A request identifier that must not be seen twice (Alibaba wires). */
export interface Nonce {
  /** Minutes since the epoch of the SIGNED timestamp: a replay carries the same one. */
  readonly bucket: number
  /** 16 bytes: a hash over access key id and nonce. */
  readonly id: Uint8Array
}
