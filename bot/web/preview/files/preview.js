// Comfort only: every page works without this file. What the server sends is escaped; it is parsed, never written as text.
"use strict";

const page = (html) => new DOMParser().parseFromString(html, "text/html");
const byId = (id) => document.getElementById(id);
const log = byId("log");
const field = byId("text");
const state = byId("state");
const trouble = byId("trouble-here");
const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;

function tell(words) {
  if (!trouble) return;
  trouble.textContent = words;
  trouble.hidden = !words;
}

const LOGGED_OUT = "You are logged out, perhaps by a restart. Log in again in another tab, then send this once more.";

function toEnd() {
  const last = log.lastElementChild;
  const long = last && last.offsetHeight > log.clientHeight;  // is read from its beginning
  log.scrollTo({ top: long ? last.offsetTop - 8 : log.scrollHeight, behavior: calm ? "auto" : "smooth" });
}

// --- the chat: a form is sent without leaving the page, and only what changed is replaced ---

function take(answer) {
  const fresh = answer.getElementById("log");
  for (const left of log.querySelectorAll(".waits")) left.remove();
  const wanted = [...fresh.children];
  const ids = new Set(wanted.map((article) => article.id));
  for (const old of [...log.children]) if (!ids.has(old.id)) old.remove();
  let changed = null;
  for (const article of wanted) {
    const old = byId(article.id);
    if (old && old.outerHTML === article.outerHTML) continue;
    changed = article;
    if (old) old.replaceWith(article); else log.append(article);
  }
  byId("why").replaceWith(answer.getElementById("why"));
  return changed;
}

function waiting(text) {
  const article = document.createElement("div");
  article.className = "exchange waits";
  const mine = document.createElement("div");
  mine.className = "bubble mine";
  mine.textContent = text;
  const dots = document.createElement("div");
  dots.className = "bubble bot dots";
  dots.append(...[1, 2, 3].map(() => document.createElement("span")));
  article.setAttribute("aria-hidden", "true");
  article.append(mine, dots);
  log.append(article);
}

let busy = false;

async function send(form, button) {
  const typed = form.id === "say";
  const command = button && button.name === "text" ? button.value : "";
  const text = typed ? field.value.trim() : command;
  if (busy || (typed && !text)) return;
  busy = true;
  tell("");
  const body = new URLSearchParams(new FormData(form));
  if (button && button.name) body.set(button.name, button.value);
  if (text) { waiting(text); toEnd(); }
  if (typed) field.value = "";
  try {
    const response = await fetch(form.action, { method: "POST", body, credentials: "same-origin" });
    const answer = page(await response.text());
    if (answer.getElementById("token")) throw new Error(LOGGED_OUT);
    if (!answer.getElementById("log")) throw new Error(answer.querySelector("main p")?.textContent || "");
    const changed = take(answer);
    if (changed && (text || changed === log.lastElementChild)) toEnd();
    else if (changed) changed.scrollIntoView({ block: "nearest" });
  } catch (error) {
    for (const left of log.querySelectorAll(".waits")) left.remove();
    if (typed && !field.value) field.value = text;
    const known = error instanceof TypeError ? "" : error.message;
    tell(known || "The preview does not answer. Is it still running where you started it?");
  } finally {
    busy = false;
    // On a phone the field would bring up its keyboard; what was tapped may be gone, and the focus with it.
    if (typed || matchMedia("(hover: hover)").matches) field.focus({ preventScroll: true });
    else if (!document.activeElement || document.activeElement === document.body) log.focus({ preventScroll: true });
  }
}

if (log) {
  document.addEventListener("submit", (event) => {
    if (!event.target.matches("form[data-live]")) return;
    event.preventDefault();
    send(event.target, event.submitter);
  });
  field.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    send(byId("say"), null);
  });
  const wanted = byId("m" + new URLSearchParams(location.search).get("why")) || byId(location.hash.slice(1));
  if (!log.contains(wanted) || wanted === log.lastElementChild) toEnd();
  else log.scrollTop = wanted.offsetTop - 8;
}

// --- the files: what is wrong with them, while the page is open ---

async function look() {
  if (document.hidden) return;
  try {
    const response = await fetch("/preview/state", { credentials: "same-origin" });
    if (response.redirected) {
      if (field && field.value.trim()) tell(LOGGED_OUT); else location.reload();
      return;
    }
    if (response.ok || response.status === 503) {
      const fresh = page(await response.text()).body;
      if (fresh.innerHTML.trim() !== state.dataset.last) {
        state.dataset.last = fresh.innerHTML.trim();
        const reading = state.contains(document.activeElement);
        state.replaceChildren(...fresh.childNodes);
        if (reading) state.querySelector("[tabindex]")?.focus({ preventScroll: true });
        const taken = state.querySelector("[data-edits]")?.dataset.edits;
        if (filter && taken && taken !== edits) await renew();
        edits = taken || edits;
      }
      if (response.ok && state.dataset.reload && !state.querySelector(".trouble, [data-wait]")) location.reload();
    }
    if (lost) { lost = false; tell(""); }
  } catch {
    lost = true;
    tell("The preview does not answer. Is it still running where you started it?");
  }
}

let lost = false;
let edits = state?.querySelector("[data-edits]")?.dataset.edits;
if (state) {
  state.dataset.last = state.innerHTML.trim();
  setInterval(look, 1000 * Number(state.dataset.every));
  document.addEventListener("visibilitychange", look);
}

// --- all answers: filtered while one types, and opened by a link ---

const filter = byId("filter");

function sift() {
  const words = byId("q").value.toLowerCase().split(/\s+/).filter(Boolean);
  const only = byId("only").value;
  let shown = 0;
  for (const row of document.querySelectorAll("details.entry")) {
    const text = row.textContent.toLowerCase();
    row.hidden = !words.every((word) => text.includes(word)) || (only && !row.dataset.kinds.split(" ").includes(only));
    shown += !row.hidden;
  }
  byId("shown").textContent = String(shown);
  byId("none").hidden = shown > 0;
}

async function renew() {
  const response = await fetch(location.href, { credentials: "same-origin" });
  const rows = response.ok && page(await response.text()).getElementById("rows");
  if (!rows) return;
  const focused = document.activeElement.closest("details.entry");
  for (const old of document.querySelectorAll("details.entry[open]")) {
    const same = [...rows.children].find((row) => row.id === old.id);
    if (same) same.open = true;
  }
  byId("rows").replaceWith(rows);
  sift();
  if (focused) byId(focused.id)?.querySelector("summary").focus({ preventScroll: true });
}

if (filter) {
  const whole = !byId("q").defaultValue && !filter.querySelector("option[selected]");  // else the rest is not here
  if (whole) byId("q").addEventListener("input", sift);
  byId("only").addEventListener("change", () => filter.requestSubmit());
  filter.addEventListener("submit", (event) => { if (whole) { event.preventDefault(); sift(); } });
  const open = () => {
    const wanted = byId(decodeURIComponent(location.hash.slice(1)));
    if (wanted instanceof HTMLDetailsElement) { wanted.open = true; wanted.scrollIntoView(); }
  };
  addEventListener("hashchange", open);
  open();
}
