// A client that scrapes over connections that stay open, and does as little as it can, since it has the same processors.
import { connect } from 'node:net';

const HEAD_END = Buffer.from('\r\n\r\n');

/** One connection, opened again where the server closes it, and one request at a time. */
export class Scraper {
  constructor(port, { gzip = false } = {}) {
    this.port = port;
    this.request = `GET /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\n${gzip ? 'Accept-Encoding: gzip\r\n' : ''}\r\n`;
  }

  /** Scrapes once. @returns milliseconds, bytes, and the body where it is wanted */
  scrape({ keep = false } = {}) {
    return new Promise((resolve, reject) => {
      Object.assign(this, { resolve, reject, keep, parts: [], size: 0, expected: undefined, began: performance.now() });
      if (this.socket === undefined) this.open();
      this.socket.write(this.request);
    });
  }

  open() {
    const socket = connect(this.port, '127.0.0.1');
    this.socket = socket;
    socket.setNoDelay();
    socket.on('data', (bytes) => this.received(bytes));
    socket.on('error', (error) => this.reject?.(error));
    socket.on('close', () => {
      if (this.socket !== socket) return;
      this.socket = undefined;
      this.reject?.(new Error('The connection was closed'));
    });
  }

  received(bytes) {
    this.size += bytes.length;
    if (this.keep || this.expected === undefined) this.parts.push(bytes);
    if (this.expected === undefined) {
      const start = Buffer.concat(this.parts);
      const head = start.indexOf(HEAD_END);
      if (head < 0) return;
      const text = start.toString('latin1', 0, head);
      const length = /^content-length: (\d+)/im.exec(text)?.[1];
      if (!/^HTTP\/1\.[01] 200 /.test(text) || length === undefined) {
        return this.reject(new Error(`Unexpected answer: ${text}`));
      }
      this.closes = text.startsWith('HTTP/1.0') || /^connection: close/im.test(text);
      this.headSize = head + HEAD_END.length;
      this.expected = this.headSize + Number(length);
    }
    if (this.size < this.expected) return;
    const milliseconds = performance.now() - this.began;
    const { resolve, keep, parts, size, headSize } = this;
    this.reject = undefined;
    // A server may end a connection after an answer, or after many.
    if (this.closes) this.close();
    resolve({
      milliseconds,
      bytes: size - headSize,
      ...(keep && { body: Buffer.concat(parts).subarray(headSize).toString() }),
    });
  }

  close() {
    this.reject = undefined;
    this.socket?.destroy();
    this.socket = undefined;
  }
}

export function quantile(values, share) {
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
}
