import { closeSync, existsSync, openSync, readSync, renameSync, writeFileSync, writeSync } from 'node:fs';
import { deviceValues, nvmlFunctions } from './library.js';
import type {
  DriverState,
  FieldValueType,
  Preset,
  RuleTarget,
  Scalar,
  ScriptedDevice,
  ScriptedEvent,
  ScriptedMig,
  ScriptedProcess,
} from './scripted.js';

/**
 * Writes the script of the C library: what it answers, until it is written again.
 *
 * Every method replaces what was said before about the same thing, and nothing happens before {@link write}.
 */
export class NvmlScript {
  private readonly lines = new Map<string, string>();
  private slots = 0;
  private events = 0;
  private readonly epoch = Math.floor(Date.now() / 1000);
  private readonly values = new Set(deviceValues());
  private readonly functions = new Set([...nvmlFunctions(), '*']);

  /** @param path file of `$NVML_SCRIPT` */
  public constructor(public readonly path: string) {
    this.say('epoch', this.epoch);
  }

  /** Variables of a process that loads the library. */
  public get environment(): { readonly NVML_SCRIPT: string } {
    return { NVML_SCRIPT: this.path };
  }

  public device(device: ScriptedDevice = {}): this {
    const slot = device.slot ?? this.slots;
    this.slots = Math.max(this.slots, slot + 1);
    this.say(`device ${slot}`, device.preset ?? 'h100');
    for (const [key, value] of Object.entries(device.values ?? {})) this.set(slot, key, value);
    return this;
  }

  /** As many equal devices as asked for. */
  public devices(count: number, preset: Preset = 'h100'): this {
    for (let i = 0; i < count; i++) this.device({ preset });
    return this;
  }

  public set(slot: number | '*', key: string, value: Scalar): this {
    if (!this.values.has(key)) throw new Error(`A device has no value '${key}': see README.md.`);
    return this.say(`set ${slot} ${key}`, value);
  }

  /** @param scope a number, `*`, or a range such as `0-17` */
  public field(slot: number, id: number, scope: number | string, type: FieldValueType, value: Scalar): this {
    return this.say(`field ${slot} ${id} ${scope}`, type, value);
  }

  public link(slot: number, link: number, key: string, value: Scalar): this {
    return this.say(`link ${slot} ${link} ${key}`, value);
  }

  public gpm(slot: number, metric: number, value: Scalar): this {
    return this.say(`gpm ${slot} ${metric}`, value);
  }

  public migGpm(slot: number, gi: number, metric: number, value: Scalar): this {
    return this.say(`mig-gpm ${slot} ${gi} ${metric}`, value);
  }

  public process(slot: number, process: ScriptedProcess): this {
    const { pid, type = 'compute', name, ...pairs } = process;
    const named = name === undefined ? [] : [`name=${name}`];
    return this.say(processKey(slot, pid, type, process.gi, process.ci), ...spell(pairs), ...named);
  }

  /** The process is gone, of whatever types and instances it was. */
  public removeProcess(slot: number, pid: number): this {
    for (const key of this.lines.keys()) {
      if (key.startsWith(`process ${slot} ${pid} `) || key === `process ${slot} ${pid}`) this.lines.delete(key);
    }
    return this;
  }

  /** One sample of utilization; those of a pid replace its periodic ones. */
  public sample(
    slot: number,
    pid: number,
    ageMs: number,
    shares: readonly [sm: number, mem: number, enc?: number, dec?: number],
  ): this {
    const [sm, mem, enc = 0, dec = 0] = shares;
    return this.say(`sample ${slot} ${pid} ${ageMs}`, sm, mem, enc, dec);
  }

  public mig(slot: number, mig: ScriptedMig): this {
    const { index, attributes = {}, memoryTotal, memoryUsed, memoryReserved, name, ...pairs } = mig;
    const memory = { 'memory.total': memoryTotal, 'memory.used': memoryUsed, 'memory.reserved': memoryReserved };
    const named = name === undefined ? [] : [`name=${name}`];
    return this.say(`mig ${slot} ${index}`, ...spell({ ci: 0, ...pairs, ...memory, ...attributes }), ...named);
  }

  public removeMig(slot: number, index: number): this {
    this.lines.delete(`mig ${slot} ${index}`);
    return this;
  }

  /** An event that is delivered once. */
  public event(event: ScriptedEvent): this {
    const { slot, type, data = 0, ...pairs } = event;
    this.events += 1;
    return this.say(`event ${this.events}`, slot, type, data, ...spell(pairs));
  }

  public fail(target: RuleTarget, name: string, code: number): this {
    return this.rule('fail', target, name, code);
  }

  public sleep(target: RuleTarget, name: string, milliseconds: number): this {
    return this.rule('sleep', target, name, milliseconds);
  }

  public hang(target: RuleTarget, name: string, how?: 'uninterruptible'): this {
    return this.rule('hang', target, name, how ?? '');
  }

  public crash(target: RuleTarget, name: string): this {
    return this.rule('crash', target, name, '');
  }

  /** Takes back every rule about the function and target. */
  public mend(target: RuleTarget, name: string): this {
    this.lines.delete(ruleKey(target, name));
    return this;
  }

  public driver(state: DriverState): this {
    return this.say('driver', state);
  }

  public versions(versions: { readonly driver?: string; readonly nvml?: string; readonly cuda?: number }): this {
    if (versions.driver !== undefined) this.say('driver.version', versions.driver);
    if (versions.nvml !== undefined) this.say('nvml.version', versions.nvml);
    if (versions.cuda !== undefined) this.say('cuda.version', versions.cuda);
    return this;
  }

  public abi(abi: 'v3-24' | 'v3-32'): this {
    return this.say('abi', abi);
  }

  public pids(whose: 'host' | 'caller'): this {
    return this.say('pids', whose);
  }

  public processName(pid: number, name: string): this {
    return this.say(`process-name ${pid}`, name);
  }

  public absent(slot: number): this {
    return this.say(`presence ${slot}`, 'absent');
  }

  public present(slot: number): this {
    this.lines.delete(`presence ${slot}`);
    return this;
  }

  /** Forgets everything that was said; counters go on. */
  public clear(): this {
    this.lines.clear();
    this.slots = 0;
    return this.say('epoch', this.epoch);
  }

  /** Any line of the language, for what has no method. */
  public line(text: string): this {
    this.lines.set(`line ${text}`, text);
    return this;
  }

  /** The script as it would be written: devices first, and rules last, which are about devices that were named before. */
  public text(): string {
    const rank = (key: string): number => (key.startsWith('device ') ? 0 : key.startsWith('rule ') ? 2 : 1);
    const ordered = [...this.lines].sort(([left], [right]) => rank(left) - rank(right));
    return `${ordered.map(([, line]) => line).join('\n')}\n`;
  }

  /** Puts the script in place of the one before; the next call of the library reads it. */
  public write(): this {
    const generation = `${this.path}.generation`;
    const temporary = `${this.path}.${process.pid}.new`;
    if (!existsSync(generation)) writeFileSync(generation, Buffer.alloc(8));
    writeFileSync(temporary, this.text());
    renameSync(temporary, this.path);
    raise(generation);
    return this;
  }

  private rule(verb: string, target: RuleTarget, name: string, argument: number | string): this {
    if (!this.functions.has(name)) throw new Error(`The library has no function '${name}'.`);
    const key = ruleKey(target, name);
    this.lines.delete(key);
    this.lines.set(key, `${verb} ${target} ${name} ${argument}`.trimEnd());
    return this;
  }

  /** Later lines win, so what is said anew goes to the end; a device stays before what is said about it. */
  private say(key: string, ...rest: readonly Scalar[]): this {
    const line = [lineStart(key, rest), ...(key.startsWith('presence ') ? [] : rest)].join(' ');
    if (!key.startsWith('device ')) this.lines.delete(key);
    this.lines.set(key, line);
    return this;
  }
}

/** The start of a line is its key, but for two kinds whose key says more or less than the line. */
function lineStart(key: string, rest: readonly Scalar[]): string {
  if (key.startsWith('presence ')) return `${rest[0]} ${key.split(' ')[1]}`;
  return key.startsWith('process ') ? key.split(' ').slice(0, 4).join(' ') : key;
}

const processKey = (slot: number, pid: number, type: string, gi?: number, ci?: number): string =>
  `process ${slot} ${pid} ${type} ${gi ?? '-'} ${ci ?? '-'}`;

const ruleKey = (target: RuleTarget, name: string): string => `rule ${target} ${name}`;

const spell = (pairs: Readonly<Record<string, Scalar | undefined>>): string[] =>
  Object.entries(pairs).flatMap(([key, value]) => (value === undefined ? [] : [`${key}=${value}`]));

/** Raises the number that the library maps; the file is never shortened or replaced, since processes have it mapped. */
function raise(path: string): void {
  const file = openSync(path, 'r+');
  try {
    const number = Buffer.alloc(8);
    readSync(file, number, 0, 8, 0);
    number.writeBigUInt64LE(number.readBigUInt64LE() + 1n);
    writeSync(file, number, 0, 8, 0);
  } finally {
    closeSync(file);
  }
}
