import type { Storage } from '../core/storage';
import type { PrometheusProps } from './prometheus-props';

/** Share of a volume that blocks may take; the rest is for the write-ahead log and compaction. */
const RETENTION_SHARE = 0.8;

/** Bytes of blocks above which the oldest are deleted; undefined where neither that nor the volume's size is known. */
export function retentionSize(props: PrometheusProps, { bytes }: Storage): string | undefined {
  return (
    props.retentionSize ?? (bytes === undefined ? undefined : `${Math.floor((bytes * RETENTION_SHARE) / 2 ** 20)}MB`)
  );
}
