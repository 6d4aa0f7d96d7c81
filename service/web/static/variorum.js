// The only script: it follows a job while it runs, and copies a key. Everything else works without it.
"use strict";

function follow(part) {
  let due = false;
  let busy = false;
  async function renew() {
    if (busy) { due = true; return; }
    busy = true;
    due = false;
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
    if (answer.ok) {
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const fresh = page.getElementById(part.id);
      if (fresh && fresh.innerHTML !== part.innerHTML) part.innerHTML = fresh.innerHTML;
      if (fresh && !fresh.dataset.events) { source.close(); wire(part); return; }
    }
    setTimeout(() => { busy = false; if (due) renew(); }, 300);
  }
  const source = new EventSource(part.dataset.events);
  for (const name of ["message", "progress", "log", "job", "state", "end", "done"]) {
    source.addEventListener(name, renew);
  }
  source.addEventListener("error", () => setTimeout(renew, 1000));
}

function wire(root) {
  for (const button of root.querySelectorAll("button[data-copy]")) {
    button.hidden = !navigator.clipboard;
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(button.dataset.copy);
      const said = button.textContent;
      button.textContent = button.dataset.done;
      setTimeout(() => { button.textContent = said; }, 1500);
    });
  }
}

for (const part of document.querySelectorAll("[data-events]")) {
  if (part.dataset.events) follow(part);
}
wire(document);

// A link into a folded part opens it.
function unfold() {
  let part = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  for (; part; part = part.parentElement) if (part.tagName === "DETAILS") part.open = true;
}
addEventListener("hashchange", unfold);
unfold();
