/** What can go wrong with targets. */
export interface TargetProblems {
  TargetNotFound: { readonly id: string }
}

declare module '../../base/problem.ts' {
  interface Problems extends TargetProblems {}
}
