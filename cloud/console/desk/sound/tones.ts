// The desk's sounds, drawn sample by sample: no files, no network. Looping sources
// keep them going where a hidden page's timers would not.

const rate = 8000; // enough for tones below 2 kHz

type Wave = (t: number) => number;

const sine = (hz: number, t: number) => Math.sin(2 * Math.PI * hz * t);

// within fades a tone in and out, so that it does not click.
const within = (from: number, to: number, t: number) => Math.max(0, Math.min(1, (t - from) / 0.01, (to - t) / 0.01));

const waves: Record<string, [seconds: number, wave: Wave]> = {
  // Level 1: two tones in turn, without a pause.
  alarm: [1, (t) => 0.7 * (sine(880, t) * within(0, 0.5, t) + sine(660, t) * within(0.5, 1, t))],
  // Level 2: three beeps, every 30 s.
  beeps: [30, (t) => 0.5 * sine(1000, t) * [0, 0.3, 0.6].reduce((v, at) => v + within(at, at + 0.15, t), 0)],
  // Level 3, and the self-test: one soft chime.
  chime: [0.9, (t) => 0.4 * (sine(784, t) + 0.5 * sine(1568, t)) * Math.exp(-5 * t) * within(0, 0.9, t)],
};

export type Tone = "alarm" | "beeps" | "chime";

const drawn = new Map<Tone, AudioBuffer>();

export function tone(context: AudioContext, name: Tone): AudioBuffer {
  const known = drawn.get(name);
  if (known) return known;
  const [seconds, wave] = waves[name];
  const buffer = context.createBuffer(1, seconds * rate, rate);
  const samples = buffer.getChannelData(0);
  for (let n = 0; n < samples.length; n++) samples[n] = wave(n / rate);
  drawn.set(name, buffer);
  return buffer;
}
