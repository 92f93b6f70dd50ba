import { hear, waits } from "../feed/data";
import { flooded } from "../feed/flood";
import { kind, place } from "../state";
import { say, store, update } from "../store";
import { lang, t } from "../text";
import type { Change, Incident } from "../wire";
import * as player from "./player";
import type { Tone } from "./tones";

// What sounds follows from what happens to single alerts, never from whether a list is
// empty: a second alarm sounds again, and a poll does not.

// How long silencing lasts at this desk, how long a serious alert beeps, and how often
// the place of an urgent one is spoken. Milliseconds.
const silence = 120_000;
const beeping = 300_000;
const speakEvery = 10_000;
// How long the feed may be lost before that beeps too.
const deafAfter = 30_000;

const urgent = new Set<string>();
const serious = new Map<string, number>(); // until when it beeps

const alarming = (i: Incident | undefined) => !!i && waits(i) && !i.taken_by && !i.shelved && !i.hidden;

// rings reports whether a change makes an alert sound, or sound anew: it is new, more
// urgent than before, free again, or has a second finder.
function rings(now: Incident, before: Incident | undefined): boolean {
  if (!alarming(now)) return false;
  const finders = (i: Incident) => new Set((i.discoveries ?? []).map((d) => d.source)).size;
  return !before || !alarming(before) || before.level > now.level || finders(before) < finders(now);
}

function heard(now: Incident, before: Incident | undefined, change?: Change): void {
  const anew = rings(now, before);
  if (!alarming(now) || now.level > 1) urgent.delete(now.id);
  if (!alarming(now) || now.level !== 2) serious.delete(now.id);
  if (anew && now.level === 1) {
    urgent.add(now.id);
    silencedUntil = 0;
    spokenAt = 0;
    announce(now);
  }
  const fresh = store.now - Date.parse(now.first_seen_at) < beeping;
  if (anew && now.level === 2 && (change || fresh)) {
    serious.set(now.id, Date.now() + beeping);
    if (change) announce(now);
    if (playingTone === "beeps") player.play((playingTone = undefined)); // begins anew, now
  }
  if (anew && change && now.level === 3 && !flooded()) player.once("chime");
  if (change?.action === "taken" && change.by && now.level <= 2) say(t("taken.by", { name: change.by, what: kind(now), place: place(now) }));
  judge();
}

let silencedUntil = 0;
let spokenAt = 0;
let playingTone: Tone | undefined;

// judge plays what should sound now. It is asked at each change, and once a second.
function judge(): void {
  const now = Date.now();
  for (const [id, until] of serious) if (until <= now) serious.delete(id);
  const quiet = now < silencedUntil;
  const deaf = store.lostAt > 0 && now - store.lostAt > deafAfter; // nothing could be heard of
  playingTone = quiet ? undefined : urgent.size > 0 ? "alarm" : serious.size > 0 || deaf ? "beeps" : undefined;
  player.play(playingTone);
  if (playingTone === "alarm" && now - spokenAt > speakEvery) speak();
  const root = document.documentElement;
  root.dataset.sound = player.state();
  root.dataset.alarm = playingTone ?? "";
  root.dataset.loud = playingTone ? player.measure().toFixed(2) : "";
  mark();
}

// speak says what burns where, if the browser can speak.
function speak(): void {
  const first = store.incidents.get([...urgent][0]);
  if (!first || player.state() !== "running" || typeof speechSynthesis === "undefined") return;
  spokenAt = Date.now();
  const words = new SpeechSynthesisUtterance(`${kind(first)}, ${place(first)}`);
  words.lang = lang;
  speechSynthesis.cancel();
  speechSynthesis.speak(words);
}

// announce tells screen readers, the urgent at once.
function announce(i: Incident): void {
  update((s) => (s.announced = { level: i.level, words: `${t(`level.${i.level}`)}: ${kind(i)}, ${place(i)}` }));
}

let blink = false;

// mark shows an alarm where the page itself cannot be seen: in the tab's title. It
// blinks while the sound is blocked.
function mark(): void {
  const first = store.incidents.get([...urgent][0]);
  blink = !blink;
  document.title = first && !(blink && player.state() !== "running") ? `▲ ${kind(first)} · ${place(first)}` : t("title");
}

// hush silences this desk for a while, and no other: it takes nothing.
export function hush(): void {
  if (!playingTone) return;
  silencedUntil = Date.now() + silence;
  if (typeof speechSynthesis !== "undefined") speechSynthesis.cancel();
  judge();
  update(() => {});
}

// hushed is for how many more seconds this desk is silenced.
export const hushed = () => Math.max(0, Math.ceil((silencedUntil - Date.now()) / 1000));

// ringing are the urgent alerts that nobody has taken, silenced or not.
export const ringing = () => [...urgent].map((id) => store.incidents.get(id)).filter((i): i is Incident => !!i);

export function begin(): void {
  hear(heard);
  player.start(() => {
    judge();
    update(() => {});
  });
  setInterval(judge, 1000);
  judge();
}
