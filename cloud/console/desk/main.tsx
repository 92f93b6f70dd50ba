import { render } from "preact";
import * as api from "./api";
import { begin } from "./feed/data";
import { Frame } from "./frame";
import { route } from "./router";
import { store, update } from "./store";
import { lang, load } from "./text";

document.documentElement.dataset.theme = localStorage.getItem("theme") ?? "dark";
const feed = begin(); // needs neither words nor a name, so nothing waits for it
const [user] = await Promise.all([api.me(), load(lang)]);
store.user = user;
route();
render(<Frame />, document.getElementById("desk")!);
setInterval(() => update((s) => (s.now = Date.now())), 1000);
await feed;
