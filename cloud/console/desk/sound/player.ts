import { type Tone, tone } from "./tones";

// A browser keeps sound blocked until somebody has touched the page, also after a
// reload: then only what is shown is left.
export type Sound = "running" | "blocked" | "off";

let off = localStorage.getItem("sound") === "off";
let context: AudioContext | undefined;
let master: GainNode;
let meter: AnalyserNode;
let playing: { name: Tone; source: AudioBufferSourceNode } | undefined;
let changed = () => {};

// start makes the way of the sound, and calls then whenever its state changes.
export function start(then: () => void): void {
  changed = then;
  if (typeof AudioContext === "undefined") return;
  context = new AudioContext();
  master = context.createGain();
  meter = context.createAnalyser();
  master.connect(meter).connect(context.destination);
  context.onstatechange = then;
  for (const e of ["pointerdown", "keydown"]) addEventListener(e, () => void unblock(), { capture: true });
}

export const state = (): Sound => (off ? "off" : context?.state === "running" ? "running" : "blocked");

// unblock asks the browser for sound; it agrees while somebody touches the page. The
// first time, a chime tells that it works.
export async function unblock(): Promise<void> {
  if (off || !context || context.state === "running") return;
  await context.resume();
  await test();
}

export function turn(on: boolean): void {
  off = !on;
  localStorage.setItem("sound", on ? "on" : "off");
  if (off) play(undefined);
  else void unblock();
  changed();
}

// play lets one looping sound go on, instead of the one before.
export function play(name: Tone | undefined): void {
  if (name === playing?.name || (name && state() !== "running")) return;
  playing?.source.stop();
  playing = name && { name, source: source(name, true) };
}

// once plays a sound one time.
export function once(name: Tone): void {
  if (state() === "running") source(name, false);
}

function source(name: Tone, loop: boolean): AudioBufferSourceNode {
  const s = context!.createBufferSource();
  s.buffer = tone(context!, name);
  s.loop = loop;
  s.connect(master);
  s.start();
  return s;
}

// loud is how loud what goes to the speaker is now: the root mean square, 0 to 1.
export function loud(): number {
  if (state() !== "running") return 0;
  const samples = new Float32Array(meter.fftSize);
  meter.getFloatTimeDomainData(samples);
  return Math.sqrt(samples.reduce((sum, x) => sum + x * x, 0) / samples.length);
}

let heardAt = 0;

// heard is when sound was last measured on its way to the speaker, as a time; 0 is
// never.
export const heard = () => heardAt;

// measure notes that sound goes out, if it does.
export function measure(): number {
  const l = loud();
  if (l > 0.05) heardAt = Date.now();
  return l;
}

// test plays the chime and reports whether it was measured on its way out.
export async function test(): Promise<boolean> {
  once("chime");
  for (let n = 0; n < 20; n++) {
    await new Promise((then) => setTimeout(then, 50));
    if (measure() > 0.05) {
      changed();
      return true;
    }
  }
  return false;
}
