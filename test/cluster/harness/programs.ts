/** How the programs of one Go module are built. */
export interface ModuleRecipe {
  readonly module: string;
  readonly version: string;
  /** Program name and the package that holds its `main`. */
  readonly programs: Readonly<Record<string, string>>;
  /** `replace` lines that the module needs because it is built from outside. */
  readonly replaces?: readonly string[];
  /** The module requires its own submodules at v0.0.0, which exist only under this version. */
  readonly stagingVersion?: string;
  /** Files that the released module lacks although it embeds them, by path. */
  readonly missingFiles?: Readonly<Record<string, string>>;
  readonly tags?: string;
  readonly linkerFlags?: string;
}

const kubernetesVersion = '1.36.3';
const containerd = 'github.com/containerd/containerd/v2';
const prometheus = 'github.com/prometheus/prometheus';
const alertmanager = 'github.com/prometheus/alertmanager';
const operator = 'github.com/prometheus-operator/prometheus-operator';
const operatorVersion = 'v0.93.0';
const kubeRbacProxy = 'github.com/brancz/kube-rbac-proxy';

/** The module that also brings the operator's custom resource definitions. */
export const operatorModule = { module: operator, version: operatorVersion };

/** Everything that runs on the node, with the one version of each. Newer releases may ask for a newer Go. */
export const moduleRecipes: readonly ModuleRecipe[] = [
  {
    module: 'k8s.io/kubernetes',
    version: `v${kubernetesVersion}`,
    programs: Object.fromEntries(
      ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'kubelet', 'kube-proxy', 'kubectl'].map(
        (program) => [program, `k8s.io/kubernetes/cmd/${program}`],
      ),
    ),
    stagingVersion: `v0.${kubernetesVersion.slice(2)}`,
    linkerFlags: ['k8s.io/component-base/version', 'k8s.io/client-go/pkg/version']
      .map((path) => `-X ${path}.gitVersion=v${kubernetesVersion}`)
      .join(' '),
  },
  {
    module: 'go.etcd.io/etcd/server/v3',
    version: 'v3.7.3',
    programs: { etcd: 'go.etcd.io/etcd/server/v3' },
  },
  {
    module: containerd,
    version: 'v2.4.2',
    programs: {
      containerd: `${containerd}/cmd/containerd`,
      'containerd-shim-runc-v2': `${containerd}/cmd/containerd-shim-runc-v2`,
      ctr: `${containerd}/cmd/ctr`,
    },
  },
  {
    module: 'github.com/coredns/coredns',
    version: 'v1.15.0',
    programs: { coredns: 'github.com/coredns/coredns' },
    replaces: ['cloud.google.com/go => cloud.google.com/go v0.123.0'],
  },
  {
    module: prometheus,
    version: 'v0.315.0',
    programs: { prometheus: `${prometheus}/cmd/prometheus`, promtool: `${prometheus}/cmd/promtool` },
    // Without the clouds' service discoveries the build takes two thirds of the time.
    tags: 'remove_all_sd,enable_kubernetes_sd,enable_dns_sd',
  },
  {
    module: alertmanager,
    version: 'v0.34.2',
    programs: { alertmanager: `${alertmanager}/cmd/alertmanager`, amtool: `${alertmanager}/cmd/amtool` },
    missingFiles: { 'ui/app/dist/index.html': '<html></html>\n' },
  },
  {
    module: operator,
    version: operatorVersion,
    programs: {
      'prometheus-config-reloader': `${operator}/cmd/prometheus-config-reloader`,
      'prometheus-operator': `${operator}/cmd/operator`,
    },
    replaces: ['pkg/apis/monitoring', 'pkg/client'].map(
      (path) => `${operator}/${path} => ${operator}/${path} ${operatorVersion}`,
    ),
  },
  {
    module: kubeRbacProxy,
    version: 'v0.22.1',
    programs: { 'kube-rbac-proxy': `${kubeRbacProxy}/cmd/kube-rbac-proxy` },
  },
  {
    module: 'k8s.io/kube-state-metrics/v2',
    version: 'v2.20.0',
    programs: { 'kube-state-metrics': 'k8s.io/kube-state-metrics/v2' },
  },
  {
    module: 'github.com/prometheus/node_exporter',
    version: 'v1.12.1',
    programs: { node_exporter: 'github.com/prometheus/node_exporter' },
  },
];

/** Programs of our own, for what cannot be built here: folders beside this one with a `go.mod` each. */
export const localPrograms: readonly string[] = ['exporter-stand-in', 'grafana-stand-in', 'toolbox'];
