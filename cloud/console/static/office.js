// The office's pages need no script. With one, times are the reader's own and grow
// older, a lost connection is said, and a form that is on its way says so.
(() => {
  const root = document.documentElement;
  try {
    const theme = localStorage.getItem("theme");
    if (theme === "light" || theme === "dark") root.dataset.theme = theme;
  } catch { /* storage is off */ }

  const [past, ahead] = (document.body.dataset.ages || "|").split("|").map((s) => s.split(","));
  const age = (at) => {
    let d = (Date.now() - at) / 1000;
    const words = d < 0 ? ahead : past;
    d = Math.abs(d);
    const [n, unit] = d < 60 ? [d, 0] : d < 3600 ? [d / 60, 1] : d < 172800 ? [d / 3600, 2] : [d / 86400, 3];
    return (words[unit] || "").replace("{n}", Math.floor(n));
  };
  const pad = (n) => String(n).padStart(2, "0");
  const times = () => {
    for (const el of document.querySelectorAll("time[datetime]")) {
      const at = new Date(el.dateTime);
      if (Number.isNaN(at.getTime())) continue;
      const text = `${at.getFullYear()}-${pad(at.getMonth() + 1)}-${pad(at.getDate())} ${pad(at.getHours())}:${pad(at.getMinutes())} `;
      if (el.firstChild && el.firstChild.nodeType === Node.TEXT_NODE && el.firstChild.data !== text) el.firstChild.data = text;
      const small = el.querySelector("small");
      if (small) small.textContent = age(at.getTime());
    }
  };
  times();
  setInterval(times, 30000);

  const offline = document.querySelector(".offline");
  const link = () => { if (offline) offline.hidden = navigator.onLine; };
  addEventListener("online", link);
  addEventListener("offline", link);
  link();

  addEventListener("submit", (e) => {
    const button = e.submitter;
    if (button && button.type === "submit") button.setAttribute("aria-busy", "true");
  });
  addEventListener("pageshow", () => {
    for (const b of document.querySelectorAll("[aria-busy]")) b.removeAttribute("aria-busy");
  });
  for (const b of document.querySelectorAll("[data-print]")) b.addEventListener("click", () => print());
  addEventListener("beforeprint", () => {
    for (const d of document.querySelectorAll("main details")) if (!d.querySelector("form")) d.open = true;
  });
  for (const b of document.querySelectorAll("[data-copy]")) {
    b.addEventListener("click", () => navigator.clipboard?.writeText(document.getElementById(b.dataset.copy).textContent));
  }
})();
