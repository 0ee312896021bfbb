const CONTAINER_ID = /^[0-9a-f]{64}$/;

/** Whether a text is the id of a container as runtimes make them, and can be nothing else, such as a path. */
export function isContainerId(text: string): boolean {
  return CONTAINER_ID.test(text);
}

/** The id in what the status of a container says, such as `containerd://0f3a…`; undefined before the container runs. */
export function containerId(withScheme: string): string | undefined {
  const id = withScheme.slice(withScheme.lastIndexOf('/') + 1);
  return isContainerId(id) ? id : undefined;
}
