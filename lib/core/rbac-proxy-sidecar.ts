import { createHash } from 'node:crypto';
import { dirname } from 'node:path';
import { Construct } from 'constructs';
import type { Problems } from '../model/problem';
import type { ConfigMapKey, SecretKey } from '../model/references';
import { Images } from './images';
import { k8s } from './k8s';
import { MountedFiles } from './mounted-files';
import type { Access } from './rbac';
import type { ProxiedEndpoint, RbacProxy } from './rbac-proxy';
import { type ProxiedPort, RBAC_PROXY_CONFIG, RBAC_PROXY_ROOT, rbacProxyArguments } from './rbac-proxy-arguments';
import { SERVICE_ACCOUNT } from './service-account-files';
import { HARDENED, type Metadata, toResources, type WorkloadProps } from './workload';
import { toYaml } from './yaml';

/** A component that can be told to have kube-rbac-proxy in front. */
export interface ProxiedProps {
  /** kube-rbac-proxy in front of its ports; they speak https then. @default - none, and plain http */
  readonly rbacProxy?: RbacProxy;
}

/** The user of the proxy's image. */
const USER = 65532;
const CONFIG = 'kube-rbac-proxy-config';
const TOKEN = 'kube-rbac-proxy-token';

/**
 * What a component's pod gets for kube-rbac-proxy: one container per port, and their volumes. Without a proxy, nothing.
 *
 * The program's container keeps declaring its ports, although it is the proxy that listens on the pod's address: so
 * probes find them by name, and the `container` label of its series stays the same.
 */
export class RbacProxySidecar extends Construct {
  private readonly proxy: RbacProxy | undefined;
  private readonly files = new MountedFiles(RBAC_PROXY_ROOT);
  private readonly configuration: string | undefined;

  public constructor(
    scope: Construct,
    id: string,
    private readonly metadata: Metadata,
    private readonly props: WorkloadProps & ProxiedProps,
    private readonly ports: readonly ProxiedPort[],
  ) {
    super(scope, id);
    this.proxy = props.rbacProxy;
    const configuration = this.proxy?.authorization.configuration;
    if (configuration !== undefined) {
      this.configuration = toYaml(configuration);
      new k8s.KubeConfigMap(this, 'ConfigMap', {
        metadata: metadata.object('rbac-proxy'),
        data: { 'config.yaml': this.configuration },
      });
    }
  }

  /** The address on which the program must listen: the given one, or the loopback address behind the proxy. */
  public listenHost(otherwise: string): string {
    return this.proxy === undefined ? otherwise : '127.0.0.1';
  }

  /** How the kubelet's probes speak to the ports; for the options of `httpProbe`. */
  public get probe(): { readonly scheme?: 'HTTPS' } {
    return this.proxy === undefined ? {} : { scheme: 'HTTPS' };
  }

  /** How Prometheus reads the ports; for the options of the scrape target. */
  public get endpoint(): ProxiedEndpoint {
    const { name, namespace } = this.metadata;
    return this.proxy?.endpoint(`${name}.${namespace}.svc`) ?? {};
  }

  /** What the pod's ServiceAccount needs; where it needs any, the pod must reach the API server. */
  public get access(): readonly Access[] {
    return this.proxy?.access ?? [];
  }

  /** The proxies. */
  public get containers(): k8s.Container[] {
    const { proxy } = this;
    return proxy === undefined ? [] : this.ports.map((port) => this.container(proxy, port));
  }

  /** What the proxies read: certificates, who may read, and a token of their own that the program does not see. */
  public get volumes(): k8s.Volume[] {
    // Files are known when the containers have asked for them.
    if (this.containers.length === 0) {
      return [];
    }
    const config: k8s.Volume = { name: CONFIG, configMap: { name: `${this.metadata.name}-rbac-proxy` } };
    return [TOKEN_VOLUME, ...(this.configuration === undefined ? [] : [config]), ...this.files.volumes()];
  }

  /** Annotations of the pod: the proxy reads its configuration only when it starts. */
  public get podAnnotations(): Readonly<Record<string, string>> {
    return this.configuration === undefined
      ? {}
      : { 'checksum/rbac-proxy': createHash('sha256').update(this.configuration).digest('hex') };
  }

  /** Checks the proxy's settings. */
  public check(problems: Problems): void {
    this.proxy?.check('rbacProxy', problems);
  }

  private container({ settings }: RbacProxy, port: ProxiedPort): k8s.Container {
    const { images = Images.of(), userIds = 'fixed' } = this.props;
    // A reference that cannot be mounted is reported by the check, with everything else.
    const files = { path: (key: SecretKey | ConfigMapKey) => this.pathOf(key) };
    const args = rbacProxyArguments(settings, port, files);
    return {
      name: this.ports.length === 1 ? 'kube-rbac-proxy' : `kube-rbac-proxy-${port.name}`,
      image: images.reference('kube-rbac-proxy'),
      args,
      env: [{ name: 'POD_IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } }],
      resources: toResources(
        settings.resources ?? { requests: { cpu: '10m', memory: '32Mi' }, limits: { memory: '64Mi' } },
      ),
      securityContext: {
        ...HARDENED,
        runAsNonRoot: true,
        ...(userIds === 'fixed' && { runAsUser: USER, runAsGroup: USER }),
        seccompProfile: { type: 'RuntimeDefault' },
      },
      volumeMounts: [
        { name: TOKEN, mountPath: dirname(SERVICE_ACCOUNT.token), readOnly: true },
        ...(this.configuration === undefined
          ? []
          : [{ name: CONFIG, mountPath: dirname(RBAC_PROXY_CONFIG), readOnly: true }]),
        ...this.files.mounts(),
      ],
    };
  }

  private pathOf(key: SecretKey | ConfigMapKey): string {
    try {
      return this.files.path(key);
    } catch {
      return '';
    }
  }
}

/** Even where nothing is asked of the API server, the proxy does not start without these files. */
const TOKEN_VOLUME: k8s.Volume = {
  name: TOKEN,
  projected: {
    sources: [
      { serviceAccountToken: { path: 'token', expirationSeconds: 3607 } },
      { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
    ],
  },
};
