import { render } from "preact";
import * as api from "./api";
import * as armed from "./armed";
import { begin, first } from "./feed/data";
import { Frame } from "./frame";
import { listen } from "./keys";
import { places } from "./places";
import { route } from "./router";
import * as alarm from "./sound/alarm";
import { now, store, update } from "./store";
import { lang, load } from "./text";

document.documentElement.dataset.theme = localStorage.getItem("theme") ?? "dark";
const asked = first(); // needs neither words nor a name, so it waits for neither
asked.catch(() => {}); // begin tells
const [user] = await Promise.all([api.me(), load(lang)]);
store.user = user;
route();
listen();
alarm.begin();
armed.begin();
render(<Frame />, document.getElementById("desk")!);
setInterval(() => update((s) => (s.now = now())), 1000);
await begin(asked);
places().then(() => update(() => {}), () => {});
