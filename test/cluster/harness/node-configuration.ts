import { addresses } from './addresses';

/** Files of the node's programs, as text. Objects are written as JSON, which is YAML too. */

export const containerdSocket = '/run/containerd/containerd.sock';
export const pauseImage = 'registry.local/pause:1';
/** Pods that the kubelet runs by itself, as files in this folder of the run directory. */
export const staticPodFolder = 'static-pods';

export function kubeconfig(pkiFolder: string, user: string): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      {
        name: 'cluster',
        cluster: { server: `https://${addresses.node}:6443`, 'certificate-authority': `${pkiFolder}/ca.crt` },
      },
    ],
    users: [
      {
        name: user,
        user: { 'client-certificate': `${pkiFolder}/${user}.crt`, 'client-key': `${pkiFolder}/${user}.key` },
      },
    ],
    contexts: [{ name: 'cluster', context: { cluster: 'cluster', user } }],
    'current-context': 'cluster',
  });
}

export function kubeletConfiguration(runDirectory: string, cgroupRoot: string): string {
  return JSON.stringify({
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    failCgroupV1: false,
    cgroupDriver: 'cgroupfs',
    cgroupRoot: `/${cgroupRoot}`,
    containerRuntimeEndpoint: `unix://${containerdSocket}`,
    address: addresses.node,
    tlsCertFile: `${runDirectory}/pki/kubelet.crt`,
    tlsPrivateKeyFile: `${runDirectory}/pki/kubelet.key`,
    authentication: {
      anonymous: { enabled: false },
      webhook: { enabled: true },
      x509: { clientCAFile: `${runDirectory}/pki/ca.crt` },
    },
    authorization: { mode: 'Webhook' },
    // A minute by default: too long to wait for a changed ConfigMap in a test.
    syncFrequency: '10s',
    volumePluginDir: `${runDirectory}/volume-plugins`,
    staticPodPath: `${runDirectory}/${staticPodFolder}`,
    // Alpha in this release, and what the GPU exporter asks first.
    featureGates: { PodsAPI: true },
    makeIPTablesUtilChains: false,
    failSwapOn: false,
    enforceNodeAllocatable: [],
    evictionHard: { 'memory.available': '1Mi' },
    imageGCHighThresholdPercent: 100,
    resolvConf: '',
    clusterDNS: [addresses.dnsService],
    clusterDomain: 'cluster.local',
  });
}

/** Every pod has a link of its own to the node, so that the node's rules see what pods say to each other. */
export function podNetwork(ipamFolder: string): string {
  return JSON.stringify({
    cniVersion: '0.4.0',
    name: 'pods',
    plugins: [
      {
        type: 'ptp',
        ipMasq: false,
        ipam: {
          type: 'host-local',
          dataDir: ipamFolder,
          ranges: [[{ subnet: addresses.podSubnet }]],
          routes: [{ dst: '0.0.0.0/0' }],
        },
      },
      { type: 'portmap', capabilities: { portMappings: true } },
    ],
  });
}

/**
 * `restrict_oom_score_adj`: a virtual machine without CAP_SYS_RESOURCE may not lower a process' score, and runc then
 * fails without a word about it.
 */
export function containerdConfiguration(folders: { root: string; cni: string; registries: string }): string {
  return `version = 3
root = "${folders.root}"
state = "/run/containerd"
disabled_plugins = ["io.containerd.internal.v1.opt", "io.containerd.nri.v1.nri"]
[grpc]
  address = "${containerdSocket}"
[plugins.'io.containerd.cri.v1.images'.pinned_images]
  sandbox = "${pauseImage}"
[plugins.'io.containerd.cri.v1.images'.registry]
  config_path = "${folders.registries}"
[plugins.'io.containerd.cri.v1.runtime']
  restrict_oom_score_adj = true
  [plugins.'io.containerd.cri.v1.runtime'.cni]
    bin_dirs = ["/usr/lib/cni", "/opt/cni/bin"]
    conf_dir = "${folders.cni}"
`;
}

/** A registry that is nowhere: an image that was not loaded fails at once. */
export const noRegistry = 'server = "http://127.0.0.1:1"\n';

export const auditPolicy = JSON.stringify({
  apiVersion: 'audit.k8s.io/v1',
  kind: 'Policy',
  omitStages: ['RequestReceived'],
  rules: [{ level: 'Metadata' }],
});
