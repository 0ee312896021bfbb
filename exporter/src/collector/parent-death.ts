const PR_SET_PDEATHSIG = 1;
const SIGKILL = 9;

/**
 * Has the kernel kill this process when the one that started it dies. A process that is blocked in a library does not see
 * that its channel closed, and would be left behind by an exporter that was killed.
 *
 * @see https://man7.org/linux/man-pages/man2/PR_SET_PDEATHSIG.2const.html
 */
export async function dieWithParent(): Promise<void> {
  const { default: koffi } = await import('koffi');
  const parent = process.ppid;
  const prctl = koffi.load(null).func('int prctl(int, unsigned long, unsigned long, unsigned long, unsigned long)');
  prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  // It may have died just before.
  if (process.ppid !== parent) process.exit(0);
}
