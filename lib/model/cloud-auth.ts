import type { Problems } from './problem';

/**
 * How requests to AWS are signed.
 *
 * Access and secret key are not offered: they could only stand in clear text. Use the ServiceAccount's role, or the
 * environment variables of the AWS SDK from a Secret (`extraEnv`).
 */
export interface Sigv4Options {
  /** @default - that of the AWS SDK's default chain */
  readonly region?: string;
  /** Named profile of the AWS configuration in the container. @default - the default one */
  readonly profile?: string;
  /** Role that is assumed. @default - none */
  readonly roleArn?: string;
  /** @default - none */
  readonly externalId?: string;
  /** @default false */
  readonly useFipsStsEndpoint?: boolean;
}

/** Microsoft Entra ID, by exactly one of three ways. */
export interface AzureAdOptions {
  /** @default AzurePublic */
  readonly cloud?: 'AzurePublic' | 'AzureGovernment' | 'AzureChina';
  /** The identity of the node or pod. @default - see the others */
  readonly managedIdentity?: { readonly clientId: string };
  /** The ServiceAccount's federated token. @default - see the others */
  readonly workloadIdentity?: { readonly clientId: string; readonly tenantId: string; readonly tokenFilePath?: string };
  /** The Azure SDK's default chain. @default - see the others */
  readonly sdk?: { readonly tenantId?: string };
}

/** Who Prometheus is at a cloud's own store; it takes the place of other ways to authenticate. */
export interface CloudAuth {
  /** Amazon Managed Service for Prometheus. @default - none */
  readonly sigv4?: Sigv4Options;
  /** Azure Monitor. @default - none */
  readonly azureAd?: AzureAdOptions;
  /** Google Cloud, by the ServiceAccount's identity, or by a key file in the container. @default - none */
  readonly googleIam?: { readonly credentialsFile?: string };
}

/** Renders the cloud's block of a `remote_write`. */
export function renderCloudAuth({ sigv4, azureAd, googleIam }: CloudAuth): Record<string, unknown> {
  const { managedIdentity: managed, workloadIdentity: workload, sdk } = azureAd ?? {};
  return {
    sigv4: sigv4 && {
      region: sigv4.region,
      profile: sigv4.profile,
      role_arn: sigv4.roleArn,
      external_id: sigv4.externalId,
      use_fips_sts_endpoint: sigv4.useFipsStsEndpoint,
    },
    azuread: azureAd && {
      cloud: azureAd.cloud,
      managed_identity: managed && { client_id: managed.clientId },
      workload_identity: workload && {
        client_id: workload.clientId,
        tenant_id: workload.tenantId,
        token_file_path: workload.tokenFilePath,
      },
      sdk: sdk && { tenant_id: sdk.tenantId },
    },
    google_iam: googleIam && { credentials_file: googleIam.credentialsFile },
  };
}

/** Checks that one way is chosen. @param others names of other ways that are set. */
export function checkCloudAuth(auth: CloudAuth, others: readonly string[], problems: Problems): void {
  const used = [...(['sigv4', 'azureAd', 'googleIam'] as const).filter((name) => auth[name] !== undefined), ...others];
  if (used.length > 1 && used.length > others.length) {
    problems.add(used.join(', '), 'Only one way to authenticate is possible; remove all but one.');
  }
  const { azureAd } = auth;
  const ways = (['managedIdentity', 'workloadIdentity', 'sdk'] as const).filter(
    (name) => azureAd?.[name] !== undefined,
  );
  if (azureAd !== undefined && ways.length !== 1) {
    problems.add(
      'azureAd',
      `${ways.join(', ') || 'Nothing'} received. Allowed: one of managedIdentity, workloadIdentity, sdk.`,
    );
  }
}
