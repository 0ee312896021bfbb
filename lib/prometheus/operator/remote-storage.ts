import type { CloudAuth } from '../../model/cloud-auth';
import { type ConfigMapTexts, renderOperatorHttpClient } from '../../model/operator-http-client';
import type { RemoteRead, RemoteWrite } from '../../model/remote-storage';
import { operatorRelabelings } from './relabelings';

const MESSAGE_VERSIONS = { 'prometheus.WriteRequest': 'V1.0', 'io.prometheus.write.v2.Request': 'V2.0' } as const;

/**
 * Renders an entry of `remoteWrite`.
 *
 * @see https://prometheus-operator.dev/docs/api-reference/api/#monitoring.coreos.com/v1.RemoteWriteSpec
 */
export function renderRemoteWriteSpec(remote: RemoteWrite, texts: ConfigMapTexts): Record<string, unknown> {
  return {
    url: remote.url,
    name: remote.name,
    remoteTimeout: remote.remoteTimeout,
    headers: remote.headers,
    writeRelabelConfigs: operatorRelabelings(remote.writeRelabelings),
    sendExemplars: remote.sendExemplars,
    sendNativeHistograms: remote.sendNativeHistograms,
    messageVersion: remote.protobufMessage && MESSAGE_VERSIONS[remote.protobufMessage],
    roundRobinDNS: remote.roundRobinDns,
    ...renderOperatorHttpClient(remote, texts),
    enableHTTP2: remote.enableHttp2,
    ...cloudAuthFields(remote),
    queueConfig: remote.queue,
    metadataConfig: remote.metadata,
  };
}

/**
 * Renders an entry of `remoteRead`.
 *
 * @see https://prometheus-operator.dev/docs/api-reference/api/#monitoring.coreos.com/v1.RemoteReadSpec
 */
export function renderRemoteReadSpec(remote: RemoteRead, texts: ConfigMapTexts): Record<string, unknown> {
  return {
    url: remote.url,
    name: remote.name,
    remoteTimeout: remote.remoteTimeout,
    headers: remote.headers,
    requiredMatchers: remote.requiredMatchers,
    readRecent: remote.readRecent,
    filterExternalLabels: remote.filterExternalLabels,
    ...renderOperatorHttpClient(remote, texts),
  };
}

function cloudAuthFields({ sigv4, azureAd }: CloudAuth): Record<string, unknown> {
  const { managedIdentity, workloadIdentity, sdk, cloud } = azureAd ?? {};
  return {
    sigv4: sigv4 && {
      region: sigv4.region,
      profile: sigv4.profile,
      roleArn: sigv4.roleArn,
      externalId: sigv4.externalId,
      useFIPSSTSEndpoint: sigv4.useFipsStsEndpoint,
    },
    azureAd: azureAd && {
      cloud,
      managedIdentity,
      workloadIdentity: workloadIdentity && {
        clientId: workloadIdentity.clientId,
        tenantId: workloadIdentity.tenantId,
      },
      sdk,
    },
  };
}

/** The properties that the custom resource lacks, each with what to do. */
export function remoteWriteGaps(remote: RemoteWrite): Readonly<Record<string, string | undefined>> {
  return {
    googleIam:
      remote.googleIam && 'The operator has no field for it. Use the standalone back end, or another authentication.',
    'azureAd.workloadIdentity.tokenFilePath':
      remote.azureAd?.workloadIdentity?.tokenFilePath === undefined
        ? undefined
        : 'The operator has no field for it; the path that Azure injects is used. Leave it out.',
  };
}
