// Keeps a page up with a run under way: what the server renders anew each second takes the place of what was there, and
// charts grow. What a person asks of the run is confirmed, sent, and its outcome told.
(() => {
  "use strict";
  const { plimsoll } = window;
  const told = document.getElementById("told");
  const tell = (text, kind = "") => { told.textContent = text; told.className = kind; };

  // the token is in a cookie by now, and has no business in the line of the address
  if (location.search !== "") history.replaceState(null, "", location.pathname);

  // ---- what is rendered anew ----

  // what the page's own script has made or opened stays
  const OWN = ["over-time", "distributions", "zoom", "spoken"];
  const isOwn = (node) => node.nodeType === 1 && (node.classList.contains("search") || OWN.includes(node.id));
  const KEPT = ["open", "hidden", "aria-sort"];
  const fits = (old, next) => old.nodeType === next.nodeType && old.nodeName === next.nodeName && (old.id || "") === (next.id || "");
  const dressed = (node) => (node.matches?.("table.sortable") ? [node] : [...(node.querySelectorAll?.("table.sortable") || [])]);
  const follow = (old, next) => {
    if (old.nodeType !== 1) { if (old.nodeValue !== next.nodeValue) old.nodeValue = next.nodeValue; return; }
    if (isOwn(old) || old.isEqualNode(next)) return;
    for (const { name } of [...old.attributes]) if (!next.hasAttribute(name) && !KEPT.includes(name)) old.removeAttribute(name);
    for (const { name, value } of [...next.attributes]) if (!KEPT.includes(name) && old.getAttribute(name) !== value) old.setAttribute(name, value);
    let at = old.firstChild;
    for (const child of [...next.childNodes]) {
      while (at && at.nodeType === 1 && at.classList.contains("search")) at = at.nextSibling;
      // what is no longer there goes, up to what fits; where nothing does, it is new
      let found = at;
      while (found && !fits(found, child)) found = found.nextSibling;
      if (found && (child.id || found === at)) {
        while (at !== found) { const gone = at; at = at.nextSibling; if (!isOwn(gone)) gone.remove(); }
        follow(found, child);
        at = found.nextSibling;
      } else {
        const added = document.importNode(child, true);
        old.insertBefore(added, at);
        dressed(added).forEach(plimsoll.dress);
      }
    }
    while (at) { const gone = at; at = at.nextSibling; if (!isOwn(gone)) gone.remove(); }
  };
  const show = (html) => {
    const next = new DOMParser().parseFromString(html, "text/html").body;
    plimsoll.tables(() => {
      for (const part of next.querySelectorAll("header.top, main, footer")) {
        const old = document.querySelector(part.tagName === "HEADER" ? "header.top" : part.tagName.toLowerCase());
        if (old) follow(old, part);
      }
    });
    document.title = `${document.querySelector("#verdict")?.textContent.split(":")[0] ?? ""} ${document.querySelector("h1")?.textContent ?? ""}`;
  };

  // ---- what the server tells ----

  const RETRY = 3000;
  let over = false;
  const listen = (after) => {
    const events = new EventSource(`events?after=${after}`);
    const last = { second: after };
    const hear = (name, act) => events.addEventListener(name, (event) => {
      if (event.lastEventId !== "") last.second = Number(event.lastEventId);
      act(event.data);
      document.documentElement.dataset.second = String(last.second);
    });
    hear("cells", (text) => plimsoll.grow(JSON.parse(text)));
    hear("shown", (text) => { const { html, beside } = JSON.parse(text); show(html); plimsoll.beside(beside); });
    hear("whole", (text) => { const { html, data } = JSON.parse(text); show(html); plimsoll.anew(data); });
    hear("over", () => { over = true; events.close(); tell(""); });
    events.addEventListener("open", () => { if (told.className === "lost") tell(""); });
    events.addEventListener("error", () => {
      if (over) return;
      tell("The connection to the run is lost. It is tried again.", "lost");
      if (events.readyState === EventSource.CLOSED) setTimeout(() => listen(last.second), RETRY);
    });
  };
  listen(plimsoll.second ?? 0);

  // ---- what a person asks ----

  const dialog = document.getElementById("confirm"), question = document.getElementById("question");
  let asked = null;
  document.addEventListener("click", (event) => {
    const button = event.target.closest("button[data-do]");
    if (!button) return;
    const field = button.dataset.of ? document.getElementById(button.dataset.of) : null;
    const value = field ? field.value.trim() : "";
    if (field && value === "") { tell("Nothing is written in the field.", "refused"); field.focus(); return; }
    asked = { wish: { do: button.dataset.do, ...(field ? { to: value } : {}) }, field };
    question.textContent = button.dataset.ask.replace("{}", field?.type === "text" ? `“${value}”` : value);
    dialog.showModal();
  });
  document.getElementById("no").addEventListener("click", () => dialog.close());
  document.getElementById("yes").addEventListener("click", async () => {
    dialog.close();
    const { wish, field } = asked;
    tell("…");
    try {
      const answer = await fetch("control", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(wish) });
      const { done, why } = await answer.json();
      tell(answer.ok ? `✓ ${done}` : `✗ ${why}`, answer.ok ? "done" : "refused");
      if (answer.ok && field?.type === "text") field.value = "";
    } catch {
      tell("✗ The run did not answer.", "refused");
    }
  });
})();
