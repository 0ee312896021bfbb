const PROT_READ_WRITE = 3;
const MAP_SHARED = 1;
const MAP_FAILED = 0xffff_ffff_ffff_ffffn;

/**
 * Maps the beginning of a file, which has to be that long, into memory for as long as the process lives.
 *
 * @returns undefined where that is not possible
 * @see https://man7.org/linux/man-pages/man2/mmap.2.html
 */
export async function mapShared(fd: number, length: number): Promise<Buffer | undefined> {
  try {
    const { default: koffi } = await import('koffi');
    const mmap = koffi.load(null).func('void *mmap(void *, size_t, int, int, int, int64_t)');
    const address: unknown = mmap(null, length, PROT_READ_WRITE, MAP_SHARED, fd, 0);
    return address === MAP_FAILED || address === null ? undefined : Buffer.from(koffi.view(address, length));
  } catch {
    return undefined;
  }
}
