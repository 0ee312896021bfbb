import { addresses, nodeName } from './addresses';

/** A program of the node and its arguments; relative paths are in the run directory. */
export interface NodeProgram {
  readonly name: string;
  readonly args: readonly string[];
}

function secureServing(name: string): string[] {
  return [
    `--kubeconfig=${name}.kubeconfig`,
    `--authentication-kubeconfig=${name}.kubeconfig`,
    `--authorization-kubeconfig=${name}.kubeconfig`,
    `--bind-address=${addresses.node}`,
    `--tls-cert-file=pki/${name}.crt`,
    `--tls-private-key-file=pki/${name}.key`,
    '--leader-elect=false',
  ];
}

/** What must answer before the API server does. */
export const firstPrograms: readonly NodeProgram[] = [
  {
    name: 'etcd',
    args: [
      '--data-dir=etcd',
      '--unsafe-no-fsync',
      '--listen-client-urls=http://127.0.0.1:2379',
      '--advertise-client-urls=http://127.0.0.1:2379',
      `--listen-metrics-urls=http://${addresses.node}:2381`,
    ],
  },
  { name: 'containerd', args: ['--config=containerd.toml'] },
  {
    name: 'kube-apiserver',
    args: [
      '--etcd-servers=http://127.0.0.1:2379',
      `--bind-address=${addresses.node}`,
      `--advertise-address=${addresses.node}`,
      '--secure-port=6443',
      '--tls-cert-file=pki/kube-apiserver.crt',
      '--tls-private-key-file=pki/kube-apiserver.key',
      '--client-ca-file=pki/ca.crt',
      '--cert-dir=pki',
      '--kubelet-client-certificate=pki/kubelet-client.crt',
      '--kubelet-client-key=pki/kubelet-client.key',
      '--kubelet-certificate-authority=pki/ca.crt',
      '--kubelet-preferred-address-types=InternalIP',
      '--service-account-issuer=https://kubernetes.default.svc.cluster.local',
      '--service-account-key-file=pki/sa.pub',
      '--service-account-signing-key-file=pki/sa.key',
      '--authorization-mode=Node,RBAC',
      '--enable-admission-plugins=NodeRestriction',
      `--service-cluster-ip-range=${addresses.serviceSubnet}`,
      '--allow-privileged=true',
      '--audit-policy-file=audit-policy.json',
      '--audit-log-path=log/audit.log',
      '--audit-log-maxsize=10000',
    ],
  },
];

/** What needs the API server. */
export const laterPrograms: readonly NodeProgram[] = [
  {
    name: 'kube-controller-manager',
    args: [
      ...secureServing('kube-controller-manager'),
      '--service-account-private-key-file=pki/sa.key',
      '--root-ca-file=pki/ca.crt',
      '--flex-volume-plugin-dir=volume-plugins',
      '--use-service-account-credentials',
    ],
  },
  { name: 'kube-scheduler', args: secureServing('kube-scheduler') },
  {
    name: 'kube-proxy',
    args: [
      '--kubeconfig=kube-proxy.kubeconfig',
      '--proxy-mode=nftables',
      `--hostname-override=${nodeName}`,
      '--cluster-cidr=10.244.0.0/16',
      '--conntrack-max-per-core=0',
      `--metrics-bind-address=${addresses.node}:10249`,
    ],
  },
  {
    name: 'kubelet',
    args: [
      '--config=kubelet.json',
      '--kubeconfig=kubelet.kubeconfig',
      `--hostname-override=${nodeName}`,
      `--node-ip=${addresses.node}`,
    ],
  },
];
