import type { AlertmanagerSpec } from '../../../imports/monitoring.coreos.com';
import type { Raw } from '../../core/custom-resource';
import { Images } from '../../core/images';
import { k8s } from '../../core/k8s';
import { patchedResources, unlessEmpty } from '../../core/operated-containers';
import { routePrefix } from '../../core/web-address';
import { hardenedPod, type Metadata, type Resources, scheduling, toResources } from '../../core/workload';
import { goDuration } from '../../model/alerting/go-duration';
import { secretKeySelector, secretOrConfigMap } from '../../model/operator-http-client';
import { CLUSTER_PORT, headlessName, isClustered, serviceUrl } from '../addresses';
import type { AlertmanagerClusterTls, AlertmanagerProps } from '../alertmanager-props';
import { additionalArguments } from './additional-arguments';

/** What the custom resource needs beyond the props. */
export interface AlertmanagerSpecContext {
  readonly metadata: Metadata;
  readonly replicas: number;
  /** Name of the Secret with the configuration. */
  readonly configSecret: string;
  /** Names of the Secrets and ConfigMaps that the configuration refers to. */
  readonly secrets: readonly string[];
  readonly configMaps: readonly string[];
  readonly storage: Record<string, unknown>;
}

/**
 * Renders the specification of an Alertmanager from the props of every back end.
 *
 * The operator hardens the containers itself; what concerns the whole pod it takes from here.
 *
 * @see https://prometheus-operator.dev/docs/api-reference/api/#monitoring.coreos.com/v1.AlertmanagerSpec
 */
export function alertmanagerSpec(props: AlertmanagerProps, context: AlertmanagerSpecContext): Raw<AlertmanagerSpec> {
  const { metadata, replicas } = context;
  const { web = {}, silences = {} } = props;
  const images = props.images ?? Images.of();
  return {
    image: images.reference('alertmanager'),
    // The operator derives from it which flags the program knows; it cannot see it in the image.
    version: images.version('alertmanager'),
    replicas,
    podMetadata: podMetadata(metadata),
    serviceAccountName: metadata.name,
    automountServiceAccountToken: false,
    // With this name the operator makes no Service of its own; ours governs the pods.
    serviceName: headlessName(metadata),
    configSecret: context.configSecret,
    secrets: some(context.secrets),
    configMaps: some(context.configMaps),
    retention: goDuration(props.retention ?? '120h'),
    storage: context.storage,
    externalUrl: web.externalUrl ?? serviceUrl(props, metadata),
    // The operator's own default is /, whatever path the external URL has.
    routePrefix: web.routePrefix ?? (routePrefix(props) || undefined),
    web: unlessEmpty({
      getConcurrency: web.getConcurrency,
      tlsConfig: web.tls && {
        cert: secretOrConfigMap(web.tls.cert),
        keySecret: secretKeySelector(web.tls.key),
        minVersion: web.tls.minVersion,
        maxVersion: web.tls.maxVersion,
      },
    }),
    limits: unlessEmpty({ maxSilences: silences.max }),
    ...(isClustered(props, replicas) && clusterFields(props, replicas)),
    enableFeatures: some(props.enableFeatures ?? []),
    logLevel: props.logLevel,
    logFormat: props.logFormat,
    additionalArgs: some(additionalArguments(props, metadata, replicas)),
    terminationGracePeriodSeconds: props.terminationGracePeriodSeconds ?? 120,
    resources: withMemoryRequest(
      props.resources ?? { requests: { cpu: '10m', memory: '64Mi' }, limits: { memory: '256Mi' } },
    ),
    ...k8s.toJson_PodSpec({
      ...scheduling(props, metadata, replicas),
      securityContext: hardenedPod(props),
      // They patch the containers that the operator makes.
      containers: containerPatches(props),
    }),
  };
}

function clusterFields({ cluster = {} }: AlertmanagerProps, replicas: number): Raw<AlertmanagerSpec> {
  const duration = (text: string | undefined) => text && goDuration(text);
  return {
    forceEnableClusterMode: replicas === 1 ? true : undefined,
    additionalPeers: some(cluster.additionalPeers ?? []),
    // Without it Alertmanager refuses to start where pods have public addresses.
    clusterAdvertiseAddress: cluster.advertiseAddress ?? `[$(POD_IP)]:${CLUSTER_PORT}`,
    clusterLabel: cluster.label,
    clusterPeerTimeout: duration(cluster.peerTimeout),
    clusterGossipInterval: duration(cluster.gossipInterval),
    clusterPushpullInterval: duration(cluster.pushpullInterval),
    clusterTLS: cluster.tls && clusterTls(cluster.tls),
  };
}

function clusterTls({
  cert,
  key,
  ca,
  serverName,
}: AlertmanagerClusterTls): NonNullable<Raw<AlertmanagerSpec>['clusterTLS']> {
  const identity = { cert: secretOrConfigMap(cert), keySecret: secretKeySelector(key) };
  const authority = secretOrConfigMap(ca);
  return {
    server: { ...identity, client_ca: authority, clientAuthType: 'RequireAndVerifyClientCert' },
    client: { ...identity, ca: authority, serverName },
  };
}

/** The operator sets these labels itself, whatever it is told. */
const OPERATOR_LABELS = ['app.kubernetes.io/name', 'app.kubernetes.io/instance', 'app.kubernetes.io/managed-by'];

function podMetadata(metadata: Metadata): Record<string, unknown> {
  const { labels = {}, annotations } = metadata.pod();
  const own = Object.entries(labels).filter(([key]) => !OPERATOR_LABELS.includes(key));
  return { labels: Object.fromEntries(own), annotations };
}

/** Without a request the operator asks for 200Mi, which may be more than the limit. */
function withMemoryRequest({ requests = {}, limits }: Resources): Resources {
  return { requests: { ...requests, memory: requests.memory ?? limits?.memory ?? '0' }, ...(limits && { limits }) };
}

const RELOADER: Resources = { requests: { cpu: '10m', memory: '32Mi' }, limits: { memory: '64Mi' } };

function containerPatches({ extraEnv = [], reloaderResources }: AlertmanagerProps): k8s.Container[] {
  const resources = reloaderResources === undefined ? RELOADER : patchedResources(reloaderResources);
  return [
    ...(extraEnv.length === 0 ? [] : [{ name: 'alertmanager', env: [...extraEnv] }]),
    { name: 'config-reloader', resources: toResources(resources) },
  ];
}

function some<T>(list: readonly T[]): readonly T[] | undefined {
  return list.length === 0 ? undefined : list;
}
