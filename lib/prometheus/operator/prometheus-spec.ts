import { Images } from '../../core/images';
import { k8s } from '../../core/k8s';
import { patchedResources, unlessEmpty } from '../../core/operated-containers';
import { routePrefix } from '../../core/web-address';
import { hardenedPod, type Metadata, scheduling } from '../../core/workload';
import type { AlertmanagerEndpoint } from '../../model/alertmanager-endpoint';
import { compact } from '../../model/compact';
import type { Labels } from '../../model/label';
import {
  type ConfigMapTexts,
  renderOperatorHttpClient,
  secretKeySelector,
  secretOrConfigMap,
} from '../../model/operator-http-client';
import type { PrometheusProps } from '../prometheus-props';
import { additionalArguments, toArgument } from './arguments';
import type { OperatorOptions, ThanosSidecarOptions } from './operator-props';
import { operatorRelabelings } from './relabelings';
import { renderRemoteReadSpec, renderRemoteWriteSpec } from './remote-storage';
import { renderScrapeClass, type ScrapeClass } from './scrape-class';

/** What the custom resource needs beyond the props. */
export interface PrometheusSpecContext {
  readonly metadata: Metadata;
  readonly url: string;
  readonly replicas: number;
  readonly replicaLabel: string;
  readonly retentionSize: string | undefined;
  readonly storage: Record<string, unknown>;
  /** Alertmanagers that are found by their Service. */
  readonly alertmanagers: readonly AlertmanagerEndpoint[];
  /** Secret with scrape configurations in Prometheus' own spelling, where there are any. */
  readonly additionalScrapeConfigs: { readonly name: string; readonly key: string } | undefined;
  /** Secret with Alertmanagers that are known by address only, where there are any. */
  readonly additionalAlertmanagers: { readonly name: string; readonly key: string } | undefined;
  /** Secrets and ConfigMaps that hold the files of the Alertmanagers known by address. */
  readonly secrets: readonly string[];
  readonly configMaps: readonly string[];
  /** Classes that targets with files need. */
  readonly scrapeClasses: readonly ScrapeClass[];
  readonly selectorLabels: Labels;
  /** Namespaces whose monitors and rules are taken up. */
  readonly namespaces: readonly string[];
  readonly texts: ConfigMapTexts;
}

/**
 * Renders the specification of a Prometheus, or of a PrometheusAgent, from the props of every back end.
 *
 * @see https://prometheus-operator.dev/docs/api-reference/api/#monitoring.coreos.com/v1.PrometheusSpec
 */
export function prometheusSpec(
  props: PrometheusProps,
  options: OperatorOptions,
  context: PrometheusSpecContext,
): Record<string, unknown> {
  return compact({
    ...commonFields(props, options, context),
    ...(options.agent === true ? { mode: 'StatefulSet' } : serverFields(props, options, context)),
  });
}

function commonFields(
  props: PrometheusProps,
  options: OperatorOptions,
  context: PrometheusSpecContext,
): Record<string, unknown> {
  const { metadata, texts } = context;
  const { tsdb = {}, web = {}, limits = {} } = props;
  const images = props.images ?? Images.of();
  const { enforcedLimits: enforced = {} } = options;
  return {
    image: images.reference('prometheus'),
    version: images.version('prometheus'),
    replicas: context.replicas,
    shards: options.shards,
    podMetadata: {
      labels: withoutOperatorLabels(metadata.pod().labels ?? {}),
      annotations: metadata.pod().annotations,
    },
    serviceAccountName: metadata.name,
    serviceDiscoveryRole: 'EndpointSlice',
    // With this name the operator makes no Service of its own; ours governs the pods.
    serviceName: `${metadata.name}-headless`,
    ...selectors(options, context),
    externalUrl: web.externalUrl ?? context.url,
    routePrefix: web.routePrefix ?? (routePrefix(props) === '' ? undefined : routePrefix(props)),
    externalLabels: props.externalLabels,
    replicaExternalLabelName: context.replicaLabel,
    // A name of our own would tell the same series of the two back ends apart.
    prometheusExternalLabelName: '',
    scrapeInterval: props.scrapeInterval ?? '30s',
    scrapeTimeout: props.scrapeTimeout ?? '10s',
    sampleLimit: limits.sampleLimit,
    targetLimit: limits.targetLimit,
    labelLimit: limits.labelLimit,
    labelNameLengthLimit: limits.labelNameLengthLimit,
    labelValueLengthLimit: limits.labelValueLengthLimit,
    bodySizeLimit: limits.bodySizeLimit,
    keepDroppedTargets: limits.keepDroppedTargets,
    enforcedSampleLimit: enforced.sampleLimit,
    enforcedTargetLimit: enforced.targetLimit,
    enforcedLabelLimit: enforced.labelLimit,
    enforcedLabelNameLengthLimit: enforced.labelNameLengthLimit,
    enforcedLabelValueLengthLimit: enforced.labelValueLengthLimit,
    enforcedBodySizeLimit: enforced.bodySizeLimit,
    enforcedKeepDroppedTargets: enforced.keepDroppedTargets,
    enforcedNamespaceLabel: enforced.namespaceLabel,
    arbitraryFSAccessThroughSMs: { deny: options.denyFileAccess ?? true },
    scrapeClasses: [...(options.scrapeClasses ?? []).map(renderScrapeClass), ...context.scrapeClasses],
    additionalScrapeConfigs: context.additionalScrapeConfigs,
    remoteWrite: props.remoteWrite?.map((remote) => renderRemoteWriteSpec(remote, texts)),
    enableFeatures: [...(tsdb.maxExemplars === undefined ? [] : ['exemplar-storage']), ...(props.enableFeatures ?? [])],
    enableRemoteWriteReceiver: web.enableRemoteWriteReceiver,
    remoteWriteReceiverMessageVersions: web.acceptedProtobufMessages?.map((message) =>
      message === 'prometheus.WriteRequest' ? 'V1.0' : 'V2.0',
    ),
    enableOTLPReceiver: web.enableOtlpReceiver,
    walCompression: tsdb.walCompression === undefined ? undefined : tsdb.walCompression !== 'none',
    tsdb: unlessEmpty({
      outOfOrderTimeWindow: tsdb.outOfOrderTimeWindow,
      // A quantity of Kubernetes; a text is what the API server gives back.
      staleSeriesCompactionThreshold: tsdb.staleSeriesCompactionThreshold?.toString(),
    }),
    web: unlessEmpty({
      pageTitle: web.pageTitle,
      maxConnections: web.maxConnections,
      tlsConfig: web.tls && {
        cert: secretOrConfigMap(web.tls.cert),
        keySecret: secretKeySelector(web.tls.key),
        minVersion: web.tls.minVersion,
        maxVersion: web.tls.maxVersion,
      },
    }),
    secrets: context.secrets,
    configMaps: context.configMaps,
    logLevel: props.logLevel,
    logFormat: props.logFormat,
    additionalArgs: additionalArguments(props, options.agent === true),
    storage: context.storage,
    resources: props.resources ?? { requests: { cpu: '200m', memory: '1Gi' } },
    ...schedulingFields(props, context),
    securityContext: hardenedPod(props),
    containers: containerPatches(props),
    terminationGracePeriodSeconds: props.terminationGracePeriodSeconds ?? 600,
  };
}

function serverFields(
  props: PrometheusProps,
  options: OperatorOptions,
  context: PrometheusSpecContext,
): Record<string, unknown> {
  const { tsdb = {}, web = {}, query = {}, ruleEvaluation: rules = {} } = props;
  return {
    retention: props.retention ?? '15d',
    retentionSize: context.retentionSize,
    evaluationInterval: props.evaluationInterval ?? '30s',
    ruleQueryOffset: rules.queryOffset,
    rules: unlessEmpty({
      alert: unlessEmpty({
        forOutageTolerance: rules.forOutageTolerance,
        forGracePeriod: rules.forGracePeriod,
        resendDelay: rules.resendDelay,
      }),
    }),
    query: unlessEmpty({
      lookbackDelta: query.lookbackDelta,
      maxConcurrency: query.maxConcurrency,
      maxSamples: query.maxSamples,
      timeout: query.timeout,
    }),
    queryLogFile: query.logFile,
    exemplars: unlessEmpty({ maxSize: tsdb.maxExemplars }),
    enableAdminAPI: web.enableAdminApi,
    remoteRead: props.remoteRead?.map((remote) => renderRemoteReadSpec(remote, context.texts)),
    alerting:
      context.alertmanagers.length === 0
        ? undefined
        : { alertmanagers: context.alertmanagers.map((each) => renderAlertmanager(each, props, context.texts)) },
    additionalAlertManagerConfigs: context.additionalAlertmanagers,
    thanos: options.thanos && thanosFields(options.thanos, props),
  };
}

function selectors(options: OperatorOptions, context: PrometheusSpecContext): Record<string, unknown> {
  const selector = { matchLabels: context.selectorLabels };
  const namespaces = {
    matchExpressions: [{ key: 'kubernetes.io/metadata.name', operator: 'In', values: context.namespaces }],
  };
  const kinds = ['serviceMonitor', 'podMonitor', 'probe', 'scrapeConfig', ...(options.agent === true ? [] : ['rule'])];
  return Object.fromEntries(
    kinds.flatMap((kind) => [
      [`${kind}Selector`, selector],
      [`${kind}NamespaceSelector`, namespaces],
    ]),
  );
}

/** Whether an Alertmanager stands behind a Service, and the custom resource has a field for all that it needs. */
export function isFoundByService(endpoint: AlertmanagerEndpoint): boolean {
  const { service, oauth2, followRedirects, basicAuth, authorization } = endpoint;
  return (
    service !== undefined &&
    oauth2 === undefined &&
    followRedirects === undefined &&
    typeof basicAuth?.username !== 'string' &&
    typeof authorization?.credentials !== 'string'
  );
}

function renderAlertmanager(
  endpoint: AlertmanagerEndpoint,
  props: PrometheusProps,
  texts: ConfigMapTexts,
): Record<string, unknown> {
  return {
    ...endpoint.service,
    scheme: endpoint.scheme,
    pathPrefix: endpoint.pathPrefix,
    timeout: endpoint.timeout,
    ...renderOperatorHttpClient(endpoint, texts),
    enableHttp2: endpoint.enableHttp2,
    alertRelabelings: operatorRelabelings(props.ruleEvaluation?.alertRelabelings),
  };
}

function thanosFields(thanos: ThanosSidecarOptions, props: PrometheusProps): Record<string, unknown> {
  const images = props.images ?? Images.of();
  return {
    image: images.reference('thanos'),
    version: images.version('thanos'),
    objectStorageConfig: thanos.objectStorageConfig && secretKeySelector(thanos.objectStorageConfig),
    resources: thanos.resources ?? { requests: { cpu: '10m', memory: '64Mi' } },
    logLevel: thanos.logLevel,
    logFormat: thanos.logFormat,
    minTime: thanos.minTime,
    readyTimeout: thanos.readyTimeout,
    additionalArgs: (thanos.extraArgs ?? []).map(toArgument),
  };
}

/** What the operator sets itself, and refuses or overwrites. */
function withoutOperatorLabels(labels: Readonly<Record<string, string>>): Record<string, string> {
  const own = ['app.kubernetes.io/name', 'app.kubernetes.io/instance', 'app.kubernetes.io/managed-by'];
  return Object.fromEntries(Object.entries(labels).filter(([key]) => !own.includes(key)));
}

/** What has no field of its own is patched into the containers that the operator makes. */
function containerPatches({ extraEnv = [], reloaderResources }: PrometheusProps): readonly Record<string, unknown>[] {
  return [
    {
      name: 'prometheus',
      // Replaying a large write-ahead log takes up to an hour, and must not be cut short. With
      // maximumStartupDurationSeconds the operator would ask once a minute, so no server were ready before.
      startupProbe: { periodSeconds: 5, failureThreshold: 720 },
      ...(extraEnv.length > 0 && { env: extraEnv.map(k8s.toJson_EnvVar) }),
    },
    ...(reloaderResources === undefined
      ? []
      : [{ name: 'config-reloader', resources: patchedResources(reloaderResources) }]),
  ];
}

/** Where pods go, in the spelling of the API. */
function schedulingFields(props: PrometheusProps, { metadata, replicas }: PrometheusSpecContext): object {
  const { affinity, tolerations, topologySpreadConstraints, ...rest } = scheduling(props, metadata, replicas);
  return {
    ...rest,
    affinity: k8s.toJson_Affinity(affinity),
    tolerations: tolerations?.map(k8s.toJson_Toleration),
    topologySpreadConstraints: topologySpreadConstraints?.map(k8s.toJson_TopologySpreadConstraint),
  };
}
