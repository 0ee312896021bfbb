import { Chart } from 'cdk8s';
import type { Construct } from 'constructs';
import { metaName } from '../model/label';
import type { Problems } from '../model/problem';
import { checkQuantity, parseQuantity } from '../model/quantity';
import { type ClusterNetwork, DEFAULT_CLUSTER_NETWORK } from './cluster-network';
import type { Images } from './images';
import { k8s } from './k8s';
import { type Identity, recommendedLabels, selectorLabels } from './labels';

/** What a container asks for and may use, as Kubernetes quantities: `{ cpu: '100m', memory: '400Mi' }`. */
export interface Resources {
  /** @default - nothing is reserved */
  readonly requests?: Readonly<Record<string, string>>;
  /** @default - no limit */
  readonly limits?: Readonly<Record<string, string>>;
}

/** What every component can be told about its objects and pods. */
export interface WorkloadProps {
  /** Name of the objects, and the instance in their labels. @default - the name of the program, such as `prometheus` */
  readonly name?: string;
  /** Namespace of the objects. @default - that of the Chart, or `monitoring` */
  readonly namespace?: string;
  /** Labels of every object, beside the recommended ones. @default - none */
  readonly labels?: Readonly<Record<string, string>>;
  /** Annotations of every object. @default - none */
  readonly annotations?: Readonly<Record<string, string>>;
  /** Labels of the pods alone. @default - none */
  readonly podLabels?: Readonly<Record<string, string>>;
  /** Annotations of the pods alone. @default - none */
  readonly podAnnotations?: Readonly<Record<string, string>>;
  /** Where the images come from. @default - the pinned upstream images */
  readonly images?: Images;
  /** Secrets by which images are pulled. @default - none */
  readonly imagePullSecrets?: readonly string[];
  /** Requests and limits of the main container. @default - see the component */
  readonly resources?: Resources;
  /** Labels that a node must have. @default - `kubernetes.io/os: linux` */
  readonly nodeSelector?: Readonly<Record<string, string>>;
  /** Taints that are tolerated. @default - see the component */
  readonly tolerations?: readonly k8s.Toleration[];
  /** Where pods go. @default - replicas avoid each other's nodes */
  readonly affinity?: k8s.Affinity;
  /** How replicas are spread. @default - not beyond the affinity */
  readonly topologySpreadConstraints?: readonly k8s.TopologySpreadConstraint[];
  /** @default - see the component */
  readonly priorityClassName?: string;
  /** Further command line flags of the program, as they are. @default - none */
  readonly extraArgs?: readonly string[];
  /** Further environment variables of the program. @default - none */
  readonly extraEnv?: readonly k8s.EnvVar[];
  /** Makes a NetworkPolicy from the connections that the component has. @default true */
  readonly networkPolicy?: boolean;
  /** Runs as the user that is usual for the program, or as the one that the platform assigns, as OpenShift does. @default fixed */
  readonly userIds?: 'fixed' | 'assigned';
  /** Addresses of the cluster's own services, for the NetworkPolicy. @default - CoreDNS in kube-system, any API server */
  readonly network?: ClusterNetwork;
}

/** The identity and the metadata of a component, resolved from its props. */
export interface Metadata extends Identity {
  /** Metadata of an object: of the component's own name, or with a suffix, and with labels of its own. */
  object(suffix?: string, labels?: Readonly<Record<string, string>>): k8s.ObjectMeta;
  /** Metadata of the pod template. */
  pod(annotations?: Readonly<Record<string, string>>): k8s.ObjectMeta;
  /** The selector of the pods. */
  readonly selector: Readonly<Record<string, string>>;
  /** Addresses of the cluster's own services. */
  readonly network: ClusterNetwork;
}

/** Resolves names, namespace and labels once, so that nothing can differ between two objects. */
export function metadataOf(component: string, props: WorkloadProps, scope: Construct): Metadata {
  const namespace = props.namespace ?? Chart.of(scope).namespace ?? 'monitoring';
  const identity: Identity = { component, name: props.name ?? component, namespace };
  const labels = { ...props.labels, ...recommendedLabels(identity) };
  const withAnnotations = (own: Readonly<Record<string, string>>) => {
    const all = { ...props.annotations, ...own };
    return Object.keys(all).length === 0 ? {} : { annotations: all };
  };
  return {
    ...identity,
    network: props.network ?? DEFAULT_CLUSTER_NETWORK,
    selector: selectorLabels(identity),
    object: (suffix, own) => ({
      name: suffix === undefined ? identity.name : `${identity.name}-${suffix}`,
      namespace: identity.namespace,
      labels: { ...labels, ...own },
      ...withAnnotations({}),
    }),
    pod: (annotations = {}) => ({
      labels: { ...props.podLabels, ...labels },
      ...withAnnotations({ ...props.podAnnotations, ...annotations }),
    }),
  };
}

/** Requests and limits as the L1 classes want them. */
export function toResources(resources: Resources): k8s.ResourceRequirements {
  const quantities = (map: Readonly<Record<string, string>> | undefined) =>
    map && Object.fromEntries(Object.entries(map).map(([name, value]) => [name, k8s.Quantity.fromString(value)]));
  return { requests: quantities(resources.requests), limits: quantities(resources.limits) };
}

/** The security context that the restricted Pod Security level asks of a container, and a read-only root. */
export const HARDENED: k8s.SecurityContext = {
  allowPrivilegeEscalation: false,
  capabilities: { drop: ['ALL'] },
  readOnlyRootFilesystem: true,
};

/** A pod that runs as nobody, or as whom the platform says, under the runtime's seccomp profile. */
export function hardenedPod({ userIds = 'fixed' }: WorkloadProps, user = 65534): k8s.PodSecurityContext {
  return {
    runAsNonRoot: true,
    ...(userIds === 'fixed' && {
      runAsUser: user,
      runAsGroup: user,
      fsGroup: user,
      fsGroupChangePolicy: 'OnRootMismatch',
    }),
    seccompProfile: { type: 'RuntimeDefault' },
  };
}

/** The scheduling fields of a pod specification, from the props. */
export function scheduling(props: WorkloadProps, metadata: Metadata, replicas = 1): Partial<k8s.PodSpec> {
  const apart: k8s.Affinity = {
    podAntiAffinity: {
      preferredDuringSchedulingIgnoredDuringExecution: [
        {
          weight: 100,
          podAffinityTerm: { topologyKey: 'kubernetes.io/hostname', labelSelector: { matchLabels: metadata.selector } },
        },
      ],
    },
  };
  return {
    nodeSelector: props.nodeSelector ?? { 'kubernetes.io/os': 'linux' },
    tolerations: props.tolerations && [...props.tolerations],
    affinity: props.affinity ?? (replicas > 1 ? apart : undefined),
    topologySpreadConstraints: props.topologySpreadConstraints && [...props.topologySpreadConstraints],
    priorityClassName: props.priorityClassName,
    imagePullSecrets: props.imagePullSecrets?.map((name) => ({ name })),
  };
}

const DNS_LABEL = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;
const LABEL_VALUE = /^(([A-Za-z0-9][A-Za-z0-9_.-]*)?[A-Za-z0-9])?$/;
const QUALIFIED_NAME = /^([a-z0-9.-]{1,253}\/)?[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$/;

/** Checks the props that all components share. */
export function checkWorkload(props: WorkloadProps, problems: Problems): void {
  for (const name of ['name', 'namespace'] as const) {
    const value = props[name];
    if (value !== undefined && !DNS_LABEL.test(value)) {
      problems.add(name, `"${value}" received. Allowed: lower-case letters, digits and -, at most 63 characters.`);
    }
  }
  for (const property of ['labels', 'podLabels', 'nodeSelector'] as const) {
    for (const [key, value] of Object.entries(props[property] ?? {})) {
      if (!QUALIFIED_NAME.test(key) || !LABEL_VALUE.test(value) || value.length > 63) {
        problems.add(property, `"${key}: ${value}" is no Kubernetes label.`);
      }
    }
  }
  checkResources(props.resources, 'resources', problems);
  for (const arg of props.extraArgs ?? []) {
    if (!arg.startsWith('-')) {
      problems.add('extraArgs', `"${arg}" received. Allowed: flags, each complete in one text, such as --flag=value.`);
    }
  }
  props.images?.check(problems);
  for (const { name, value } of props.extraEnv ?? []) {
    if (
      value !== undefined &&
      /PASSWORD|TOKEN|SECRET|API_?KEY|CREDENTIAL/i.test(name) &&
      !/_(FILE|PATH)$/i.test(name)
    ) {
      problems.add(
        'extraEnv',
        `${name} would be written to the output. Use valueFrom: { secretKeyRef: { name, key } }.`,
      );
    }
  }
}

/** Checks that requests and limits are quantities, and that no request is above its limit. */
export function checkResources(resources: Resources | undefined, property: string, problems: Problems): void {
  for (const part of ['requests', 'limits'] as const) {
    for (const [name, value] of Object.entries(resources?.[part] ?? {})) {
      problems.addIf(`${property}.${part}.${metaName(name)}`, checkQuantity(value));
    }
  }
  for (const [name, request] of Object.entries(resources?.requests ?? {})) {
    const limit = resources?.limits?.[name];
    if (limit !== undefined && (parseQuantity(request) ?? 0) > (parseQuantity(limit) ?? Number.POSITIVE_INFINITY)) {
      problems.add(`${property}.requests.${metaName(name)}`, `${request} is more than the limit ${limit}.`);
    }
  }
}
