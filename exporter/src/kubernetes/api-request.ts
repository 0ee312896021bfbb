import { type IncomingMessage, request as requestByHttp } from 'node:http';
import { request as requestByHttps } from 'node:https';
import type { ClusterAccess } from './cluster-access.js';

/** Bytes that are read of an answer that says no. */
const LARGEST_REFUSAL = 64 * 1024;

/** The API server said no, in an answer or in an `ERROR` event of a watch. */
export class ApiServerError extends Error {
  override readonly name = 'ApiServerError';

  constructor(
    /** As in HTTP. */
    readonly code: number,
    message: string,
    /** Milliseconds that the server asks to wait. */
    readonly retryAfter = 0,
  ) {
    super(`${code}: ${message}`);
  }
}

/** Sends a GET and resolves with the answer, its body unread, where the status is 200. */
export async function getFromApiServer(
  access: ClusterAccess,
  path: string,
  query: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const options = await unlessAborted(access.requestOptions(), signal);
  const url = new URL(`${access.server.replace(/\/+$/, '')}${path}?${new URLSearchParams(query)}`);
  const send = url.protocol === 'http:' ? requestByHttp : requestByHttps;
  const headers = { ...options.headers, Accept: 'application/json', 'User-Agent': 'gpu-exporter' };
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const outgoing = send(url, { ...options, headers, signal }, resolve);
    outgoing.on('error', reject);
    // A peer that is gone without a word is noticed in a minute or so, not in two hours.
    outgoing.on('socket', (socket) => socket.setKeepAlive(true, 30_000));
    outgoing.end();
  });
  if (response.statusCode !== 200) {
    const retryAfter = Number(response.headers['retry-after'] ?? 0);
    const text = await bodyOf(response, LARGEST_REFUSAL).catch(() => '');
    throw new ApiServerError(
      response.statusCode ?? 0,
      messageOf(text),
      Number.isFinite(retryAfter) ? retryAfter * 1000 : 0,
    );
  }
  return response;
}

/** Waits no longer than the signal says: credentials can come from a program that never ends. */
async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  let abort = () => {};
  const aborted = new Promise<never>((_, reject) => {
    abort = () => reject(signal.reason);
    signal.addEventListener('abort', abort);
  });
  if (signal.aborted) {
    abort();
  }
  return Promise.race([promise, aborted]).finally(() => signal.removeEventListener('abort', abort));
}

/** Reads a whole body; more than so many bytes are an error. */
export async function bodyOf(response: IncomingMessage, most: number): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > most) {
      throw new Error(`an answer is longer than ${most} bytes`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, length).toString('utf8');
}

/** The sentence in a `Status`, or the text itself where a proxy answered. */
function messageOf(text: string): string {
  try {
    const { message } = JSON.parse(text) as { message?: unknown };
    return typeof message === 'string' ? message : text;
  } catch {
    return text;
  }
}
