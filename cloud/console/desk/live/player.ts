// The player of moving pictures: messages of a WebSocket (shared/wire/live.go) into a
// media element, close to the present. It shows the past never as live: how old the
// picture is, it tells four times a second.

export interface Asked {
  purpose: string;
  reason: string;
}

export type Phase = "waits" | "plays" | "stills" | "stopped";

export interface Shown {
  phase: Phase;
  notice: string; // a code of shared/wire/live.go, or "lost", "codec", "old"; empty when all is well
  detail: string;
  age: number; // of the picture, in seconds; NaN while there is none
  still: string; // address of the newest still; empty for moving pictures
}

const header = 24;
const kinds = { init: 1, picture: 2, still: 3, notice: 4 };
const stops = ["forbidden", "reason", "session", "notfound", "full"]; // what asking again does not change

// How far behind the newest picture to stay, in seconds, and when to hurry, to dawdle
// and to jump.
const behind = { want: 0.25, dawdle: 0.13, hurry: 0.4, run: 0.75, jump: 2 };
const keep = 10; // seconds of what was shown
const patience = { first: 500, most: 15_000 }; // before dialling again, in milliseconds

type Source = { new (): MediaSource; isTypeSupported(type: string): boolean };
const source = (): Source | undefined => {
  const w = window as unknown as { ManagedMediaSource?: Source; MediaSource?: Source };
  return w.ManagedMediaSource ?? w.MediaSource;
};

export class Player {
  private socket?: WebSocket;
  private media?: MediaSource;
  private buffer?: SourceBuffer;
  private waiting: Uint8Array[] = [];
  private times: [pts: number, captured: number][] = []; // seconds on the film's line, and the box's milliseconds
  private fastest = Infinity; // the least that a picture took, by two clocks that may differ
  private stillAt = NaN;
  private stills = false;
  private pause = patience.first;
  private timers: number[] = [];
  private open = true;
  private shown: Shown = { phase: "waits", notice: "", detail: "", age: NaN, still: "" };

  constructor(
    private readonly camera: string,
    private readonly asked: Asked,
    private readonly video: HTMLVideoElement,
    private readonly tell: (s: Shown) => void,
  ) {
    if (!source()) {
      this.stills = true;
      this.shown.notice = "old";
    }
    video.addEventListener("error", this.rebuild);
    this.timers.push(window.setInterval(this.look, 250));
    this.dial();
  }

  close(): void {
    this.open = false;
    this.video.removeEventListener("error", this.rebuild);
    this.timers.forEach(clearTimeout);
    this.hangUp();
    this.drop();
    URL.revokeObjectURL(this.shown.still);
  }

  private set(change: Partial<Shown>): void {
    this.shown = { ...this.shown, ...change };
    if (this.open) this.tell(this.shown);
  }

  private hangUp(): void {
    if (!this.socket) return;
    this.socket.onclose = this.socket.onmessage = null;
    this.socket.close();
    this.socket = undefined;
  }

  private dial(): void {
    if (!this.open) return;
    this.hangUp();
    const socket = new WebSocket(`${location.origin.replace(/^http/, "ws")}/v1/live/${this.camera}`);
    socket.binaryType = "arraybuffer";
    socket.onopen = () => socket.send(JSON.stringify({ ...this.asked, stills: this.stills }));
    socket.onmessage = (e) => this.take(e.data as ArrayBuffer);
    socket.onclose = () => {
      this.socket = undefined;
      if (stops.includes(this.shown.notice)) {
        this.drop();
        this.set({ phase: "stopped", age: NaN });
        return;
      }
      this.set({ notice: "lost", detail: "" });
      this.later();
    };
    this.socket = socket;
  }

  // later dials again, each time after twice as long.
  private later(): void {
    this.timers.push(window.setTimeout(() => this.dial(), this.pause));
    this.pause = Math.min(this.pause * 2, patience.most);
  }

  private take(message: ArrayBuffer): void {
    const view = new DataView(message);
    const kind = view.getUint8(0);
    const captured = Number(view.getBigUint64(8)) / 1000;
    const body = new Uint8Array(message, header);
    switch (kind) {
      case kinds.init: {
        const name = new TextDecoder().decode(body.subarray(1, 1 + body[0]));
        this.begin(`video/mp4; codecs="${name}"`, body.subarray(1 + body[0]));
        return;
      }
      case kinds.picture:
        this.pause = patience.first;
        this.fastest = Math.min(this.fastest, Date.now() - captured);
        this.times.push([Number(view.getBigUint64(16)) / 90_000, captured]);
        if (this.times.length > 900) this.times.splice(0, 450);
        this.waiting.push(body);
        this.feed();
        return;
      case kinds.still:
        this.pause = patience.first;
        this.fastest = Math.min(this.fastest, Date.now() - captured);
        this.stillAt = captured;
        URL.revokeObjectURL(this.shown.still);
        this.set({ phase: "stills", still: URL.createObjectURL(new Blob([body], { type: "image/jpeg" })) });
        return;
      case kinds.notice: {
        const { code, detail } = JSON.parse(new TextDecoder().decode(body)) as { code: string; detail?: string };
        this.set({ notice: code, detail: detail ?? "" });
      }
    }
  }

  // begin makes a new film: its codec, or its line of time, is another one.
  private begin(type: string, head: Uint8Array): void {
    const Media = source();
    if (!Media?.isTypeSupported(type)) { // H.265 in many browsers
      this.stills = true;
      this.set({ notice: "codec", detail: type });
      this.dial();
      return;
    }
    this.drop();
    const media = new Media();
    this.media = media;
    this.waiting = [head];
    this.video.disableRemotePlayback = true; // what ManagedMediaSource asks for
    this.video.src = URL.createObjectURL(media);
    media.addEventListener("sourceopen", () => {
      URL.revokeObjectURL(this.video.src);
      if (media !== this.media) return;
      this.buffer = media.addSourceBuffer(type);
      this.buffer.addEventListener("updateend", this.feed);
      this.buffer.addEventListener("error", this.rebuild);
      this.feed();
    });
    this.set({ notice: "", detail: "", still: "" });
  }

  // drop ends the film.
  private drop(): void {
    this.media = this.buffer = undefined;
    this.waiting = [];
    this.times = [];
    this.video.removeAttribute("src");
    this.video.load();
  }

  // rebuild begins anew after a fault of the browser's decoder.
  private rebuild = (): void => {
    if (!this.media || !this.open) return;
    this.drop();
    this.hangUp();
    this.set({ phase: "waits", notice: "lost", detail: this.video.error?.message ?? "" });
    this.later();
  };

  private feed = (): void => {
    const b = this.buffer;
    if (!b || b.updating || this.media?.readyState !== "open") return;
    const v = this.video;
    try {
      if (this.waiting.length) {
        const all = new Uint8Array(this.waiting.reduce((n, m) => n + m.length, 0));
        let at = 0;
        for (const m of this.waiting) {
          all.set(m, at);
          at += m.length;
        }
        this.waiting = [];
        b.appendBuffer(all);
        return;
      }
      const begin = b.buffered.length ? b.buffered.start(0) : 0;
      if (v.currentTime - begin > 2 * keep) b.remove(begin, v.currentTime - keep);
    } catch {
      this.rebuild();
      return;
    }
    this.steer();
  };

  // steer keeps close to the newest picture by playing a little faster or slower.
  private steer(): void {
    const b = this.buffer?.buffered;
    const v = this.video;
    if (!b?.length) return;
    const newest = b.end(b.length - 1);
    const lag = newest - v.currentTime;
    if (v.currentTime < b.start(b.length - 1) || lag > behind.jump || lag < 0) v.currentTime = Math.max(b.start(b.length - 1), newest - behind.want);
    else if (lag > behind.run) v.playbackRate = 1.25;
    else if (lag > behind.hurry) v.playbackRate = 1.1;
    else if (lag < behind.dawdle) v.playbackRate = 0.9;
    else if (lag < behind.want || v.playbackRate < 1) v.playbackRate = 1;
    if (v.paused) void v.play().catch(() => {});
  }

  // look tells how old the picture is that is seen.
  private look = (): void => {
    let captured = NaN;
    if (this.shown.phase === "stills") captured = this.stillAt;
    else if (this.media && this.video.readyState >= HTMLMediaElement.HAVE_CURRENT_DATA) {
      for (let n = this.times.length - 1; n >= 0 && Number.isNaN(captured); n--) if (this.times[n][0] <= this.video.currentTime + 0.02) captured = this.times[n][1];
      if (this.shown.phase === "waits") this.set({ phase: "plays" });
    }
    // Two clocks that differ by more than a line can take are not set alike: then age
    // counts from the fastest picture.
    const differ = this.fastest < -200 || this.fastest > 5000 ? this.fastest : 0;
    const age = Math.max(0, (Date.now() - captured - differ) / 1000);
    if (age < 3 && this.shown.notice && !["private", "codec", "old"].includes(this.shown.notice) && this.socket) this.shown.notice = "";
    this.set({ age });
  };
}
