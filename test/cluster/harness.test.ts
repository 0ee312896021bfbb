import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { addresses, nodeName } from './harness/addresses';
import { readAuditLog, summarizeByServiceAccount } from './harness/audit-log';
import { Cluster } from './harness/cluster';
import { readConnections } from './harness/connections';
import { eventually } from './harness/eventually';
import { createLocalVolumes } from './harness/local-volumes';
import { testCluster } from './harness/test-cluster';

const namespace = 'harness-test';
const toolboxImage = 'registry.local/toolbox:1';

interface Pod {
  readonly status: {
    readonly phase: string;
    readonly podIP?: string;
    readonly containerStatuses?: readonly { readonly state: { readonly waiting?: { readonly reason: string } } }[];
  };
}

/** As strict a pod as the library makes: whatever runs here must run without rights. */
const restricted = {
  allowPrivilegeEscalation: false,
  capabilities: { drop: ['ALL'] },
  readOnlyRootFilesystem: true,
};

function pod(name: string, args: readonly string[], extra: object = {}, image = toolboxImage): object {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace, labels: { app: name } },
    spec: {
      restartPolicy: 'Never',
      terminationGracePeriodSeconds: 1,
      securityContext: { runAsNonRoot: true, fsGroup: 2000, seccompProfile: { type: 'RuntimeDefault' } },
      containers: [{ name: 'main', image, args, securityContext: restricted, ...extra }],
    },
  };
}

describe('the cluster of the tests', () => {
  const cluster = testCluster();

  /** Runs a pod to its end and returns what it printed. */
  const runPod = async (name: string, args: readonly string[], changes: object = {}): Promise<string> => {
    const object = pod(name, args) as { spec: object };
    await cluster.apply([{ ...object, spec: { ...object.spec, ...changes } }]);
    await eventually(`end of pod ${name}`, async () => {
      const { status } = await cluster.get<Pod>(['pod', '-n', namespace, name]);
      expect(['Succeeded', 'Failed']).toContain(status.phase);
    });
    return cluster.containerLog(namespace, name);
  };

  beforeAll(async () => {
    await cluster.images.loadFor([toolboxImage, 'registry.local/webhook-receiver:1']);
    const labels = { 'pod-security.kubernetes.io/enforce': 'restricted' };
    await cluster.apply([
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace, labels } },
      { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'metrics-reader', namespace } },
      {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'ClusterRole',
        metadata: { name: 'harness-test-metrics-reader' },
        rules: [
          { apiGroups: [''], resources: ['nodes/metrics'], verbs: ['get'] },
          { nonResourceURLs: ['/metrics'], verbs: ['get'] },
        ],
      },
      {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'ClusterRoleBinding',
        metadata: { name: 'harness-test-metrics-reader' },
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'harness-test-metrics-reader' },
        subjects: [{ kind: 'ServiceAccount', name: 'metrics-reader', namespace }],
      },
    ]);
    await eventually('default ServiceAccount', () => cluster.get(['serviceaccount', '-n', namespace, 'default']));
  });

  it('has a ready node that carries its name', async () => {
    const nodes = await cluster.get<{ items: { metadata: { name: string } }[] }>(['nodes']);
    expect(nodes.items.map((node) => node.metadata.name)).toEqual([nodeName]);
  });

  it('resolves Services in a pod', async () => {
    const answer = await runPod('resolve', ['resolve', 'kube-dns.kube-system.svc.cluster.local']);
    expect(answer.trim()).toBe(addresses.dnsService);
  });

  it('has the DNS Service that kubeadm makes, with its metrics', async () => {
    const answer = await runPod('dns-metrics', ['get', 'http://kube-dns.kube-system.svc:9153/metrics']);
    expect(answer).toContain('coredns_build_info');
  });

  it('lets a ServiceAccount read metrics over verified TLS and writes all into the audit log', async () => {
    const account = '/var/run/secrets/kubernetes.io/serviceaccount';
    const get = ['get', '--ca', `${account}/ca.crt`, '--token', `${account}/token`];
    const asReader = { serviceAccountName: 'metrics-reader' };
    const kubelet = `https://${addresses.node}:10250`;
    expect(await runPod('kubelet', [...get, `${kubelet}/metrics`], asReader)).toContain('kubelet_node_name');
    expect(await runPod('cadvisor', [...get, `${kubelet}/metrics/cadvisor`], asReader)).toMatch(
      /container_memory_working_set_bytes\{container="coredns",.*namespace="kube-system"/,
    );
    const apiServer = 'https://kubernetes.default.svc';
    expect(await runPod('api', [...get, `${apiServer}/metrics`], asReader)).toContain('apiserver_request_total');
    const forbidden = await runPod('forbidden', [...get, `${apiServer}/api/v1/namespaces/default/secrets`], asReader);
    expect(forbidden).toContain('forbidden');

    const requests = await readAuditLog(cluster.path('log', 'audit.log'));
    expect(summarizeByServiceAccount(requests).get(`${namespace}/metrics-reader`)).toEqual([
      { verb: 'get', target: '/metrics', namespace: '', allowed: 1, forbidden: 0 },
      { verb: 'list', target: 'secrets', namespace: 'default', allowed: 0, forbidden: 1 },
    ]);
    const watching = summarizeByServiceAccount(requests).get('kube-system/coredns');
    expect(watching).toContainEqual(
      expect.objectContaining({ verb: 'watch', target: 'discovery.k8s.io/endpointslices', forbidden: 0 }),
    );
  });

  it('binds claims to local volumes that a pod without rights can write', async () => {
    await createLocalVolumes(cluster, { count: 1, capacity: '1Gi', name: 'harness-test' });
    const claim = {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { name: 'data', namespace },
      spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
    };
    await cluster.apply([claim]);
    await runPod('writer', ['write', '/data/file'], {
      volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'data' } }],
      containers: [
        {
          name: 'main',
          image: toolboxImage,
          args: ['write', '/data/file', 'content'],
          securityContext: restricted,
          volumeMounts: [{ name: 'data', mountPath: '/data' }],
        },
      ],
    });
    const bound = await cluster.get<{ status: { phase: string } }>(['pvc', '-n', namespace, 'data']);
    expect(bound.status.phase).toBe('Bound');
    expect(readFileSync(cluster.path('volumes', 'harness-test-0', 'file'), 'utf8')).toBe('content');
  });

  it('fails at once for an image that was not loaded', async () => {
    await cluster.apply([pod('no-image', [], {}, 'quay.io/prometheus/prometheus:no-such-tag')]);
    const timeoutMilliseconds = 10_000;
    await eventually(
      'failed pull',
      async () => {
        const { status } = await cluster.get<Pod>(['pod', '-n', namespace, 'no-image']);
        expect(status.containerStatuses?.[0]?.state.waiting?.reason).toMatch(/^(ErrImagePull|ImagePullBackOff)$/);
      },
      { timeoutMilliseconds },
    );
  });

  it('refuses images that it does not know and digests that it cannot have', async () => {
    await expect(cluster.images.loadFor(['example.org/unknown:1'])).rejects.toThrow(
      'no recipe for example.org/unknown:1',
    );
    const digest = `registry.local/toolbox@sha256:${'0'.repeat(64)}`;
    await expect(cluster.images.loadFor([digest])).rejects.toThrow('cannot have the digest of the real one');
  });

  it('enforces pod security', async () => {
    const privileged = pod('privileged', [], { securityContext: { privileged: true } });
    await expect(cluster.apply([privileged])).rejects.toThrow('violates PodSecurity');
  });

  it('records connections from pod to pod, also through a Service', async () => {
    const receiver = pod('receiver', [], { ports: [{ containerPort: 8080 }] }, 'registry.local/webhook-receiver:1');
    const ports = [{ port: 80, targetPort: 8080 }];
    const service = {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'receiver', namespace },
      spec: { selector: { app: 'receiver' }, ports },
    };
    await cluster.apply([receiver, service]);
    await cluster.kubectl(['wait', '-n', namespace, '--for=condition=Ready', 'pod/receiver', '--timeout=60s']);
    expect(await runPod('client', ['get', `http://receiver.${namespace}.svc/received`])).toBe('[]\n');

    const ipOf = async (name: string) => (await cluster.get<Pod>(['pod', '-n', namespace, name])).status.podIP;
    const expected = { source: await ipOf('client'), destination: await ipOf('receiver'), port: 8080, protocol: 'TCP' };
    expect(await readConnections(cluster)).toContainEqual(expected);
  });
});

describe('a second cluster', () => {
  it('runs beside the first, and leaves no process, control group or file but its logs', async () => {
    const first = testCluster();
    const second = await Cluster.up({ tools: first.handle.tools });
    const { init, runDirectory } = second.handle;
    const mark = runDirectory.slice(-6);
    const processes = () =>
      readdirSync('/proc').filter((entry) => {
        return /^\d+$/.test(entry) && commandLine(entry).includes(runDirectory);
      });
    expect(processes().length).toBeGreaterThan(8);
    await second.down();

    expect(processes()).toEqual([]);
    expect(existsSync(`/proc/${init.pid}`)).toBe(false);
    expect(
      readdirSync('/sys/fs/cgroup').flatMap((folder) => groups(folder).filter((name) => name.endsWith(mark))),
    ).toEqual([]);
    expect(readdirSync(runDirectory).sort()).toEqual(['log', 'state.json']);
    expect(await first.kubectl(['get', '--raw', '/readyz'])).toBe('ok');
  });
});

function commandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return '';
  }
}

function groups(folder: string): string[] {
  try {
    return readdirSync(`/sys/fs/cgroup/${folder}`);
  } catch {
    return [];
  }
}
