import { readFile } from 'node:fs/promises';

/** One request to the API server, after it was answered or, if it is a watch, when it began to be. */
export interface AuditedRequest {
  readonly id: string;
  /** `system:serviceaccount:<namespace>:<name>` for a ServiceAccount. */
  readonly user: string;
  readonly verb: string;
  /** `apps/deployments` or `nodes/metrics`; the path for something that is no resource, such as `/metrics`. */
  readonly target: string;
  /** Empty for a request for all namespaces or for what has no namespace. */
  readonly namespace: string;
  readonly name: string;
  readonly isAllowed: boolean;
  readonly statusCode: number;
}

/** How often somebody asked for one thing. */
export interface AccessSummary {
  readonly verb: string;
  readonly target: string;
  readonly namespace: string;
  allowed: number;
  forbidden: number;
}

interface AuditEvent {
  readonly auditID: string;
  readonly requestURI: string;
  readonly verb: string;
  readonly user: { readonly username: string };
  readonly objectRef?: {
    readonly apiGroup?: string;
    readonly resource?: string;
    readonly subresource?: string;
    readonly namespace?: string;
    readonly name?: string;
  };
  readonly responseStatus?: { readonly code?: number };
  readonly annotations?: Readonly<Record<string, string>>;
}

/** Reads an audit log. A watch writes two lines; it is one request, with the answer that it began with. */
export async function readAuditLog(file: string): Promise<AuditedRequest[]> {
  const lines = (await readFile(file, 'utf8')).split('\n');
  // The API server may be writing the last line just now.
  return parseAuditLog(lines.slice(0, -1));
}

function parseAuditLog(lines: readonly string[]): AuditedRequest[] {
  const requests = new Map<string, AuditedRequest>();
  for (const line of lines) {
    const event = JSON.parse(line) as AuditEvent;
    if (!requests.has(event.auditID)) {
      requests.set(event.auditID, toRequest(event));
    }
  }
  return [...requests.values()];
}

/** What each ServiceAccount asked for, by `<namespace>/<name>`, in a fixed order. */
export function summarizeByServiceAccount(requests: readonly AuditedRequest[]): Map<string, AccessSummary[]> {
  const accounts = new Map<string, Map<string, AccessSummary>>();
  for (const { user, verb, target, namespace, isAllowed } of requests) {
    const [, accountNamespace, account] = /^system:serviceaccount:([^:]+):(.+)$/.exec(user) ?? [];
    if (accountNamespace === undefined || account === undefined) {
      continue;
    }
    const accountName = `${accountNamespace}/${account}`;
    const summaries = accounts.get(accountName) ?? new Map<string, AccessSummary>();
    accounts.set(accountName, summaries);
    const key = `${target} ${verb} ${namespace}`;
    const summary = summaries.get(key) ?? { verb, target, namespace, allowed: 0, forbidden: 0 };
    summaries.set(key, summary);
    summary[isAllowed ? 'allowed' : 'forbidden'] += 1;
  }
  return new Map(
    [...accounts].sort(([a], [b]) => a.localeCompare(b)).map(([account, summaries]) => [account, sorted(summaries)]),
  );
}

function sorted(summaries: ReadonlyMap<string, AccessSummary>): AccessSummary[] {
  return [...summaries].sort(([a], [b]) => a.localeCompare(b)).map(([, summary]) => summary);
}

function toRequest(event: AuditEvent): AuditedRequest {
  const { objectRef } = event;
  return {
    id: event.auditID,
    user: event.user.username,
    verb: event.verb,
    target: objectRef?.resource === undefined ? pathOf(event.requestURI) : resourceOf(objectRef),
    namespace: objectRef?.namespace ?? '',
    name: objectRef?.name ?? '',
    isAllowed: event.annotations?.['authorization.k8s.io/decision'] === 'allow',
    statusCode: event.responseStatus?.code ?? 0,
  };
}

function resourceOf({ apiGroup, resource, subresource }: NonNullable<AuditEvent['objectRef']>): string {
  return [apiGroup, resource, subresource].filter((part) => part !== undefined && part !== '').join('/');
}

function pathOf(uri: string): string {
  return uri.replace(/\?.*$/, '');
}
