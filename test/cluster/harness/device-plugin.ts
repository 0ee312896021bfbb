import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import {
  Client,
  credentials,
  Server,
  ServerCredentials,
  type ServerWritableStream,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js';
import { Reader, Writer } from 'protobufjs/minimal';

/** The variable by which a container is told its devices; NVIDIA's plugin uses the same. */
export const GIVEN = 'NVIDIA_VISIBLE_DEVICES';

/**
 * A device plugin: offers devices of a name to the kubelet, which then gives them to containers that ask for them.
 *
 * It runs in the test's own process. The kubelet and it find each other by sockets in the kubelet's folder.
 *
 * @see https://kubernetes.io/docs/concepts/extend-kubernetes/compute-storage-net/device-plugins/
 */
export class DevicePlugin {
  private server: Server | undefined;
  private readonly streams = new Set<ServerWritableStream<Buffer, Buffer>>();
  private readonly socket: string;

  /**
   * @param folder the kubelet's folder of device plugins, as this process sees it
   * @param resource such as `nvidia.com/gpu`
   */
  constructor(
    private readonly folder: string,
    private readonly resource: string,
    private devices: readonly string[],
  ) {
    this.socket = `${resource.replaceAll(/[^a-z0-9]/g, '-')}.sock`;
  }

  /** Offers the devices; again after a stop. */
  async start(): Promise<void> {
    this.stop();
    const server = new Server();
    this.server = server;
    await rm(join(this.folder, this.socket), { force: true });
    server.addService(SERVICE, this.implementation());
    await new Promise<void>((resolve, reject) => {
      const address = `unix:${join(this.folder, this.socket)}`;
      server.bindAsync(address, ServerCredentials.createInsecure(), (error) => (error ? reject(error) : resolve()));
    });
    await this.register();
  }

  /** Tells the kubelet of the plugin. */
  private async register(): Promise<void> {
    const kubelet = new Client(`unix:${join(this.folder, 'kubelet.sock')}`, credentials.createInsecure());
    const request = new Writer()
      .uint32(10)
      .string('v1beta1')
      .uint32(18)
      .string(this.socket)
      .uint32(26)
      .string(this.resource);
    const bytes = Buffer.from(request.finish());
    try {
      await new Promise<void>((resolve, reject) => {
        const answered = (error: Error | null) => (error ? reject(error) : resolve());
        kubelet.makeUnaryRequest('/v1beta1.Registration/Register', asIs, asIs, bytes, answered);
      });
    } finally {
      kubelet.close();
    }
  }

  /** Offers other devices from now on. */
  offer(devices: readonly string[]): void {
    this.devices = devices;
    for (const stream of this.streams) {
      stream.write(this.list());
    }
  }

  stop(): void {
    this.server?.forceShutdown();
    this.server = undefined;
  }

  private implementation(): UntypedServiceImplementation {
    return {
      GetDevicePluginOptions: (_call: unknown, answer: Answer) => answer(null, Buffer.alloc(0)),
      ListAndWatch: (stream: ServerWritableStream<Buffer, Buffer>) => {
        this.streams.add(stream);
        stream.on('close', () => this.streams.delete(stream));
        stream.write(this.list());
      },
      Allocate: ({ request }: { request: Buffer }, answer: Answer) => answer(null, allocate(request)),
    };
  }

  private list(): Buffer {
    const response = new Writer();
    for (const id of this.devices) {
      response.uint32(10).fork().uint32(10).string(id).uint32(18).string('Healthy').ldelim();
    }
    return Buffer.from(response.finish());
  }
}

type Answer = (error: null, response: Buffer) => void;

const asIs = (bytes: Buffer): Buffer => bytes;

const method = (name: string, responseStream: boolean) => ({
  path: `/v1beta1.DevicePlugin/${name}`,
  requestStream: false,
  responseStream,
  requestSerialize: asIs,
  requestDeserialize: asIs,
  responseSerialize: asIs,
  responseDeserialize: asIs,
});

const SERVICE = {
  GetDevicePluginOptions: method('GetDevicePluginOptions', false),
  ListAndWatch: method('ListAndWatch', true),
  Allocate: method('Allocate', false),
};

/** Answers an AllocateRequest: every container is told its devices. */
function allocate(request: Buffer): Buffer {
  const response = new Writer();
  const reader = Reader.create(request);
  while (reader.pos < reader.len) {
    reader.uint32();
    const container = Reader.create(reader.bytes());
    const ids: string[] = [];
    while (container.pos < container.len) {
      container.uint32();
      ids.push(container.string());
    }
    const env = (writer: Writer) =>
      writer.uint32(10).fork().uint32(10).string(GIVEN).uint32(18).string(ids.join(',')).ldelim();
    env(response.uint32(10).fork()).ldelim();
  }
  return Buffer.from(response.finish());
}
