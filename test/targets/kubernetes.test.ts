import { describe, expect, it } from 'vitest';
import { ClusterProfile } from '../../lib/core/cluster-profile';
import { ruleGroups } from '../../lib/model/monitoring-pack';
import { ConfigMapKey } from '../../lib/model/references';
import { ScrapeTarget } from '../../lib/model/scrape/scrape-target';
import { type KubernetesOptions, kubernetesPacks } from '../../lib/targets/kubernetes/kubernetes';

const CONTROL_PLANE = ['kube-scheduler', 'kube-controller-manager', 'etcd', 'kube-proxy'];

function jobs(profile: ClusterProfile, options?: KubernetesOptions): readonly string[] {
  return kubernetesPacks(profile, options).flatMap(({ targets = [] }) => targets.map(({ job }) => job));
}

function controlPlane(profile: ClusterProfile): readonly string[] {
  return jobs(profile).filter((job) => CONTROL_PLANE.includes(job));
}

describe('a profile decides which parts of the control plane are scraped', () => {
  it.each<[string, ClusterProfile, readonly string[]]>([
    ['kubeadm, which binds to the loopback address', ClusterProfile.kubeadm('a'), []],
    ['kubeadm, opened', ClusterProfile.kubeadm('a', { exposesControlPlane: true }), CONTROL_PLANE],
    ['RKE2, opened', ClusterProfile.rke2('a', { exposesControlPlane: true }), CONTROL_PLANE],
    ['EKS', ClusterProfile.eks('a'), []],
    ['EKS with kube-proxy opened', ClusterProfile.eks('a', { exposesKubeProxy: true }), ['kube-proxy']],
    ['GKE', ClusterProfile.gke('a'), []],
    ['AKS', ClusterProfile.aks('a'), []],
    ['k3s', ClusterProfile.k3s('a'), []],
    ['OpenShift', ClusterProfile.openShift('a'), []],
    [
      'any other, by address',
      ClusterProfile.custom('a', { controlPlane: { etcd: ScrapeTarget.hosts(['10.0.0.1:2381'], { job: 'etcd' }) } }),
      ['etcd'],
    ],
  ])('%s', (_name, profile, expected) => {
    expect(controlPlane(profile)).toEqual(expected);
    // Rules come and go with the target: none waits for what nobody serves.
    const text = JSON.stringify(kubernetesPacks(profile).flatMap(ruleGroups));
    for (const job of CONTROL_PLANE) {
      expect(text.includes(`job=\\"${job}\\"`), job).toBe(expected.includes(job));
    }
  });

  it('and says why', () => {
    for (const make of [
      ClusterProfile.kubeadm,
      ClusterProfile.eks,
      ClusterProfile.gke,
      ClusterProfile.aks,
      ClusterProfile.k3s,
      ClusterProfile.rke2,
      ClusterProfile.openShift,
    ]) {
      expect(make('a').notes.length).toBeGreaterThan(0);
    }
  });
});

it('verifies the control plane too, unless the user says otherwise', () => {
  const tls = (options: object) =>
    ClusterProfile.kubeadm('a', { exposesControlPlane: true, ...options }).controlPlane['kube-scheduler']?.options.tls;
  expect(tls({})).toEqual({ ca: '/var/run/secrets/kubernetes.io/serviceaccount/ca.crt' });
  expect(tls({ controlPlaneTls: { insecureSkipVerify: true } })).toEqual({ insecureSkipVerify: true });
});

describe('the kubelet', () => {
  const targets = (profile: ClusterProfile) => kubernetesPacks(profile).flatMap((pack) => pack.targets ?? []);
  const tls = (profile: ClusterProfile) => targets(profile).find(({ job }) => job === 'cadvisor')?.options.tls;

  it('is verified by the authority of the cluster unless the user says otherwise', () => {
    expect(tls(ClusterProfile.kubeadm('a'))).toEqual({ ca: '/var/run/secrets/kubernetes.io/serviceaccount/ca.crt' });
    const ca = ConfigMapKey.of('kubelet-serving-ca', 'ca-bundle.crt');
    expect(tls(ClusterProfile.openShift('a', { kubeletTls: { ca } }))).toEqual({ ca });
  });

  it('can be reached through the API server', () => {
    const profile = ClusterProfile.gke('a', {
      kubeletThroughApiServer: true,
      kubeletTls: { insecureSkipVerify: true },
    });
    expect(targets(profile).find(({ job }) => job === 'kubelet')?.discovery).toMatchObject({ throughApiServer: true });
    expect(tls(profile)).toEqual({ ca: '/var/run/secrets/kubernetes.io/serviceaccount/ca.crt' });
  });
});

it('leaves out each part that is not wanted', () => {
  const all = jobs(ClusterProfile.kubeadm('a'));
  expect(all).toEqual([
    'apiserver',
    'kubelet',
    'cadvisor',
    'kubelet-probes',
    'coredns',
    'kubernetes-pods',
    'kubernetes-service-endpoints',
  ]);
  const off: Required<
    Pick<
      KubernetesOptions,
      'apiServer' | 'kubelet' | 'cadvisor' | 'probes' | 'coreDns' | 'annotatedPods' | 'annotatedServices'
    >
  > = {
    apiServer: false,
    kubelet: false,
    cadvisor: false,
    probes: false,
    coreDns: false,
    annotatedPods: false,
    annotatedServices: false,
  };
  expect(jobs(ClusterProfile.kubeadm('a'), off)).toEqual([]);
  for (const option of Object.keys(off)) {
    expect(jobs(ClusterProfile.kubeadm('a'), { [option]: false })).toHaveLength(all.length - 1);
  }
});

it('passes intervals and thresholds on', () => {
  const packs = kubernetesPacks(ClusterProfile.kubeadm('a'), {
    cadvisorInterval: '15s',
    containerCpuThreshold: 0.123,
    containerMemoryThreshold: 0.456,
  });
  const cadvisor = packs.find(({ name }) => name === 'cadvisor');
  expect(cadvisor?.targets?.[0]?.endpoints[0]?.interval).toBe('15s');
  const text = JSON.stringify(cadvisor?.rules);
  expect(text).toContain('0.123');
  expect(text).toContain('0.456');
});

describe('a scrape class for files of the container', () => {
  const SECURED = ['apiserver', 'kubelet', 'cadvisor', 'kubelet-probes'];
  const classes = (profile: ClusterProfile, scrapeClass?: string) =>
    kubernetesPacks(profile, scrapeClass === undefined ? {} : { scrapeClass })
      .flatMap(({ targets = [] }) => targets)
      .flatMap(({ job, options }) => (options.scrapeClass === undefined ? [] : [[job, options.scrapeClass]]));

  it('is named by the targets that need them, and by no other', () => {
    expect(classes(ClusterProfile.kubeadm('a'))).toEqual([]);
    expect(classes(ClusterProfile.kubeadm('a'), 'account')).toEqual(SECURED.map((job) => [job, 'account']));
  });

  it('is named by the control plane as well, unless that has a class of its own', () => {
    const options = { scheme: 'https', tls: { ca: '/ca.crt' } } as const;
    const etcd = ScrapeTarget.hosts(['10.0.0.1:2381'], { job: 'etcd', ...options, scrapeClass: 'etcd' });
    const profile = ClusterProfile.kubeadm('a', { exposesControlPlane: true, controlPlane: { etcd } });
    expect(classes(profile, 'account').slice(SECURED.length)).toEqual([
      ['kube-scheduler', 'account'],
      ['kube-controller-manager', 'account'],
      ['etcd', 'etcd'],
    ]);
  });
});
