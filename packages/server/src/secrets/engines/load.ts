import type { Engine, EngineName } from './engine.ts'

/** The driver of an engine. Loaded when it is needed first: most services never need it. */
export async function engineOf(name: EngineName): Promise<Engine> {
  if (name === 'postgresql') return (await import('./postgres.ts')).postgres
  if (name === 'redis') return (await import('./redis.ts')).redis
  return (await import('./mysql.ts')).mysql
}
