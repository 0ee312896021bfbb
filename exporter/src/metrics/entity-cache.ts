import type { Entity } from './snapshot.js';

/**
 * Remembers something about entities from one snapshot to the next, by what they are: kind and labels.
 *
 * It holds what the last snapshot needed and no more, so it is as large as a snapshot.
 */
export class EntityCache<Value> {
  private known = new Map<string, Value>();
  private next = new Map<string, Value>();

  constructor(private readonly make: (entity: Entity) => Value) {}

  /** What is known about the entity; it is made where it is new. */
  get(entity: Entity): Value {
    const key = keyOf(entity);
    const value = this.known.get(key) ?? this.make(entity);
    this.next.set(key, value);
    return value;
  }

  /** Ends a snapshot: what nobody asked for since the last call is forgotten. */
  sweep(): void {
    this.known = this.next;
    this.next = new Map();
  }
}

function keyOf({ kind, labels }: Entity): string {
  let key: string = kind;
  for (const name in labels) {
    key += `\u0000${name}\u0000${labels[name]}`;
  }
  return key;
}
