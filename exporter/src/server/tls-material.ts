import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { reason } from '../config/settings-error.js';
import type { ConfigSection } from './config-section.js';

/** Texts in PEM, and where each came from. */
export interface Pem {
  /** `key_file` or `key`: what messages name. */
  readonly key: string;
  /** The path of the file, as messages show it; empty for a text that stands in the configuration. */
  readonly source: string;
  readonly text: string;
}

/** Reads what stands in the file of `<name>_file`, or in `<name>` itself. */
export class PemReader {
  constructor(
    private readonly section: ConfigSection,
    /** Folder that paths are relative to. */
    private readonly folder: string,
    /** Gathers every file that was looked at. */
    private readonly files: Set<string>,
  ) {}

  read(name: string): Pem | undefined {
    const [given, inline] = [this.section.text(`${name}_file`), this.section.text(name, true)];
    if (given === undefined) {
      return inline === undefined ? undefined : { key: name, source: '', text: inline };
    }
    if (inline !== undefined) {
      this.section.problem(name, `excludes ${name}_file; only one of them can be given`);
    }
    const path = isAbsolute(given) ? given : join(this.folder, given);
    this.files.add(path);
    try {
      return { key: `${name}_file`, source: path, text: readFileSync(path, 'utf8') };
    } catch (error) {
      this.section.problem(`${name}_file`, `${path} cannot be read: ${reason(error)}`);
      return undefined;
    }
  }

  /** All certificates of a PEM text, at least one. */
  certificates(pem: Pem): readonly X509Certificate[] {
    const blocks = pem.text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
    try {
      if (blocks.length === 0) {
        throw new Error('there is no certificate in PEM');
      }
      return blocks.map((block) => new X509Certificate(block));
    } catch (error) {
      this.problem(pem, `is no certificate: ${reason(error)}`);
      return [];
    }
  }

  /** A private key; nothing of it gets into a message. */
  privateKey(pem: Pem): KeyObject | undefined {
    try {
      return createPrivateKey(pem.text);
    } catch (error) {
      const encrypted =
        (error as NodeJS.ErrnoException).code === 'ERR_MISSING_PASSPHRASE' || /ENCRYPTED/.test(pem.text);
      this.problem(pem, encrypted ? 'is a key with a passphrase, which cannot be used' : 'is no private key in PEM');
      return undefined;
    }
  }

  problem({ key, source }: Pem, message: string): void {
    this.section.problem(key, source === '' ? message : `${source} ${message}`);
  }
}
