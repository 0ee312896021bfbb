import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from './command';

const validDays = '30';
const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-noenc'];

/** What a certificate is good for. */
export type KeyUsage = 'clientAuth' | 'serverAuth';

/** A certificate authority; everything lies in one folder as `<name>.crt` and `<name>.key`. */
export class CertificateAuthority {
  static async create(folder: string, subject = '/CN=cluster-ca'): Promise<CertificateAuthority> {
    const authority = new CertificateAuthority(folder);
    await authority.request('ca', subject, ['basicConstraints=critical,CA:TRUE', 'keyUsage=critical,keyCertSign']);
    return authority;
  }

  private constructor(readonly folder: string) {}

  /** Signs a certificate, for clients and servers unless said otherwise. */
  async issue(
    name: string,
    subject: string,
    alternativeNames: readonly string[] = [],
    usages: readonly KeyUsage[] = ['clientAuth', 'serverAuth'],
  ): Promise<void> {
    const extensions = ['basicConstraints=critical,CA:FALSE', `extendedKeyUsage=${usages.join(',')}`];
    if (alternativeNames.length > 0) {
      extensions.push(`subjectAltName=${alternativeNames.join(',')}`);
    }
    await this.request(name, subject, extensions, ['-CA', this.path('ca.crt'), '-CAkey', this.path('ca.key')]);
  }

  /** Makes the key pair with which ServiceAccount tokens are signed: `sa.key` and `sa.pub`. */
  async createServiceAccountKeys(): Promise<void> {
    await run('openssl', ['genrsa', '-out', this.path('sa.key'), '2048']);
    await run('openssl', ['rsa', '-in', this.path('sa.key'), '-pubout', '-out', this.path('sa.pub')]);
  }

  path(file: string): string {
    return join(this.folder, file);
  }

  private async request(
    name: string,
    subject: string,
    extensions: readonly string[],
    signer: readonly string[] = [],
  ): Promise<void> {
    // A configuration of our own: the system's would mark every certificate as an authority.
    const configuration = this.path(`${name}.cnf`);
    const lines = ['[req]', 'distinguished_name=subject', '[subject]', '[extensions]', ...extensions];
    await writeFile(configuration, `${lines.join('\n')}\n`);
    await run('openssl', [
      ...['req', '-x509', ...newKey, '-config', configuration, '-extensions', 'extensions', '-days', validDays],
      ...['-subj', subject, '-keyout', this.path(`${name}.key`), '-out', this.path(`${name}.crt`), ...signer],
    ]);
  }
}
