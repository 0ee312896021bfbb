import { type ApiObject, Chart, JsonPatch } from 'cdk8s';

/** Takes off the namespace that cdk8s gives to every object of a Chart that has one. */
export function clusterScoped<T extends ApiObject>(object: T): T {
  if (Chart.of(object).namespace !== undefined) {
    object.addJsonPatch(JsonPatch.remove('/metadata/namespace'));
  }
  return object;
}
