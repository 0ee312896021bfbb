import { rmSync } from 'node:fs';
import { Metadata, Server, ServerCredentials, type ServerWritableStream, type sendUnaryData } from '@grpc/grpc-js';

const asIs = (bytes: Buffer): Buffer => bytes;

/** What a method answers: bytes, a status, or nothing at all. */
export type Answer = Buffer | { readonly code: number; readonly details: string } | 'silence';

/** A gRPC server on a unix socket, which answers as it is told to. */
export class Kubelet {
  private server: Server | undefined;
  /** Calls by method, in the order in which they came. */
  readonly calls: string[] = [];
  /** Answers of methods with one answer, by full path; others are not implemented. */
  readonly answers: Record<string, Answer | (() => Answer | Promise<Answer>)> = {};
  /** What is done with a new stream, by full path. */
  readonly streams: Record<string, (stream: ServerWritableStream<Buffer, Buffer>) => void> = {};

  constructor(readonly socket: string) {}

  count(method: string): number {
    return this.calls.filter((call) => call === method).length;
  }

  /** Serves the methods that have an answer now. */
  async start(): Promise<void> {
    const server = new Server({ 'grpc.max_send_message_length': -1 });
    const services = new Map<string, { unary: string[]; streams: string[] }>();
    const serviceOf = (path: string) => {
      const name = path.slice(1, path.lastIndexOf('/'));
      const service = services.get(name) ?? { unary: [], streams: [] };
      services.set(name, service);
      return service;
    };
    for (const path of Object.keys(this.answers)) {
      serviceOf(path).unary.push(path);
    }
    for (const path of Object.keys(this.streams)) {
      serviceOf(path).streams.push(path);
    }
    for (const { unary, streams } of services.values()) {
      const paths = [...unary, ...streams];
      server.addService(
        Object.fromEntries(paths.map((path) => [path, definition(path, streams.includes(path))])),
        Object.fromEntries([
          ...unary.map((path) => [path, (_: unknown, done: sendUnaryData<Buffer>) => this.answer(path, done)]),
          ...streams.map((path) => [path, (call: ServerWritableStream<Buffer, Buffer>) => this.stream(path, call)]),
        ]),
      );
    }
    await new Promise<void>((resolve, reject) => {
      server.bindAsync(`unix:${this.socket}`, ServerCredentials.createInsecure(), (error) =>
        error === null ? resolve() : reject(error),
      );
    });
    this.server = server;
  }

  /** Ends at once, as a process does that is killed, and takes its socket with it. */
  stop(): void {
    this.server?.forceShutdown();
    this.server = undefined;
    rmSync(this.socket, { force: true });
  }

  private async answer(path: string, done: sendUnaryData<Buffer>): Promise<void> {
    this.calls.push(path);
    const given = this.answers[path] ?? 'silence';
    const answer = typeof given === 'function' ? await given() : given;
    if (Buffer.isBuffer(answer)) {
      done(null, answer);
    } else if (answer !== 'silence') {
      done({ ...answer, metadata: new Metadata() }, null);
    }
  }

  private stream(path: string, call: ServerWritableStream<Buffer, Buffer>): void {
    this.calls.push(path);
    this.streams[path]?.(call);
  }
}

function definition(path: string, responseStream: boolean) {
  return {
    path,
    requestStream: false as const,
    responseStream,
    requestSerialize: asIs,
    requestDeserialize: asIs,
    responseSerialize: asIs,
    responseDeserialize: asIs,
  };
}
