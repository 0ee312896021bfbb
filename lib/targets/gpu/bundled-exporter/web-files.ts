import { createHash } from 'node:crypto';
import { Construct } from 'constructs';
import { k8s } from '../../../core/k8s';
import { MountedFiles } from '../../../core/mounted-files';
import type { Metadata } from '../../../core/workload';
import { toYaml } from '../../../core/yaml';
import type { Problems } from '../../../model/problem';
import type { ConfigMapKey, SecretKey } from '../../../model/references';
import { renderWebConfig } from '../../../model/server-tls';
import type { GpuExporterProps } from './gpu-exporter-props';

const CONFIG = '/etc/gpu-exporter/web';
const FILES = '/etc/gpu-exporter/files';

/** The web configuration of the exporter, and the files that it names. Without `tls` and `webConfig`, nothing. */
export class WebFiles extends Construct {
  public readonly args: readonly string[];
  public readonly volumes: readonly k8s.Volume[];
  public readonly volumeMounts: readonly k8s.VolumeMount[];
  public readonly podAnnotations: Readonly<Record<string, string>>;

  public constructor(scope: Construct, id: string, metadata: Metadata, { tls, webConfig }: GpuExporterProps) {
    super(scope, id);
    const files = new MountedFiles(FILES);
    // A reference that cannot be mounted is reported by the check, with everything else.
    const path = (key: SecretKey | ConfigMapKey) => {
      try {
        return files.path(key);
      } catch {
        return '';
      }
    };
    if (webConfig !== undefined) {
      this.args = [`--web.config.file=${path(webConfig)}`];
      this.podAnnotations = {};
    } else if (tls !== undefined) {
      const text = toYaml(renderWebConfig(tls, { path }));
      new k8s.KubeConfigMap(this, 'ConfigMap', { metadata: metadata.object('web'), data: { 'web.yml': text } });
      this.args = [`--web.config.file=${CONFIG}/web.yml`];
      this.podAnnotations = { 'checksum/web': createHash('sha256').update(text).digest('hex') };
    } else {
      this.args = [];
      this.podAnnotations = {};
    }
    const own = tls !== undefined && webConfig === undefined;
    this.volumes = [...(own ? [{ name: 'web', configMap: { name: `${metadata.name}-web` } }] : []), ...files.volumes()];
    this.volumeMounts = [...(own ? [{ name: 'web', mountPath: CONFIG, readOnly: true }] : []), ...files.mounts()];
  }
}

/** Checks how the exporter serves. */
export function checkWebFiles({ tls, webConfig, rbacProxy }: GpuExporterProps, problems: Problems): void {
  for (const [property, key] of Object.entries({ 'tls.cert': tls?.cert, 'tls.key': tls?.key, webConfig })) {
    try {
      if (key !== undefined) {
        new MountedFiles(FILES).path(key);
      }
    } catch (error) {
      problems.add(property, (error as Error).message);
    }
  }
  if (tls !== undefined && webConfig !== undefined) {
    problems.add('webConfig', 'tls is given too. Allowed: one of them; a web configuration says everything itself.');
  }
  if (rbacProxy !== undefined && (tls !== undefined || webConfig !== undefined)) {
    problems.add(
      'rbacProxy',
      'tls or webConfig is given too. The proxy speaks HTTPS for the exporter: leave them out.',
    );
  }
}
