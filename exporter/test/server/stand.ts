import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type IncomingHttpHeaders, type RequestOptions, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import { gzipSync } from 'node:zlib';
import { onTestFinished } from 'vitest';
import type { LogFields, LogLevel } from '../../src/log.js';
import type { PageRequest, Pages } from '../../src/server/pages.js';
import { WebServer, type WebServerOptions } from '../../src/server/server.js';

/** A line that the server logged. */
export interface LogLine {
  readonly level: LogLevel;
  readonly message: string;
  readonly fields: LogFields;
}

/** A temporary folder of one test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'gpu-exporter-server-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

/** Writes files into a folder. @returns the path of the first */
export function write(folder: string, files: Readonly<Record<string, string>>): string {
  const paths = Object.entries(files).map(([name, text]) => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  });
  return paths[0] ?? folder;
}

const EXPOSITION = Buffer.from('gpu_up 1\n');

/** Pages as small as they can be, and what was asked of them. */
export function pagesOf(more: Partial<Pages> = {}): Pages & { readonly asked: PageRequest[] } {
  const asked: PageRequest[] = [];
  return {
    asked,
    metrics: async (request) => {
      asked.push(request);
      const contentType = 'text/plain; version=0.0.4; charset=utf-8';
      return request.gzip
        ? { status: 200, contentType, body: gzipSync(EXPOSITION), encoding: 'gzip' }
        : { status: 200, contentType, body: EXPOSITION };
    },
    ready: () => ({ ok: true, text: 'ready' }),
    healthy: () => ({ ok: true, text: 'healthy' }),
    snapshot: () => ({ entities: [] }),
    landing: () => '<!DOCTYPE html><title>GPU exporter</title>\n',
    ...more,
  };
}

/** A server that listens on a port of loopback until the test is over. */
export async function serve(more: Partial<WebServerOptions> = {}, pages: Pages = pagesOf()) {
  const lines: LogLine[] = [];
  const server = new WebServer(
    {
      listenAddress: ['127.0.0.1:0'],
      telemetryPath: '/metrics',
      maxRequests: 40,
      timeout: 5,
      grace: 0.5,
      logger: { log: (level, message, fields = {}) => lines.push({ level, message, fields }) },
      ...more,
    },
    pages,
  );
  onTestFinished(() => server.close());
  const [address = ''] = await server.listen();
  return { server, lines, address, port: Number(address.slice(address.lastIndexOf(':') + 1)) };
}

/** An answer, with its body as text. */
export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  readonly socket: Socket;
}

/** Asks for a page; with `ca` by TLS. */
export function get(
  port: number,
  path: string,
  options: RequestOptions & { readonly ca?: string; cert?: string; key?: string } = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const make = options.ca === undefined ? requestHttp : requestHttps;
    const request = make(
      { host: '127.0.0.1', servername: 'exporter', port, path, agent: false, ...options } as RequestOptions,
      (response) => {
        const parts: Buffer[] = [];
        const { socket } = response;
        response.on('data', (part: Buffer) => parts.push(part));
        response.on('error', reject);
        response.on('end', () => {
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(parts), socket });
        });
      },
    );
    request.on('error', reject);
    request.end();
  });
}

/** A raw connection, and everything that came back once it was closed. */
export function raw(port: number, text = ''): { readonly socket: Socket; readonly closed: Promise<string> } {
  const socket = connect(port, '127.0.0.1');
  const parts: Buffer[] = [];
  socket.on('data', (part) => parts.push(part));
  socket.on('error', () => {});
  const closed = new Promise<string>((resolve) => socket.on('close', () => resolve(Buffer.concat(parts).toString())));
  onTestFinished(() => void socket.destroy());
  socket.write(text);
  return { socket, closed };
}

/** Waits until something holds. */
export async function until(holds: () => boolean | Promise<boolean>, seconds = 5): Promise<void> {
  const end = performance.now() + seconds * 1000;
  while (!(await holds())) {
    if (performance.now() > end) {
      throw new Error(`did not come to hold within ${seconds} s: ${holds}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** The certificate that a server showed. */
export function shown({ socket }: Answer): string {
  return (socket as TLSSocket).getPeerX509Certificate()?.subject ?? '';
}
