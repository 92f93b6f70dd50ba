import { render } from "preact";
import * as api from "./api";
import { Desk } from "./desk";
import { lang, load } from "./text";

const [user] = await Promise.all([api.me(), load(lang)]);
render(<Desk user={user} />, document.getElementById("desk")!);
