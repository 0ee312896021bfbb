import { Client, type ClientUnaryCall, credentials, Metadata, type ServiceError, status } from '@grpc/grpc-js';

/** With many pods an answer exceeds the 4 MiB that gRPC allows by default. */
const LARGEST_MESSAGE = 64 * 1024 * 1024;

const asIs = (bytes: Buffer): Buffer => bytes;
const NOTHING = Buffer.alloc(0);

/** A gRPC service of the kubelet answered with a status other than OK, or did not answer. */
export class KubeletCallError extends Error {
  override readonly name = 'KubeletCallError';

  constructor(
    /** Number of the gRPC status. */
    readonly code: number,
    details: string,
  ) {
    super(`${status[code] ?? code}: ${details}`);
  }
}

/** A call that can be given up. */
export interface Cancelable {
  cancel(): void;
}

/**
 * Calls of one of the kubelet's unix sockets. All requests that we send are empty messages; answers are handed out as bytes.
 *
 * The connection is thrown away after a failure: a restarted kubelet serves a new socket under the same path, and a new
 * connection finds it at once, where the old one would wait for its own backoff.
 */
export class KubeletSocket {
  private client: Client | undefined;
  private readonly calls = new Set<Cancelable>();

  constructor(readonly path: string) {}

  /** Calls a method with one answer. Rejects with a {@link KubeletCallError}. */
  call(method: string, timeout: number): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      const client = this.connected();
      const call: ClientUnaryCall = client.makeUnaryRequest(
        method,
        asIs,
        asIs,
        NOTHING,
        new Metadata(),
        { deadline: Date.now() + timeout },
        (error, answer) => {
          this.calls.delete(call);
          if (error === null && answer !== undefined) {
            resolve(answer);
          } else {
            this.discard(client, error?.code);
            reject(failure(error));
          }
        },
      );
      this.calls.add(call);
    });
  }

  /** Calls a method with a stream of answers; `ended` comes once, with the reason, unless the caller cancels first. */
  stream(method: string, received: (message: Buffer) => void, ended: (error: KubeletCallError) => void): Cancelable {
    const client = this.connected();
    const call = client.makeServerStreamRequest<Buffer, Buffer>(method, asIs, asIs, NOTHING, new Metadata(), {});
    let open = true;
    const finish = (error: Partial<ServiceError> | null): void => {
      if (open) {
        open = false;
        this.calls.delete(cancelable);
        this.discard(client, error?.code);
        ended(failure(error ?? { code: status.UNAVAILABLE, details: 'the kubelet ended the stream' }));
      }
    };
    const cancelable = {
      cancel: (): void => {
        open = false;
        this.calls.delete(cancelable);
        call.cancel();
      },
    };
    this.calls.add(cancelable);
    call.on('data', (message: Buffer) => open && received(message));
    call.on('error', finish);
    call.on('end', () => finish(null));
    return cancelable;
  }

  /** Gives up every call and closes the connection. */
  close(): void {
    for (const call of [...this.calls]) {
      call.cancel();
    }
    this.calls.clear();
    this.client?.close();
    this.client = undefined;
  }

  private connected(): Client {
    this.client ??= new Client(`unix:${this.path}`, credentials.createInsecure(), {
      'grpc.max_receive_message_length': LARGEST_MESSAGE,
      'grpc.enable_http_proxy': 0,
      'grpc.service_config_disable_resolution': 1,
      // Otherwise connections to the same path share the backoff of their failures.
      'grpc.use_local_subchannel_pool': 1,
    });
    return this.client;
  }

  /** Closes a connection that failed; one on which the kubelet said no is still good. */
  private discard(client: Client, code: number | undefined): void {
    const answered =
      code === status.RESOURCE_EXHAUSTED || code === status.UNIMPLEMENTED || code === status.FAILED_PRECONDITION;
    if (!answered && this.client === client) {
      this.client = undefined;
      client.close();
    }
  }
}

function failure(error: Partial<ServiceError> | null): KubeletCallError {
  return new KubeletCallError(error?.code ?? status.UNKNOWN, error?.details || error?.message || 'no answer');
}
