/**
 * CPU time that work takes in this process, in milliseconds: what else the machine does hardly shows in it. For tests that
 * compare two sizes of the same work, never for a bound in milliseconds.
 */
export async function cpuOf(work: () => unknown): Promise<number> {
  const before = process.cpuUsage()
  await work()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1000
}
