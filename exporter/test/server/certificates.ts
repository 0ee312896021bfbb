import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import { isIPv4 } from 'node:net';

/** A certificate in PEM with its key. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

/** What a certificate says. */
export interface CertificateOptions {
  readonly name: string;
  /** `DNS:…`, `IP:…`, `URI:…` or `email:…`. */
  readonly names?: readonly string[];
  readonly usage?: 'server' | 'client';
  /** Days until it ends; negative for one that has expired. */
  readonly days?: number;
}

/** DER: a tag, the length and the content. */
function der(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  const bytes = length < 256 ? [0x81, length] : [0x82, length >> 8, length & 255];
  return Buffer.concat([Buffer.from([tag, ...(length < 128 ? [length] : bytes)]), content]);
}

const sequence = (...parts: readonly Uint8Array[]) => der(0x30, ...parts);
const utf8 = (text: string) => der(0x0c, Buffer.from(text));
const integer = (bytes: Uint8Array) => der(0x02, bytes);
const boolean = (value: boolean) => der(0x01, Buffer.from([value ? 255 : 0]));
const octets = (content: Uint8Array) => der(0x04, content);
const bits = (content: Uint8Array) => der(0x03, Buffer.from([0]), content);

function objectId(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  const bytes = rest.flatMap((part) => {
    const groups = [part & 127];
    for (let left = part >> 7; left > 0; left >>= 7) {
      groups.unshift((left & 127) | 128);
    }
    return groups;
  });
  return der(0x06, Buffer.from([first * 40 + second, ...bytes]));
}

function time(date: Date): Buffer {
  return der(0x18, Buffer.from(date.toISOString().replaceAll(/[-:T]|\.\d+/g, '')));
}

function subject(name: string): Buffer {
  return sequence(der(0x31, sequence(objectId('2.5.4.3'), utf8(name))));
}

function extension(id: string, critical: boolean, content: Uint8Array): Buffer {
  return sequence(objectId(id), boolean(critical), octets(content));
}

function alternativeName(name: string): Buffer {
  const value = name.slice(name.indexOf(':') + 1);
  if (name.startsWith('IP:')) {
    const v6 = () => {
      const [head = '', tail = ''] = value.split('::').map((part) => part.split(':').filter((group) => group !== ''));
      const groups = [...head, ...Array(8 - head.length - tail.length).fill('0'), ...tail];
      return groups.flatMap((group) => [Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 255]);
    };
    return der(0x87, Buffer.from(isIPv4(value) ? value.split('.').map(Number) : v6()));
  }
  const tags: Readonly<Record<string, number>> = { email: 0x81, DNS: 0x82, URI: 0x86 };
  return der(tags[name.slice(0, name.indexOf(':'))] ?? 0, Buffer.from(value));
}

function pem(label: string, content: Uint8Array): string {
  const lines =
    Buffer.from(content)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}

const USAGES = { server: '1.3.6.1.5.5.7.3.1', client: '1.3.6.1.5.5.7.3.2' };

/** A certificate authority that lives as long as a test, so that no key is ever stored and no openssl is needed. */
export class Authority {
  private readonly keys = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  /** The certificate of the authority, in PEM. */
  readonly cert: string;

  constructor(private readonly name = 'Test authority') {
    const constraints = extension('2.5.29.19', true, sequence(boolean(true)));
    this.cert = this.sign({ name }, this.keys.publicKey, [constraints]);
  }

  issue(options: CertificateOptions): Certificate {
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const extensions = [extension('2.5.29.37', false, sequence(objectId(USAGES[options.usage ?? 'server'])))];
    if (options.names !== undefined) {
      extensions.push(extension('2.5.29.17', false, sequence(...options.names.map(alternativeName))));
    }
    const key = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    return { cert: this.sign(options, publicKey, extensions), key };
  }

  private sign({ name, days = 1 }: CertificateOptions, publicKey: KeyObject, extensions: readonly Buffer[]): string {
    const algorithm = sequence(objectId('1.2.840.10045.4.3.2'));
    const spki = publicKey.export({ type: 'spki', format: 'der' });
    const identifier = createHash('sha1').update(spki).digest();
    const now = Date.now();
    const toBeSigned = sequence(
      der(0xa0, integer(Buffer.from([2]))),
      integer(Buffer.concat([Buffer.from([1]), randomBytes(8)])),
      algorithm,
      subject(this.name),
      sequence(time(new Date(now - 2 * 86_400_000)), time(new Date(now + days * 86_400_000))),
      subject(name),
      spki,
      der(0xa3, sequence(...extensions, extension('2.5.29.14', false, octets(identifier)))),
    );
    const signature = sign('sha256', toBeSigned, this.keys.privateKey);
    return pem('CERTIFICATE', sequence(toBeSigned, algorithm, bits(signature)));
  }
}
