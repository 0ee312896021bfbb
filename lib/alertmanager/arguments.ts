import type { Metadata } from '../core/workload';
import { goDuration } from '../model/alerting/go-duration';
import { CLUSTER_PORT, isClustered, PORT, replicaAddresses, serviceUrl } from './addresses';
import type { AlertmanagerProps } from './alertmanager-props';
import { CONFIG_FOLDER, FILES } from './config-files';

/** Where silences and the notification log lie in the container. */
export const DATA_ROOT = '/alertmanager';

/** A flag with its value; nothing where the value is undefined or false. */
function flag(name: string, value: string | number | boolean | undefined): readonly string[] {
  return value === undefined || value === false ? [] : [value === true ? `--${name}` : `--${name}=${value}`];
}

function duration(name: string, value: string | undefined): readonly string[] {
  return flag(name, value === undefined ? undefined : goDuration(value));
}

/**
 * The command line of Alertmanager.
 *
 * @see https://github.com/prometheus/alertmanager/blob/main/cmd/alertmanager/main.go
 */
export function alertmanagerArguments(props: AlertmanagerProps, metadata: Metadata, replicas: number): string[] {
  const { web = {}, silences = {}, alerts = {} } = props;
  return [
    ...flag('config.file', `${CONFIG_FOLDER}/${FILES.config}`),
    ...flag('storage.path', DATA_ROOT),
    ...duration('data.retention', props.retention ?? '120h'),
    ...duration('data.maintenance-interval', props.maintenanceInterval),
    ...flag('silences.max-silences', silences.max),
    ...flag('silences.max-silence-size-bytes', silences.maxSizeBytes),
    ...flag('log.silences', silences.log),
    ...duration('alerts.gc-interval', alerts.gcInterval),
    ...flag('alerts.per-alertname-limit', alerts.perAlertnameLimit),
    ...duration('dispatch.maintenance-interval', alerts.dispatchMaintenanceInterval),
    ...duration('dispatch.start-delay', alerts.dispatchStartDelay),
    ...flag('web.listen-address', `:${PORT}`),
    ...flag('web.external-url', web.externalUrl ?? serviceUrl(props, metadata)),
    ...flag('web.route-prefix', web.routePrefix),
    ...flag('web.get-concurrency', web.getConcurrency),
    ...duration('web.timeout', web.timeout),
    ...flag('web.config.file', web.tls && `${CONFIG_FOLDER}/${FILES.web}`),
    ...(isClustered(props, replicas) ? clusterArguments(props, metadata, replicas) : ['--cluster.listen-address=']),
    ...flag('enable-feature', props.enableFeatures?.join(',')),
    ...flag('auto-gomemlimit.ratio', props.autoGomemlimitRatio),
    ...flag('log.level', props.logLevel ?? 'info'),
    ...flag('log.format', props.logFormat ?? 'logfmt'),
    ...(props.extraArgs ?? []),
  ];
}

function clusterArguments({ cluster = {} }: AlertmanagerProps, metadata: Metadata, replicas: number): string[] {
  const peers = [...replicaAddresses(metadata, replicas, CLUSTER_PORT), ...(cluster.additionalPeers ?? [])];
  return [
    ...flag('cluster.listen-address', `[$(POD_IP)]:${CLUSTER_PORT}`),
    // Without it Alertmanager refuses to start where pods have public addresses.
    ...flag('cluster.advertise-address', cluster.advertiseAddress ?? `[$(POD_IP)]:${CLUSTER_PORT}`),
    ...peers.map((peer) => `--cluster.peer=${peer}`),
    ...flag('cluster.label', cluster.label ?? `${metadata.namespace}/${metadata.name}`),
    ...duration('cluster.peer-timeout', cluster.peerTimeout),
    ...duration('cluster.peers-resolve-timeout', cluster.peersResolveTimeout),
    ...duration('cluster.gossip-interval', cluster.gossipInterval),
    ...duration('cluster.pushpull-interval', cluster.pushpullInterval),
    ...duration('cluster.tcp-timeout', cluster.tcpTimeout),
    ...duration('cluster.probe-timeout', cluster.probeTimeout),
    ...duration('cluster.probe-interval', cluster.probeInterval),
    ...duration('cluster.settle-timeout', cluster.settleTimeout),
    ...duration('cluster.reconnect-interval', cluster.reconnectInterval),
    ...duration('cluster.reconnect-timeout', cluster.reconnectTimeout),
    ...flag('cluster.tls-config', cluster.tls && `${CONFIG_FOLDER}/${FILES.clusterTls}`),
    ...flag(
      'cluster.allow-insecure-public-advertise-address-discovery',
      cluster.allowInsecurePublicAdvertiseAddressDiscovery,
    ),
  ];
}
