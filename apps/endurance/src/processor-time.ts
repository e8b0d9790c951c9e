/** Microseconds of processor time that this process has had. */
export function processorTime(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}
