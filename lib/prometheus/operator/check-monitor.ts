import type { HttpClientConfig } from '../../model/http-client';
import { literalUsernameProblem, tlsUsesFiles, usesFiles } from '../../model/operator-http-client';
import type { Problems } from '../../model/problem';
import type { ScrapeTarget } from '../../model/scrape/scrape-target';
import { monitorKind } from './monitor';

/** The message for files of the container, where every custom resource takes Secrets and ConfigMaps only. */
export function oauth2FilesProblem({ oauth2 }: HttpClientConfig): string | undefined {
  return tlsUsesFiles(oauth2?.tls)
    ? 'The operator has no field for files of the container here. Refer to Secrets or ConfigMaps.'
    : undefined;
}

/** Reports what a target can say natively, but no custom resource of prometheus-operator. */
export function checkMonitor(target: ScrapeTarget, ownsScrapeClasses: boolean, problems: Problems): void {
  const kind = monitorKind(target);
  const here = problems.within(`ScrapeTarget ${target.job}`);
  for (const endpoint of target.endpoints) {
    here.addIf('basicAuth.username', literalUsernameProblem(endpoint));
    here.addIf('oauth2.tls', oauth2FilesProblem(endpoint));
    if (kind === 'ScrapeConfig' && endpoint.followRedirects !== undefined) {
      here.add('followRedirects', 'This target becomes a ScrapeConfig, which has no such field. Leave it out.');
    }
    if (usesFiles(endpoint) && target.options.scrapeClass !== undefined && ownsScrapeClasses) {
      here.add(
        'scrapeClass',
        `Files of the container need a scrape class of their own, so "${target.options.scrapeClass}" cannot be named too. ` +
          'Set the files there, or refer to Secrets here.',
      );
    }
    const { type = 'Bearer', credentials } = endpoint.authorization ?? {};
    // A class of others that is named has the files; what is in it is not known here.
    const lacksClass = !ownsScrapeClasses && target.options.scrapeClass === undefined;
    if (lacksClass && kind === 'ServiceMonitor' && typeof credentials === 'string' && type !== 'Bearer') {
      here.add(
        'authorization.type',
        `"${type}" received, but without a scrape class a file can only hold a bearer token. Refer to a Secret, or name a scrapeClass that the Prometheus has.`,
      );
    }
    if (lacksClass && fileHasNoField(kind, endpoint)) {
      here.add(
        'tls, authorization',
        `A ${kind} cannot name files of the container, and the Prometheus is somebody else's. ` +
          'Refer to Secrets, or name a scrapeClass that it has.',
      );
    }
  }
}

/** Only a ServiceMonitor has fields for files. */
function fileHasNoField(kind: string, endpoint: HttpClientConfig): boolean {
  return kind !== 'ServiceMonitor' && usesFiles(endpoint);
}
