import protobuf from 'protobufjs';

/*
 * Messages as their documents define them, encoded by protobufjs' reflection: none of the exporter's own decoders is used.
 * Fields are given as `name = number`, and some that the exporter does not read are there to be skipped.
 */
const DEFINITIONS = `
syntax = "proto3";
message ListPodResourcesResponse { repeated PodResources pod_resources = 1; }
message AllocatableResourcesResponse {
  repeated ContainerDevices devices = 1;
  repeated int64 cpu_ids = 2;
  repeated ContainerMemory memory = 3;
}
message PodResources {
  string name = 1;
  string namespace = 2;
  repeated ContainerResources containers = 3;
  repeated int64 cpu_ids = 4;
  repeated ContainerMemory memory = 5;
}
message ContainerResources {
  string name = 1;
  repeated ContainerDevices devices = 2;
  repeated int64 cpu_ids = 3;
  repeated ContainerMemory memory = 4;
  repeated DynamicResource dynamic_resources = 5;
}
message UnpackedContainerResources {
  string name = 1;
  repeated ContainerDevices devices = 2;
  repeated int64 cpu_ids = 3 [packed = false];
}
message ContainerMemory { string memory_type = 1; uint64 size = 2; TopologyInfo topology = 3; }
message ContainerDevices { string resource_name = 1; repeated string device_ids = 2; TopologyInfo topology = 3; }
message TopologyInfo { repeated NUMANode nodes = 1; }
message NUMANode { int64 ID = 1; }
message DynamicResource {
  string class_name = 1;
  string claim_name = 2;
  string claim_namespace = 3;
  repeated ClaimResource claim_resources = 4;
}
message ClaimResource {
  repeated CDIDevice cdi_devices = 1;
  string driver_name = 2;
  string pool_name = 3;
  string device_name = 4;
  string share_id = 5;
}
message CDIDevice { string name = 1; }

message WatchPodsEvent { int32 type = 1; bytes pod = 2; }

message Pod { ObjectMeta metadata = 1; PodSpec spec = 2; PodStatus status = 3; }
message ObjectMeta {
  string name = 1;
  string generateName = 2;
  string namespace = 3;
  string selfLink = 4;
  string uid = 5;
  string resourceVersion = 6;
  int64 generation = 7;
  Time creationTimestamp = 8;
  map<string, string> labels = 11;
  map<string, string> annotations = 12;
}
message Time { int64 seconds = 1; int32 nanos = 2; }
message PodSpec { repeated Container containers = 2; string nodeName = 10; }
message Container { string name = 1; string image = 2; repeated string command = 3; }
message PodStatus {
  string phase = 1;
  string message = 3;
  string hostIP = 5;
  string podIP = 6;
  Time startTime = 7;
  repeated ContainerStatus containerStatuses = 8;
  string qosClass = 9;
  repeated ContainerStatus initContainerStatuses = 10;
  repeated ContainerStatus ephemeralContainerStatuses = 13;
  int64 observedGeneration = 17;
}
message ContainerStatus {
  string name = 1;
  bool ready = 4;
  int32 restartCount = 5;
  string image = 6;
  string imageID = 7;
  string containerID = 8;
  bool started = 9;
}
`;

const root = protobuf.parse(DEFINITIONS, { keepCase: true }).root;

/** Encodes a message by the definition of that name. */
export function encode(type: string, message: Readonly<Record<string, unknown>>): Buffer {
  const definition = root.lookupType(type);
  const problem = definition.verify(message);
  if (problem !== null) {
    throw new Error(`${type}: ${problem}`);
  }
  return Buffer.from(definition.encode(definition.create(message)).finish());
}

/** Numbers of `EventType`. */
export const EVENT = { added: 1, modified: 2, deleted: 3, initialSyncComplete: 4 } as const;

/** One message of a watch of pods. */
export function podEvent(type: number, pod?: Readonly<Record<string, unknown>>): Buffer {
  return encode('WatchPodsEvent', { type, ...(pod && { pod: encode('Pod', pod) }) });
}
