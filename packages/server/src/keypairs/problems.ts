import type { Bare } from '../base/problem.ts'

/** What can go wrong with key pairs, hosts and their tasks. */
export interface KeypairProblems {
  KeypairNotFound: { readonly name: string }
  KeypairExists: { readonly name: string }
  /** The pair has no private key in custody. */
  PrivateKeyNotFound: { readonly name: string }
  /** The pair cannot go while hosts let its key in. */
  KeypairBound: { readonly name: string; readonly hosts: number }
  /** Hosts let in an earlier key of the pair only: what is in custody of it has to stay. */
  KeypairBehind: { readonly name: string; readonly hosts: number }
  /** A rotation of a pair that no host knows would only replace its private key. */
  KeypairNotBound: { readonly name: string }
  TaskNotFound: Bare
  HostNotFound: { readonly id: string }
  /** A task is working on the host, or waits for it. */
  HostBusy: { readonly id: string }
}

declare module '../base/problem.ts' {
  interface Problems extends KeypairProblems {}
}
