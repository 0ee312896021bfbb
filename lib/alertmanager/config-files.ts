import type { MountedFiles } from '../core/mounted-files';
import { toYaml } from '../core/yaml';
import { type AlertmanagerConfiguration, renderAlertmanagerConfig } from '../model/alerting/configuration';
import { renderTls } from '../model/http-client';
import { renderWebConfig } from '../model/server-tls';
import type { AlertmanagerProps } from './alertmanager-props';

/** Root of everything that Alertmanager reads. */
export const CONFIG_ROOT = '/etc/alertmanager';
/** Folder of the ConfigMap. */
export const CONFIG_FOLDER = `${CONFIG_ROOT}/config`;
/** Names of the files in it. */
export const FILES = { config: 'alertmanager.yml', web: 'web.yml', clusterTls: 'cluster-tls.yml' } as const;

/** The files of the ConfigMap; what they refer to is noted in `files`. */
export function configFiles(
  props: AlertmanagerProps,
  config: AlertmanagerConfiguration,
  files: MountedFiles,
): Record<string, string> {
  const web = props.web?.tls;
  const tls = props.cluster?.tls;
  return {
    [FILES.config]: toYaml(renderAlertmanagerConfig(config, files)),
    ...config.templates,
    ...(web && {
      [FILES.web]: toYaml(renderWebConfig(web, files)),
    }),
    ...(tls && {
      [FILES.clusterTls]: toYaml({
        tls_server_config: {
          cert_file: files.path(tls.cert),
          key_file: files.path(tls.key),
          client_ca_file: files.path(tls.ca),
          client_auth_type: 'RequireAndVerifyClientCert',
        },
        tls_client_config: renderTls(tls, files),
      }),
    }),
  };
}
